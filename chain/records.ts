import {
  batchId,
  big,
  fieldWord,
  index,
  int,
  type JsonCodec,
  list,
  malformed,
  object,
  oneOf,
  optional,
} from '../protocol/json.ts';
import {
  accountFromJson,
  accountToJson,
  closedBatchFromJson,
  closedBatchToJson,
  l1OpFromJson,
  l1OpToJson,
  signedTxFromJson,
  signedTxToJson,
} from '../protocol/serialize.ts';
import { SHAPES } from '../protocol/shapes.ts';
import type { Account, ClosedBatch, ShapeName } from '../protocol/types.ts';
import { type BlockBody, bodyChecksum } from './block.ts';
import { ChainError } from './errors.ts';
import type {
  Base,
  BatchSummary,
  ClaimRecord,
  Head,
  Location,
  OpenBatchRecord,
  OpLocation,
  TxLocation,
} from './types.ts';

/** Records as JSON text. A record that does not decode exactly is STORE_CORRUPT, with its key. */
export interface RecordCodec<T> {
  encode(value: T): string;
  /** @throws ChainError STORE_CORRUPT */
  decode(text: string, key: string): T;
}

export function record<T>(codec: JsonCodec<T>): RecordCodec<T> {
  return {
    encode: (value) => JSON.stringify(codec.encode(value)),
    decode: (text, key) => {
      try {
        return codec.decode(JSON.parse(text));
      } catch (cause) {
        throw new ChainError('STORE_CORRUPT', { key }, { cause });
      }
    },
  };
}

export const text: JsonCodec<string> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'string') throw malformed('string');
    return json;
  },
};

// The cast: Object.keys loses the literal types of the shapes' names.
export const shapeName = oneOf(Object.keys(SHAPES) as ShapeName[]);

const blockBody = object<BlockBody>({
  number: big,
  timestamp: int,
  batch: batchId,
  l1: object<BlockBody['l1']>({
    firstQueueIndex: big,
    ops: list({ encode: l1OpToJson, decode: l1OpFromJson }),
  }),
  txs: list({ encode: signedTxToJson, decode: signedTxFromJson }),
  feeAccounts: list(index),
  ledgerRoot: fieldWord,
});

interface StoredBody {
  readonly checksum: bigint;
  readonly body: BlockBody;
}

const storedBody = object<StoredBody>({ checksum: big, body: blockBody });

/** The ledger part of a block. Decoding checks the checksum: a block that was changed on disk is not a block. */
export const bodyRecord: RecordCodec<BlockBody> = record<BlockBody>({
  encode: (body) => storedBody.encode({ checksum: bodyChecksum(body), body }),
  decode: (json) => {
    const { checksum, body } = storedBody.decode(json);
    if (bodyChecksum(body) !== checksum) throw new ChainError('STORE_CORRUPT', { block: body.number });
    return body;
  },
});

export const accountRecord: RecordCodec<Account> = record({ encode: accountToJson, decode: accountFromJson });

export const closedBatchRecord: RecordCodec<ClosedBatch> = record({
  encode: closedBatchToJson,
  decode: closedBatchFromJson,
});

/** Changes when stored records change their meaning; a store of another version is refused, never guessed at. */
const VERSION = 3;

interface StoredHead {
  readonly version: typeof VERSION;
  readonly domain: bigint;
  readonly head: Head;
}

const openBatch = object<OpenBatchRecord>({ number: batchId, shape: shapeName, timestamp: int, firstBlock: big });

const headFields = object<Head>({
  block: big,
  hash: big,
  timestamp: int,
  nextQueueIndex: big,
  inboxCount: big,
  open: optional(openBatch),
  closedBatch: int,
  closedRoot: fieldWord,
});

const storedHead = object<StoredHead>({ version: oneOf([VERSION]), domain: big, head: headFields });

export const baseRecord: RecordCodec<Base> = record(
  object<Base>({ head: headFields, c: fieldWord, carried: list(index) }),
);

export const headRecord: RecordCodec<Omit<StoredHead, 'version'>> = record({
  encode: ({ domain, head }) => storedHead.encode({ version: VERSION, domain, head }),
  decode: storedHead.decode,
});

export const summaryRecord: RecordCodec<BatchSummary> = record(
  object<BatchSummary>({
    number: batchId,
    shape: shapeName,
    status: oneOf(['closed', 'committed', 'proven']),
    oldRoot: fieldWord,
    newRoot: fieldWord,
    timestamp: int,
    firstBlock: big,
    lastBlock: big,
    firstQueueIndex: big,
    l1Ops: int,
    txs: int,
    ops: int,
    exits: int,
    commitTx: optional(text),
    proveTx: optional(text),
  }),
);

const location = { block: big, batch: batchId, position: int };

export const locationRecord: RecordCodec<Location> = record(object<Location>(location));

export const txLocationRecord: RecordCodec<TxLocation> = record(
  object<TxLocation>({ ...location, created: list(index) }),
);

const opLocation = { ...location, op: int, txHash: fieldWord, timestamp: int };

export const originRecord: RecordCodec<OpLocation> = record(object<OpLocation>(opLocation));

export const claimRecord: RecordCodec<ClaimRecord> = record(
  object<ClaimRecord>({
    ...opLocation,
    total: big,
    amount: big,
    fee: big,
    royalty: big,
    receiptsRoot: fieldWord,
  }),
);
