import type { Hex } from '../../../protocol/lane/types.ts';
import { bareQuantity, booleanValue, hashValue, invalid, Members, type Place, type Reader } from './values.ts';

export const BLOCK_TAGS = ['latest', 'earliest', 'pending', 'safe', 'finalized'] as const;
export type BlockTag = (typeof BLOCK_TAGS)[number];

/** A block as a caller names it. */
export type BlockRef =
  | { readonly kind: 'tag'; readonly tag: BlockTag }
  | { readonly kind: 'number'; readonly number: bigint }
  | { readonly kind: 'hash'; readonly hash: Hex };

export const LATEST: BlockRef = { kind: 'tag', tag: 'latest' };

const MAX_NUMBER = 2n ** 63n - 1n;

/** Number or tag. */
export const blockNumberValue: Reader<BlockRef> = (value, at) => {
  if (typeof value !== 'string') throw invalid('hex string without 0x prefix', at);
  return namedBlock(value, at);
};

function namedBlock(value: string, at: Place): BlockRef {
  const tag = BLOCK_TAGS.find((name) => name === value);
  if (tag !== undefined) return { kind: 'tag', tag };
  const number = bareQuantity(value, at);
  if (number > MAX_NUMBER) throw invalid('block number larger than int64', at);
  return { kind: 'number', number };
}

/** Number, tag, hash, or an object with either (EIP-1898). This chain has no forks: `requireCanonical` is always met. */
export const blockValue: Reader<BlockRef> = (value, at) => {
  if (typeof value === 'object') {
    const members = new Members(value, 'rpc.BlockNumberOrHash', at);
    const number = members.optional('blockNumber', blockNumberValue);
    const hash = members.optional('blockHash', hashValue);
    members.optional('requireCanonical', booleanValue);
    if (number !== undefined && hash !== undefined) {
      throw invalid('cannot specify both BlockHash and BlockNumber, choose one or the other', at);
    }
    if (number !== undefined) return number;
    if (hash !== undefined) return { kind: 'hash', hash };
    throw invalid('empty hex string', at);
  }
  if (typeof value !== 'string') throw invalid('hex string without 0x prefix', at);
  return value.length === 66 ? { kind: 'hash', hash: hashValue(value, at) } : namedBlock(value, at);
};
