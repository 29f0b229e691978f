/** What the bridge page knows of value on its way. Everything here is rebuilt from chain data; only intents (intents.ts) are kept by the browser. */
import type { Address, Hex } from 'viem';

/**
 * `deposit`: L1 → ledger. `laneDeposit`: L1 → EVM lane. `exit`: ledger → L1. `laneWithdrawal`: EVM lane → L1 (or ledger).
 * `forcedExit`: ledger → L1, demanded on L1. `escape`: out of a frozen rollup.
 */
export type TransferKind = 'deposit' | 'laneDeposit' | 'exit' | 'laneWithdrawal' | 'forcedExit' | 'escape';

/** In order; each kind passes through some of them (`STEPS_OF`). */
export type StepName = 'sent' | 'onL1' | 'inBlock' | 'committed' | 'proven' | 'claimable' | 'claimed';

export const STEPS_OF: Readonly<Record<TransferKind, readonly StepName[]>> = {
  deposit: ['sent', 'onL1', 'inBlock', 'committed', 'proven'],
  laneDeposit: ['sent', 'onL1', 'inBlock', 'committed', 'proven'],
  exit: ['sent', 'inBlock', 'committed', 'proven', 'claimable', 'claimed'],
  laneWithdrawal: ['sent', 'inBlock', 'committed', 'proven', 'claimable', 'claimed'],
  forcedExit: ['sent', 'onL1', 'inBlock', 'committed', 'proven', 'claimable', 'claimed'],
  escape: ['sent', 'onL1', 'claimable', 'claimed'],
};

export interface TransferStep {
  readonly name: StepName;
  readonly state: 'done' | 'now' | 'todo' | 'failed';
  /** Seconds: when it was done, if that is known. */
  readonly at?: number;
  /** What to look at. */
  readonly link?: { readonly chain: 'l1' | 'ledger' | 'lane' | 'batch'; readonly id: string };
}

/** What only the user can do next. `withdraw` pays all that L1 owes in the token, so it ends several transfers at once. */
export type TransferAction = 'claim' | 'withdraw' | 'refund' | 'freeze';

/** A coded reason; the page's texts say it in plain words (`texts.errors`). */
export interface Trouble {
  readonly code: string;
  readonly data?: Readonly<Record<string, string | number | bigint>>;
}

export interface Transfer {
  /** The same in every browser: `deposit:<queue index>`, `exit:<batch>:<account>:<amount>:<nth equal one>` (L1's data have no transaction hashes), `forcedExit:<queue index>`, `laneDeposit:<message>`, `laneWithdrawal:<index>`, `escape:<account>`; `intent:<id>` until the chain knows it. */
  readonly id: string;
  readonly kind: TransferKind;
  readonly token: number;
  /** Base units; absent while nobody can tell (a forced exit takes what is there). */
  readonly amount?: bigint;
  /** Ledger account it comes from or goes to. */
  readonly account?: number;
  readonly recipient?: Address;
  /** Seconds. */
  readonly startedAt: number;
  readonly steps: readonly TransferStep[];
  /** Seconds until the last step that needs nobody, about; absent: nobody can tell, or it is done; −1: a step takes much longer than it should. */
  readonly expectedSeconds?: number;
  /** Seconds (Unix time): if L1's queue item is in no proven batch by then, anybody may freeze the rollup. */
  readonly deadline?: number;
  readonly action?: TransferAction;
  readonly trouble?: Trouble;
  /** Nothing more will happen, and nothing is to be done. */
  readonly isFinished: boolean;
}

export interface Token {
  readonly id: number;
  /** The zero address for ETH. */
  readonly address: Address;
  readonly symbol: string;
  readonly name: string;
  readonly decimals: number;
}

/** An account of the ledger that the wallet's address controls. */
export interface OwnedAccount {
  readonly index: number;
  readonly kind: 'KEY' | 'CHANNEL' | 'ATTEST';
  readonly token: number;
  readonly balance: bigint;
  /** Ledger key, x and y; KEY accounts only. */
  readonly key?: readonly [bigint, bigint];
  readonly nonce?: number;
  /** It has left a frozen rollup. */
  readonly isEscaped?: boolean;
}

export interface Holdings {
  /** Whose: the wallet's address. */
  readonly owner: Address;
  readonly l1: readonly { readonly token: number; readonly amount: bigint }[];
  readonly lane: readonly { readonly token: number; readonly amount: bigint }[];
  readonly accounts: readonly OwnedAccount[];
  /** What L1 owes and `withdraw` pays. */
  readonly owed: readonly { readonly token: number; readonly amount: bigint }[];
  /** From where: `node`, or rebuilt from L1 as of a proven batch (`l1`); the EVM lane is known to a node only. */
  readonly source: 'node' | 'l1';
  readonly batch?: number;
}

/** How the bridge itself stands, by L1. */
export interface BridgeState {
  readonly isFrozen: boolean;
  /** Anybody may post batches. */
  readonly isOpen: boolean;
  /** Seconds (Unix time): deadline of the oldest queue item in no proven batch; absent: none waits. */
  readonly oldestDeadline?: number;
  readonly canFreeze: boolean;
  readonly committedBatch: number;
  readonly provenBatch: number;
  /** Wei, on top of gas for each queue item. */
  readonly queueFee: bigint;
  /** L1's clock, seconds. */
  readonly l1Time: number;
}

/** What the page wants to send: kept in the browser from before the wallet is asked until the chain shows it. */
export interface Intent {
  /** Random. */
  readonly id: string;
  readonly kind: TransferKind | 'withdraw' | 'claim' | 'refund' | 'freeze' | 'approve';
  readonly owner: Address;
  readonly token: number;
  readonly amount?: bigint;
  readonly account?: number;
  readonly recipient?: Address;
  /** Seconds. */
  readonly at: number;
  /** asking: the wallet was asked and has not answered; sent: it gave a hash (or the node took it); lost: the page was closed while it was asked. */
  readonly state: 'asking' | 'sent' | 'lost';
  readonly chain: 'l1' | 'ledger' | 'lane';
  readonly hash?: Hex;
  /** Of a ledger transaction: the signed bytes, so that the very same are sent again. */
  readonly raw?: Hex;
  /** The sender's transaction count on L1 or the EVM lane, pending ones included, before the wallet was asked. */
  readonly nonce?: number;
  /** Index of the withdrawal that is claimed, or of the queue item that is refunded. */
  readonly target?: string;
  /** Why it failed for good; it stands in nobody's way any more. */
  readonly trouble?: Trouble;
}
