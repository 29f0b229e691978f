import { claimCount } from './codec/tx.ts';
import {
  batchId,
  big,
  bool,
  fieldWord,
  hexBytes,
  index,
  int,
  type Json,
  type JsonCodec,
  list,
  malformed,
  object,
  oneOf,
  optional,
  point,
  signature,
} from './json.ts';
import { SHAPES } from './shapes.ts';
import {
  type Account,
  type AccountSlot,
  type Batch,
  type BatchCommitment,
  type ClosedBatch,
  type Exit,
  type FeeLanes,
  Kind,
  type L1Op,
  type Op,
  Opcode,
  type QueueItem,
  type ShapeName,
  type SignedTx,
} from './types.ts';

// JSON-safe forms for stores, jobs and workers: bigints are decimal strings, bytes are 0x-hex, absent accounts null.

export type { Json, JsonCodec };

const bytes = hexBytes();

const feeLanes: JsonCodec<FeeLanes> = {
  encode: (lanes) => lanes.map(index.encode),
  decode: (json) => {
    const [a, b, c, d, ...rest] = list(index).decode(json);
    if (a === undefined || b === undefined || c === undefined || d === undefined || rest.length > 0) {
      throw malformed('four fee lanes');
    }
    return [a, b, c, d];
  },
};

// The casts below: Object.keys and Object.values lose the literal types that the constants have.
const opcode = oneOf(Object.values(Opcode));
const shapeName = oneOf(Object.keys(SHAPES) as ShapeName[]);

const account = object<Account>({
  kind: oneOf([Kind.KEY, Kind.CHANNEL, Kind.ATTEST]),
  token: int,
  nonce: int,
  balance: big,
  claimed: big,
  a: fieldWord,
  b: fieldWord,
  c: fieldWord,
});

const op = object<Op>({ opcode, from: index, to: index, amount: big, fee: big, payload: list(fieldWord) });

const signedTxMembers = object<SignedTx>({
  signer: index,
  nonce: int,
  validUntil: int,
  ops: list(op),
  signature,
  vouchers: list(signature),
});

const signedTx: JsonCodec<SignedTx> = {
  encode: signedTxMembers.encode,
  decode: (json) => {
    const tx = signedTxMembers.decode(json);
    if (tx.vouchers.length !== claimCount(tx.ops)) throw malformed('a voucher for each CLAIM');
    return tx;
  },
};

const l1Op = object<L1Op>({
  opcode: oneOf([1, 2, 3]),
  isVoid: bool,
  index,
  token: int,
  amount: big,
  x: fieldWord,
  y: fieldWord,
  address: big,
});

const depositNew = object<Extract<QueueItem, { opcode: 1 }>>({
  opcode: oneOf([1]),
  token: int,
  amount: big,
  key: point,
  address: big,
});
const depositTo = object<Extract<QueueItem, { opcode: 2 }>>({
  opcode: oneOf([2]),
  index,
  token: int,
  amount: big,
  address: big,
});
const forcedExit = object<Extract<QueueItem, { opcode: 3 }>>({ opcode: oneOf([3]), index, address: big });

const queueItem: JsonCodec<QueueItem> = {
  encode: (item) => {
    if (item.opcode === 1) return depositNew.encode(item);
    return item.opcode === 2 ? depositTo.encode(item) : forcedExit.encode(item);
  },
  decode: (json) => {
    const tag: unknown = typeof json === 'object' && json !== null && 'opcode' in json ? json.opcode : undefined;
    if (tag === 1) return depositNew.decode(json);
    return tag === 2 ? depositTo.decode(json) : forcedExit.decode(json);
  },
};

const exit = object<Exit>({ recipient: big, token: int, amount: big });

const batch = object<Batch>({
  number: batchId,
  shape: shapeName,
  domain: fieldWord,
  oldRoot: fieldWord,
  newRoot: fieldWord,
  timestamp: int,
  feeAccounts: feeLanes,
  firstBlock: big,
  lastBlock: big,
  evmCommitment: big,
  l1Ops: list(l1Op),
  txs: list(signedTx),
});

const commitment = object<BatchCommitment>({
  words: list(fieldWord),
  body: bytes,
  bodyHash: big,
  dataHash: big,
  c: fieldWord,
  r: fieldWord,
  y: fieldWord,
});

const slot = object<AccountSlot>({
  index,
  before: optional(account),
  after: optional(account),
  birth: int,
  children: list(list(fieldWord)),
});

const closedBatch = object<ClosedBatch>({
  batch: batch,
  commitment: commitment,
  subroots: list(fieldWord),
  slots: list(slot),
  exits: list(exit),
});

export type AccountJson = Json;
export const accountToJson: (value: Account) => AccountJson = account.encode;
/** @throws ProtocolError MALFORMED_BYTES and the codes of the parts */
export const accountFromJson: (json: unknown) => Account = account.decode;

export type SignedTxJson = Json;
export const signedTxToJson: (value: SignedTx) => SignedTxJson = signedTx.encode;
/** @throws ProtocolError MALFORMED_BYTES and the codes of the parts */
export const signedTxFromJson: (json: unknown) => SignedTx = signedTx.decode;

export type L1OpJson = Json;
export const l1OpToJson: (value: L1Op) => L1OpJson = l1Op.encode;
/** @throws ProtocolError MALFORMED_BYTES and the codes of the parts */
export const l1OpFromJson: (json: unknown) => L1Op = l1Op.decode;

export type QueueItemJson = Json;
export const queueItemToJson: (value: QueueItem) => QueueItemJson = queueItem.encode;
/** @throws ProtocolError MALFORMED_BYTES and the codes of the parts */
export const queueItemFromJson: (json: unknown) => QueueItem = queueItem.decode;

export type BatchJson = Json;
export const batchToJson: (value: Batch) => BatchJson = batch.encode;
/** @throws ProtocolError MALFORMED_BYTES and the codes of the parts */
export const batchFromJson: (json: unknown) => Batch = batch.decode;

export type ClosedBatchJson = Json;
export const closedBatchToJson: (value: ClosedBatch) => ClosedBatchJson = closedBatch.encode;
/** @throws ProtocolError MALFORMED_BYTES and the codes of the parts */
export const closedBatchFromJson: (json: unknown) => ClosedBatch = closedBatch.decode;
