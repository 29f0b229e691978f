import { hexBytes, keccak } from '../../../../chain/evm/crypto.ts';
import type { EvmLog } from '../../../../chain/evm/types.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { type BlockRef, blockNumberValue } from '../blockParam.ts';
import { EthCode, EthRpcError } from '../ethError.ts';
import { addressValue, hashValue, invalid, Members, type Reader } from '../values.ts';

/** Addresses and topics of a query; an empty list takes everything. */
export interface LogFilter {
  readonly addresses: readonly Hex[];
  /** By position; undefined: any topic, but there must be one. */
  readonly topics: readonly (readonly Hex[] | undefined)[];
}

export interface LogQuery {
  readonly filter: LogFilter;
  readonly blockHash: Hex | undefined;
  /** Undefined: latest. */
  readonly from: BlockRef | undefined;
  readonly to: BlockRef | undefined;
}

const MAX_ADDRESSES = 1_000;
const MAX_TOPICS = 4;
const MAX_ALTERNATIVES = 1_000;

export const logQueryValue: Reader<LogQuery> = (value, at) => {
  const members = new Members(value, 'filters.FilterCriteria', at);
  const blockHash = members.optional('blockHash', hashValue);
  const from = members.optional('fromBlock', blockNumberValue);
  const to = members.optional('toBlock', blockNumberValue);
  if (blockHash !== undefined && (from !== undefined || to !== undefined)) {
    throw invalid('cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other', at);
  }
  const addresses = members.optional('address', addressesValue) ?? [];
  const topics = members.optional('topics', topicsValue) ?? [];
  return { filter: { addresses, topics }, blockHash, from, to };
};

const addressesValue: Reader<readonly Hex[]> = (value, at) => {
  if (typeof value === 'string') return [addressValue(value, at)];
  if (!Array.isArray(value)) throw invalid('invalid addresses in query', at);
  if (value.length > MAX_ADDRESSES) throw exceeds(`exceed max addresses limit per query: ${MAX_ADDRESSES}`);
  return value.map((address: unknown) => addressValue(address, at));
};

const topicsValue: Reader<LogFilter['topics']> = (value, at) => {
  if (!Array.isArray(value)) throw invalid('invalid topic(s)', at);
  if (value.length > MAX_TOPICS) throw exceeds('exceed max topics');
  return value.map((topic: unknown) => {
    if (topic === null) return undefined;
    if (typeof topic === 'string') return [hashValue(topic, at)];
    if (!Array.isArray(topic)) throw invalid('invalid topic(s)', at);
    if (topic.length > MAX_ALTERNATIVES) throw exceeds('exceed max topics');
    // a null among alternatives takes any topic
    if (topic.length === 0 || topic.includes(null)) return undefined;
    return topic.map((one: unknown) => hashValue(one, at));
  });
};

function exceeds(text: string): Error {
  return new EthRpcError(EthCode.INVALID_PARAMS, text);
}

/** A test of logs, made once a query. */
export function logMatcher({ addresses, topics }: LogFilter): (log: EvmLog) => boolean {
  const wanted = addresses.length === 0 ? undefined : new Set(addresses);
  const byPlace = topics.map((alternatives) => (alternatives === undefined ? undefined : new Set(alternatives)));
  return (log) => {
    if (wanted !== undefined && !wanted.has(log.address)) return false;
    if (byPlace.length > log.topics.length) return false;
    return byPlace.every((set, i) => {
      const topic = log.topics[i];
      return set === undefined || (topic !== undefined && set.has(topic));
    });
  };
}

/** A test of blocks' blooms: false means that no log of the block can match. */
export function bloomMatcher({ addresses, topics }: LogFilter): (bloom: Uint8Array) => boolean {
  const groups = [addresses, ...topics]
    .filter((group): group is readonly Hex[] => group !== undefined && group.length > 0)
    .map((group) => group.map(bloomBits));
  return (bloom) =>
    groups.every((group) => group.some((bits) => bits.every(({ byte, mask }) => ((bloom[byte] ?? 0) & mask) !== 0)));
}

interface BloomBit {
  readonly byte: number;
  readonly mask: number;
}

/** The three bits of an address or topic in a bloom of 256 bytes. */
function bloomBits(value: Hex): readonly BloomBit[] {
  const hash = keccak(hexBytes(value));
  return [0, 2, 4].map((i) => {
    const bit = (((hash[i] ?? 0) << 8) | (hash[i + 1] ?? 0)) & 0x7ff;
    return { byte: 255 - (bit >> 3), mask: 1 << (bit & 7) };
  });
}
