import type { BlockHeader } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { prefixedHex } from '../../protocol/bytes.ts';
import {
  big,
  fieldWord,
  hexBytes,
  index,
  int,
  type JsonCodec,
  list,
  malformed,
  object,
  oneOf,
  optional,
} from '../../protocol/json.ts';
import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import type { EvmBatch, EvmOutput, Hex, L1Message, LaneMessage, OutboxHead } from '../../protocol/lane/types.ts';
import { type RecordCodec, record, text } from '../records.ts';
import { bloomOf } from './bloom.ts';
import { decodeLaneHeader } from './laneHeader.ts';
import type { EvmBlockRecord, EvmLog, EvmReceipt, LeafWords, SettledClaim } from './types.ts';

/** The EVM part of a block without its header and its receipts, which have records of their own. */
export type StoredEvmBlock = Omit<EvmBlockRecord, 'header' | 'hash' | 'receipts'>;

const bytes = hexBytes();

export const hex: JsonCodec<Hex> = {
  encode: (value) => value,
  decode: (json) => prefixedHex(bytes.decode(json)),
};

const messages = {
  deposit: object<Extract<LaneMessage, { kind: 'deposit' }>>({
    kind: oneOf(['deposit']),
    index: big,
    l1Timestamp: int,
    sender: hex,
    to: hex,
    token: int,
    amount: big,
    gasLimit: big,
    data: hex,
    refundTo: hex,
  }),
  token: object<Extract<LaneMessage, { kind: 'token' }>>({
    kind: oneOf(['token']),
    index: big,
    l1Timestamp: int,
    token: int,
    name: text,
    symbol: text,
    decimals: int,
  }),
  fromLedger: object<Extract<LaneMessage, { kind: 'fromLedger' }>>({
    kind: oneOf(['fromLedger']),
    account: index,
    to: hex,
    token: int,
    amount: big,
  }),
} as const;

function kindOf(json: unknown): unknown {
  return typeof json === 'object' && json !== null && 'kind' in json ? json.kind : undefined;
}

/** A message of L1; lengths and ranges are its reader's to check. */
export const l1MessageJson: JsonCodec<L1Message> = {
  encode: (value) => (value.kind === 'deposit' ? messages.deposit.encode(value) : messages.token.encode(value)),
  decode: (json) => {
    const found = kindOf(json);
    if (found === 'deposit' || found === 'token') return messages[found].decode(json);
    throw malformed('message of L1');
  },
};

const message: JsonCodec<LaneMessage> = {
  encode: (value) => (value.kind === 'fromLedger' ? messages.fromLedger.encode(value) : l1MessageJson.encode(value)),
  decode: (json) => (kindOf(json) === 'fromLedger' ? messages.fromLedger.decode(json) : l1MessageJson.decode(json)),
};

const leaf = object<LeafWords>({ index, state: fieldWord, a: fieldWord, b: fieldWord, c: fieldWord });
const claim = object<SettledClaim>({ channel: index, receiptsRoot: fieldWord, total: big });

/** Headers decode by the rules of the chain, so the codec belongs to one. */
export function headerRecord(common: Common): RecordCodec<BlockHeader> {
  return record({
    encode: (header) => prefixedHex(header.serialize()),
    decode: (json) => decodeLaneHeader(bytes.decode(json), common),
  });
}

export const evmBlockRecord: RecordCodec<StoredEvmBlock> = record(
  object<StoredEvmBlock>({
    mirror: object<StoredEvmBlock['mirror']>({ leaves: list(leaf), claims: list(claim) }),
    messages: list(message),
    txs: list(bytes),
    systemTxs: int,
    inboxCount: big,
    outbox: object<OutboxHead>({ root: hex, count: big }),
  }),
);

/** Hashes are not stored: they follow from the rest. */
export const evmBatchRecord: RecordCodec<EvmBatch> = (() => {
  const output = object<EvmOutput>({ blockHash: hex, outboxRoot: hex, outboxCount: big, inboxCount: big });
  const codec = record(object<Pick<EvmBatch, 'output' | 'data'>>({ output, data: bytes }));
  return {
    encode: ({ output, data }) => codec.encode({ output, data }),
    decode: (json, key) => {
      const { output, data } = codec.decode(json, key);
      return evmBatchOf(output, data);
    },
  };
})();

const log = object<EvmLog>({ address: hex, topics: list(hex), data: hex });

type StoredReceipt = Omit<EvmReceipt, 'logsBloom' | 'cumulativeGasUsed'>;

const receipt = object<StoredReceipt>({
  txHash: hex,
  type: int,
  from: hex,
  to: optional(hex),
  contractAddress: optional(hex),
  status: oneOf([0, 1]),
  gasUsed: big,
  effectiveGasPrice: big,
  logs: list(log),
});

const stored = record(list(receipt));

/** Blooms and sums are not stored: they follow from the rest. */
export const receiptsRecord: RecordCodec<readonly EvmReceipt[]> = {
  encode: (receipts) => stored.encode(receipts),
  decode: (json, key) => {
    let cumulativeGasUsed = 0n;
    return stored.decode(json, key).map((found) => {
      cumulativeGasUsed += found.gasUsed;
      return { ...found, cumulativeGasUsed, logsBloom: bloomOf(found.logs) };
    });
  },
};
