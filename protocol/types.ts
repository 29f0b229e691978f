/**
 * The ledger lane's data types. Layouts and rules: docs/protocol.md.
 * Amounts, field elements and block numbers are bigint; small integers (nonce, token id, timestamps in seconds) are number.
 */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A canonical element of BN254's scalar field. Made by `field()`; results of hashing are of this type. */
export type Field = Brand<bigint, 'Field'>;
/** Index of an account leaf, 0 … 2^24 − 1; 0 means "none". Made by `accountIndex()`. */
export type AccountIndex = Brand<number, 'AccountIndex'>;
/** Number of a batch, counted from 1. */
export type BatchNumber = Brand<number, 'BatchNumber'>;

export const Kind = { EMPTY: 0, KEY: 1, CHANNEL: 2, ATTEST: 3 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** A live leaf of the account tree. `balance`, `claimed` < 2^96; `nonce` < 2^32; `token` < 2^16. */
export interface Account {
  readonly kind: Exclude<Kind, 0>;
  readonly token: number;
  readonly nonce: number;
  readonly balance: bigint;
  readonly claimed: bigint;
  readonly a: Field;
  readonly b: Field;
  readonly c: Field;
}

export const Opcode = {
  NOP: 0,
  TRANSFER: 1,
  REGISTER: 2,
  EXIT: 3,
  ATTEST: 4,
  OPEN: 5,
  CLAIM: 6,
  CLOSE: 7,
} as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** One operation of a transaction, before packing into words. `last` is implied by position. */
export interface Op {
  readonly opcode: Opcode;
  readonly from: AccountIndex;
  /** The target; 0 for EXIT; for REGISTER the index the sequencer assigns (0 until then). */
  readonly to: AccountIndex;
  readonly amount: bigint;
  readonly fee: bigint;
  /** The payload words that travel (0 to 3); the rest are 0. */
  readonly payload: readonly Field[];
}

/** What `c` of a CHANNEL holds. `model` is 0 for a channel without royalty; `expiry` in seconds (Unix time, < 2^40). */
export interface ChannelTerms {
  readonly provider: AccountIndex;
  readonly payer: AccountIndex;
  readonly model: AccountIndex;
  readonly expiry: number;
}

/** What `c` of an ATTEST account holds. `parent` is 0 for none; `royaltyBps` ≤ 10000; `subtype` as `Subtype` (8 bits). */
export interface AttestationTerms {
  readonly owner: AccountIndex;
  readonly parent: AccountIndex;
  readonly royaltyBps: number;
  readonly subtype: number;
}

/** What an ATTEST account stands for. The ledger does not read it. */
export const Subtype = { MODEL: 1, DATASET: 2, TRAINING_RUN: 3, AGENT: 4, SERVICE: 5 } as const;
export type Subtype = (typeof Subtype)[keyof typeof Subtype];

/** A consumer's promise: the channel's voucher key signs it. `total` is cumulative over the channel's life, < 2^96. */
export interface Voucher {
  readonly channel: AccountIndex;
  readonly total: bigint;
  readonly receiptsRoot: Field;
}

export interface SignedVoucher extends Voucher {
  readonly signature: Signature;
}

export type Point = readonly [x: Field, y: Field];

export interface Signature {
  readonly r8: Point;
  readonly s: bigint;
}

export interface Tx {
  readonly signer: AccountIndex;
  readonly nonce: number;
  /** Last second (Unix time, < 2^40) of a batch timestamp at which the tx may be applied. */
  readonly validUntil: number;
  readonly ops: readonly Op[];
}

export interface SignedTx extends Tx {
  readonly signature: Signature;
  /** The vouchers' signatures, one for each CLAIM op in order; empty if there is none. Not part of the transaction's hash. */
  readonly vouchers: readonly Signature[];
}

export const L1Opcode = { NOP: 0, DEPOSIT_NEW: 1, DEPOSIT_TO: 2, FORCED_EXIT: 3 } as const;
export type L1Opcode = (typeof L1Opcode)[keyof typeof L1Opcode];

/** What the bridge's queue on L1 fixes. Unused fields are 0 as in the word table. */
export type QueueItem =
  | {
      readonly opcode: 1;
      readonly token: number;
      readonly amount: bigint;
      readonly key: Point;
      readonly address: bigint;
    }
  | {
      readonly opcode: 2;
      readonly index: AccountIndex;
      readonly token: number;
      readonly amount: bigint;
      readonly address: bigint;
    }
  | { readonly opcode: 3; readonly index: AccountIndex; readonly address: bigint };

/** An L1 operation as executed: the queue item plus what the sequencer chose and what execution found. */
export interface L1Op {
  readonly opcode: 1 | 2 | 3;
  readonly isVoid: boolean;
  readonly index: AccountIndex;
  readonly token: number;
  readonly amount: bigint;
  readonly x: Field;
  readonly y: Field;
  readonly address: bigint;
}

export interface Exit {
  /** 160-bit L1 address. */
  readonly recipient: bigint;
  readonly token: number;
  readonly amount: bigint;
}

export type ShapeName = 'small' | 'dev' | 'medium' | 'large';

/** Slot counts of a batch circuit (circuits/shapes.json). */
export interface Shape {
  readonly name: ShapeName;
  readonly id: number;
  readonly L: number;
  readonly N: number;
  readonly S: number;
  readonly A: number;
  readonly E: number;
}

export type FeeLanes = readonly [AccountIndex, AccountIndex, AccountIndex, AccountIndex];

/** A closed batch: all that is needed to re-execute it from `oldRoot`. */
export interface Batch {
  readonly number: BatchNumber;
  readonly shape: ShapeName;
  readonly domain: Field;
  readonly oldRoot: Field;
  readonly newRoot: Field;
  /** Seconds; the timestamp of the batch's first block. */
  readonly timestamp: number;
  readonly feeAccounts: FeeLanes;
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  /** 256-bit commitment of the EVM lane; 0n while there is none. */
  readonly evmCommitment: bigint;
  readonly l1Ops: readonly L1Op[];
  /** Transactions with assigned indices filled in. */
  readonly txs: readonly SignedTx[];
}

/** What L1 and the circuit see of a batch. */
export interface BatchCommitment {
  /** All words of X ‖ Y: header(10) ‖ 4L ‖ 2E ‖ 4N. */
  readonly words: readonly Field[];
  /** Posted bytes (without the header words). */
  readonly body: Uint8Array;
  /** keccak256(body), 32 bytes as an integer. */
  readonly bodyHash: bigint;
  readonly dataHash: bigint;
  readonly c: Field;
  readonly r: Field;
  readonly y: Field;
}

/** One account slot of the circuit: the leaf before and after, and its path against the running root. */
export interface AccountSlot {
  readonly index: AccountIndex;
  readonly before: Account | undefined;
  readonly after: Account | undefined;
  /**
   * 0 if the account was live before the batch; `l + 1` if L1 op number l (from 0) created it; `L + 1 + i` if op number i
   * (from 0) created it; 65535 if it is not live after the batch.
   */
  readonly birth: number;
  /** children[level][0…7]: all eight children on the path, level 0 next to the leaf, before this slot is written back. */
  readonly children: readonly (readonly Field[])[];
}

export interface ClosedBatch {
  readonly batch: Batch;
  readonly commitment: BatchCommitment;
  /** The 64 nodes of height 6 (nodes over 8^6 leaves), in order, before the batch. Empty if `slots` is. */
  readonly subroots: readonly Field[];
  /** Exactly A slots with strictly increasing indices (touched accounts, then padded with untouched ones, merged in order). */
  readonly slots: readonly AccountSlot[];
  readonly exits: readonly Exit[];
}
