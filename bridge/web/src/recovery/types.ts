/** What recovery tells the page: the ledger as of the last proven batch, from L1 alone. */
import type { Address, Hex } from 'viem';
import type { ProvenLeaf } from '../../../client/types.ts';
import type { OwnedAccount } from '../transfers/types.ts';

/** Value that left the ledger for L1 in a proven batch. */
export interface ExitFromL1 {
  /** Ledger account it was taken from. */
  readonly account: number;
  /** Of a forced exit: who demanded it. */
  readonly recipient: Address;
  readonly token: number;
  /** Base units; 0 if void. */
  readonly amount: bigint;
  readonly batch: number;
  /** From 0, among the batch's EXITs; of a forced exit, among its operations of L1. */
  readonly position: number;
  /** Of a forced exit: its item in L1's queue. Absent: an EXIT. */
  readonly queueIndex?: bigint;
  /** A forced exit that found nothing it may take: account of somebody else, unknown, or a channel that is not over. */
  readonly isVoid?: boolean;
  /** Seconds: of the batch. */
  readonly timestamp: number;
  /** The L1 transaction that posted the batch. */
  readonly commitTx: Hex;
}

export interface RecoveredLedger {
  /** The last proven batch; 0: none yet. */
  readonly batch: number;
  readonly isFrozen: boolean;
  /** In order of their indices. */
  readonly accounts: readonly OwnedAccount[];
  /** Oldest first. */
  readonly exits: readonly ExitFromL1[];
}

/** `done` of `of`: bytes while downloading. */
export interface ProveProgress {
  readonly stage: 'download' | 'witness' | 'prove' | 'verify';
  readonly done?: number;
  readonly of?: number;
}

export interface BatchProgress {
  readonly batch: number;
  readonly of: number;
}

export interface EscapeProof {
  readonly leaf: ProvenLeaf;
  /** For a channel its payer's leaf, for an attestation its owner's. */
  readonly controller?: ProvenLeaf;
}

export interface LedgerOptions {
  onProgress?(progress: BatchProgress): void;
  readonly signal?: AbortSignal;
}

export interface ProveOptions {
  onProgress?(progress: ProveProgress): void;
  readonly signal?: AbortSignal;
}

/**
 * The ledger without a node. Everything is computed here from what was posted on L1; what is trusted is the L1 endpoint's word that
 * this is the contract's last proven root, and that nothing is newer.
 */
export interface Recovery {
  /** Replays all proven batches; later calls only take what is new. @throws RecoveryError */
  ledger(owner: Address, options?: LedgerOptions): Promise<RecoveredLedger>;
  /** What `Rollup.escape` takes; verified here, by L1's verifier and, in a frozen rollup, by a simulated escape. @throws RecoveryError */
  prove(index: number, options?: ProveOptions): Promise<EscapeProof>;
  /** Ends the worker; calls in progress fail with STOPPED. May be called twice. */
  stop(): void;
}
