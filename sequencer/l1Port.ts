import type { ErrorData } from '../chain/errors.ts';
import type { Groth16Proof } from '../chain/types.ts';
import type { EvmBatch, Hex } from '../protocol/lane/types.ts';
import type { ClosedBatch, Field, QueueItem } from '../protocol/types.ts';

export type { Hex } from '../protocol/lane/types.ts';

/**
 * UNAVAILABLE: no answer, or an answer that makes no sense (an outage; try again later).
 * NONCE_TOO_LOW: another transaction with this nonce is mined. UNDERPRICED: one with this nonce waits and pays as much.
 * ALREADY_KNOWN: this very transaction waits in the node's pool. INSUFFICIENT_FUNDS: the publisher's L1 account is empty.
 * REVERTED: the call would fail, or it was mined and failed (data.reason: the contract's error, if it is known).
 * DIFFERENT_BATCH: L1 holds another batch under this number.
 */
export type L1ErrorCode =
  | 'UNAVAILABLE'
  | 'NONCE_TOO_LOW'
  | 'UNDERPRICED'
  | 'ALREADY_KNOWN'
  | 'INSUFFICIENT_FUNDS'
  | 'REVERTED'
  | 'DIFFERENT_BATCH';

export class L1Error extends Error {
  override readonly name = 'L1Error';
  readonly code: L1ErrorCode;
  readonly data: ErrorData;

  constructor(code: L1ErrorCode, data: ErrorData = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.data = data;
  }
}

/** Head of the committed or of the proven chain on L1. */
export interface L1Head {
  /** Number of the last batch; 0 before the first. */
  readonly batch: number;
  readonly root: Field;
  /** Index of the next queue item to be taken. */
  readonly queue: bigint;
}

export interface L1State {
  /** The L1 block this was read at. */
  readonly blockNumber: bigint;
  /** Seconds: timestamp of that block. */
  readonly l1Timestamp: number;
  readonly committed: L1Head;
  readonly proven: L1Head;
  /** Index the next queue item will get. */
  readonly queueTail: bigint;
  /** Who holds the sequencer's seat: an account, or the registry (then it rotates); address 0: nobody. Lower case. */
  readonly seat: Hex;
  /** Seconds: the last commit by the seat (the deployment's time before the first). */
  readonly sequencerSeenAt: number;
  /** Whether the publisher's account may commit now: it holds the seat, or leads while the seat rotates and the committing path is not closed. */
  readonly canCommit: boolean;
  /** Whether anyone may submit a batch together with its proof. */
  readonly isOpen: boolean;
  readonly isFrozen: boolean;
}

export interface L1QueueItem {
  readonly queueIndex: bigint;
  readonly item: QueueItem;
  /** Seconds. */
  readonly deadline: number;
}

/** Wei an L1 gas unit. */
export interface L1Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface L1TxOptions {
  readonly nonce: number;
  readonly fees: L1Fees;
}

/** Signed but not sent: its hash can be written down before anything leaves the process. */
export interface SignedL1Tx {
  readonly hash: Hex;
  readonly raw: Hex;
}

export interface L1Receipt {
  readonly isSuccess: boolean;
  readonly blockNumber: bigint;
  readonly gasUsed: bigint;
}

/** A closed batch and what it posts for the EVM lane. */
export interface PostableBatch {
  readonly closed: ClosedBatch;
  readonly evm: EvmBatch;
}

export interface ProvenBatch extends PostableBatch {
  readonly proof: Groth16Proof;
}

/** A batch that is committed and not proven. */
export interface UnprovenOnL1 {
  /** Seconds: once L1's clock is past it, anybody may drop the batch and all that follow it. */
  readonly proveDeadline: number;
  /** Our own account committed it: dropping it would cost our own bond or stake. */
  readonly isOurs: boolean;
}

/**
 * What the sequencer needs of L1. All calls may throw L1Error UNAVAILABLE. The account behind `nonce` and the signing calls
 * must be used by this publisher only, or by whoever takes turns with it (`PublisherDeps.turn`), or nonces collide.
 */
export interface L1Port {
  /** As of `confirmations` L1 blocks ago; default 0: the latest block. */
  state(options?: { confirmations?: number }): Promise<L1State>;
  /** Items `from ≤ queueIndex < to`, in order, as far as they exist. */
  queueItems(from: bigint, to: bigint): Promise<readonly L1QueueItem[]>;
  /** The commitment C of the batch that L1 holds under this number; it binds both lanes' data. */
  postedCommitment(batch: number): Promise<Field>;
  /** Of the oldest batch that is committed and not proven. */
  unproven(batch: number): Promise<UnprovenOnL1>;
  /** Number of the account's mined transactions. */
  nonce(): Promise<number>;
  suggestFees(): Promise<L1Fees>;
  /** @throws L1Error REVERTED */
  signCommit(batch: PostableBatch, options: L1TxOptions): Promise<SignedL1Tx>;
  /** `items` follow the last proven batch, in order. @throws L1Error REVERTED, DIFFERENT_BATCH */
  signProve(items: readonly ProvenBatch[], options: L1TxOptions): Promise<SignedL1Tx>;
  /** Commit and proof in one transaction (the open path). @throws L1Error REVERTED */
  signSubmit(item: ProvenBatch, options: L1TxOptions): Promise<SignedL1Tx>;
  /** Drops all unproven batches: `oldest` is the first of them, past its deadline. @throws L1Error REVERTED */
  signRevert(oldest: number, options: L1TxOptions): Promise<SignedL1Tx>;
  /** Hands a signed transaction to L1. @throws L1Error NONCE_TOO_LOW, UNDERPRICED, ALREADY_KNOWN, INSUFFICIENT_FUNDS */
  broadcast(raw: Hex): Promise<void>;
  /** undefined: not mined on L1's current chain. */
  receipt(hash: Hex): Promise<L1Receipt | undefined>;
}
