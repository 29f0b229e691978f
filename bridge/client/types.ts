/** Types of the bridge's L1 client. Rules and states: bridge/README.md; layouts: docs/protocol.md sections 3 and 4. */
import type { BatchNumber, FeeLanes, Field, QueueItem, ShapeName } from '../../protocol/types.ts';

export type Hex = `0x${string}`;
export type Address = `0x${string}`;

/** A transaction to L1 that is not signed yet: what a publisher with its own nonce and fee policy needs. `value` in wei. */
export interface L1Call {
  readonly to: Address;
  readonly data: Hex;
  readonly value: bigint;
}

/** Groth16 proof in the order Solidity wants (`b` has its coordinates swapped). Structurally the prover's `Groth16Proof`. */
export interface Proof {
  readonly a: readonly [bigint, bigint];
  readonly b: readonly [readonly [bigint, bigint], readonly [bigint, bigint]];
  readonly c: readonly [bigint, bigint];
}

/** Where an event stands on L1. `blockHash` lets a reader notice a reorg. */
export interface L1Position {
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly transactionHash: Hex;
  readonly logIndex: number;
}

/** One entry of the bridge's queue. `index` counts from 0; `deadline` is in seconds of Unix time. */
export interface QueueEntry {
  readonly queueIndex: bigint;
  readonly item: QueueItem;
  readonly deadline: number;
  readonly l1: L1Position;
}

/** The arguments of a commit, i.e. the posted header (domain, oldRoot and the number are L1's own knowledge). */
export interface PostedHeader {
  readonly shapeId: number;
  readonly newRoot: Field;
  readonly timestamp: number;
  readonly l1Count: number;
  readonly opCount: number;
  readonly exitCount: number;
  readonly feeAccounts: FeeLanes;
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  readonly evmCommitment: bigint;
  readonly c: Field;
}

/** What L1 keeps of a committed batch (as a hash) and what a prover must hand back. Field order is the contract's. */
export interface StoredBatch {
  readonly number: bigint;
  readonly shapeId: number;
  readonly l1Count: number;
  readonly exitCount: number;
  readonly timestamp: number;
  /** Seconds; the L1 block timestamp of the commit. */
  readonly committedAt: number;
  readonly lastBlock: bigint;
  readonly committer: Address;
  readonly oldRoot: Field;
  readonly newRoot: Field;
  /** keccak256 of the L1 records and exits (the first `l1Count × 128 + exitCount × 64` bytes of the body). */
  readonly xHash: Hex;
  readonly c: Field;
  readonly r: Field;
  readonly y: Field;
  /** 32 bytes: the header's words 8 and 9. */
  readonly evmCommitment: Hex;
}

/** A batch as posted on L1: enough to rebuild the ledger (decode `body`) and to prove or revert it. */
export interface PostedBatch {
  readonly number: BatchNumber;
  readonly shape: ShapeName;
  readonly header: PostedHeader;
  readonly oldRoot: Field;
  readonly body: Uint8Array;
  /** As posted; whether it decodes, derivation says. */
  readonly evmData: Uint8Array;
  /** 32 bytes, as stated by the committer: derivation says whether it is the outcome. */
  readonly evmOutput: Hex;
  readonly stored: StoredBatch;
  /** True if it came with its proof on the open path (then it was proven at once). */
  readonly isOpenPath: boolean;
  readonly l1: L1Position;
}

/** Head of the committed or of the proven chain. */
export interface ChainHead {
  /** Number of the last batch, 0 before the first. */
  readonly batch: number;
  readonly root: Field;
  /** Index of the next queue item to be taken. */
  readonly queue: bigint;
  readonly lastBlock: bigint;
  readonly timestamp: number;
}

export interface RollupState {
  readonly committed: ChainHead;
  readonly proven: ChainHead;
  /** Index the next queue item will get. */
  readonly queueTail: bigint;
  /** The zero address once the seat is vacant (slashed, resigned); the registry's where validators take turns. */
  readonly sequencer: Address;
  /** The seat is a `ValidatorRegistry`'s: who commits is its leader. */
  readonly isRotating: boolean;
  /** Seconds; nobody may commit before, because batches were reverted. 0: that never happened. */
  readonly closedUntil: number;
  /** Seconds; the last commit by the sequencer (deployment time before the first). */
  readonly sequencerSeenAt: number;
  /** True while anyone may submit a batch with its proof (as of the block read). */
  readonly isOpen: boolean;
  readonly isFrozen: boolean;
  /** Timestamp of the L1 block read. */
  readonly l1Timestamp: number;
}

/** Constants of a deployment. Times in seconds, money in wei. */
export interface RollupParameters {
  readonly domain: Field;
  readonly l1ChainId: bigint;
  readonly l2ChainId: bigint;
  readonly genesisRoot: Field;
  readonly initialSequencer: Address;
  readonly graceSeconds: number;
  readonly proveDeadlineSeconds: number;
  readonly queueDeadlineSeconds: number;
  readonly maxDriftSeconds: number;
  readonly maxAgeSeconds: number;
  readonly bond: bigint;
  readonly queueFee: bigint;
  readonly registrationFee: bigint;
  readonly shapes: readonly {
    readonly id: number;
    readonly verifier: Address;
    readonly L: number;
    readonly N: number;
    readonly E: number;
  }[];
}

/** Everything the contract reports, in log order. */
export type RollupEvent =
  | { readonly type: 'queued'; readonly entry: QueueEntry; readonly l1: L1Position }
  | { readonly type: 'tokenRegistered'; readonly id: number; readonly token: Address; readonly l1: L1Position }
  | { readonly type: 'committed'; readonly number: number; readonly newRoot: Field; readonly l1: L1Position }
  | { readonly type: 'proven'; readonly number: number; readonly newRoot: Field; readonly l1: L1Position }
  | { readonly type: 'reverted'; readonly first: number; readonly last: number; readonly l1: L1Position }
  | {
      readonly type: 'credited';
      readonly owner: Address;
      readonly token: number;
      readonly amount: bigint;
      readonly l1: L1Position;
    }
  | {
      readonly type: 'withdrawn';
      readonly owner: Address;
      readonly token: number;
      readonly amount: bigint;
      readonly l1: L1Position;
    }
  | { readonly type: 'seatVacated'; readonly isForfeit: boolean; readonly l1: L1Position }
  | { readonly type: 'frozen'; readonly number: number; readonly root: Field; readonly l1: L1Position }
  | {
      readonly type: 'escaped';
      readonly index: number;
      readonly owner: Address;
      readonly token: number;
      readonly amount: bigint;
      readonly l1: L1Position;
    }
  | { readonly type: 'refunded'; readonly queueIndex: bigint; readonly l1: L1Position };

/** A transaction that was mined and succeeded. */
export interface L1Receipt {
  readonly hash: Hex;
  readonly blockNumber: bigint;
  readonly gasUsed: bigint;
  readonly events: readonly RollupEvent[];
}

/** An account's leaf as the contracts take it: words of docs/protocol.md section 2. */
export interface EscapeLeaf {
  readonly index: number;
  readonly state: Field;
  readonly a: Field;
  readonly b: Field;
  readonly c: Field;
}

/** A leaf with the proof that it is under a root. */
export interface ProvenLeaf {
  readonly leaf: EscapeLeaf;
  readonly proof: Proof;
}

export interface ReadAt {
  /** L1 block to read at; the latest if absent. */
  readonly blockNumber?: bigint;
}
