/** What the page's user interface calls. Failures are thrown as errors of which `toTrouble` makes a code with data. */
import type { Address, Hex, PublicClient } from 'viem';
import type { Point } from '../../../../protocol/types.ts';
import type { LedgerAccount } from '../../../../sdk/accounts/ledgerAccount.ts';
import type { L1Wallet } from '../../../../sdk/bridge/l1Wallet.ts';
import type { LaneWallet } from '../../../../sdk/lane/sendOnLane.ts';
import type { AnyClient } from '../../../../sdk/request.ts';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import type { ProveProgress, Recovery } from '../recovery/types.ts';
import type { BridgeState, Holdings, Intent, Token, Transfer, Trouble } from './types.ts';

/** Any viem client of the node whose chain `engramChain` made; the EVM lane's methods are asked of it, too. */
export type EngramNodeClient = AnyClient;

export interface BridgeOptions {
  readonly config: WebConfig;
  /** Reads of L1; it may be the user's wallet that answers. */
  readonly l1: PublicClient;
  /** Absent: the page goes by L1 alone. */
  readonly node?: EngramNodeClient | undefined;
  /** Absent: no accounts without a node, and no escapes. */
  readonly recovery?: Recovery | undefined;
  /** What it keeps are intents alone. It may be full, or refuse everything. */
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** `navigator.locks`: one page at a time sends. Absent: pages see each other by the storage. */
  readonly locks?: LockManager | undefined;
  /** Milliseconds; default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** What may be asked for its cost. */
export type FeeKind =
  | 'deposit'
  | 'laneDeposit'
  | 'exit'
  | 'laneWithdrawal'
  | 'forcedExit'
  | 'escape'
  | 'withdraw'
  | 'claim'
  | 'refund'
  | 'freeze';

export interface Fees {
  /** Wei, to the bridge. */
  readonly queueFee?: bigint;
  /** Base units of the token, to the sequencer. */
  readonly ledgerFee?: bigint;
  /** About: units, and wei a unit; of L1, but of the EVM lane for a `laneWithdrawal`. */
  readonly gas?: { readonly units: bigint; readonly price: bigint };
}

export interface Bridge {
  /** @throws WRONG_NETWORK, L1_UNREACHABLE, NOT_A_ROLLUP; so does every call that asks L1 */
  state(): Promise<BridgeState>;
  /** ETH first. Names and symbols are whatever the contracts say, made harmless; no two tokens have one symbol. */
  tokens(): Promise<readonly Token[]>;
  /** From the node, or else from recovery as of the last proven batch. */
  holdings(owner: Address): Promise<Holdings>;
  /** Newest first: everything that is not finished, and what finished last. */
  transfers(owner: Address): Promise<readonly Transfer[]>;
  feeOf(kind: FeeKind, token: number): Promise<Fees>;
  /** What was asked of the wallet and the chain does not show yet. */
  intents(owner: Address): readonly Intent[];
  /** The user says that it was never sent. */
  forget(intentId: string): void;
  /** NO_STORAGE while nothing can be kept, NODE_UNAVAILABLE while the node does not answer. */
  troubles(): readonly Trouble[];
  actor(wallet: L1Wallet, lane?: LaneWallet): Actor;
}

/** In order, `checking` once more before the wallet is asked; `approving` and `proving` only where needed. */
export type Stage = 'checking' | 'approving' | 'proving' | 'asking' | 'sent';

export interface Progress {
  readonly stage: Stage;
  /** Of what was approved or sent. */
  readonly hash?: Hex;
  /** While proving. */
  readonly proving?: ProveProgress;
}

export interface ActOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** On its way: `hash` is the transaction's, on L1, the ledger or the EVM lane. */
export interface Sent {
  readonly intent: string;
  readonly hash: Hex;
}

/**
 * Sends for one wallet. Each resolves once the wallet gave a hash (or the node took the transaction), not when it is mined, and refuses
 * with ALREADY_SENDING while the same is under way, in this page or another.
 */
export interface Actor {
  readonly owner: Address;
  /**
   * To `account`, which must have the key in a proven batch, or to a new account of the key. An ERC-20 is approved first.
   * @param p `key`: what the wallet's signature makes (`LedgerKeys`), never what a list of accounts says: anybody can give an account of theirs the owner's address.
   * @throws ACCOUNT_UNPROVEN
   */
  deposit(
    p: {
      readonly token: number;
      readonly amount: bigint;
      readonly key: Point;
      readonly account?: number | undefined;
    } & ActOptions,
  ): Promise<Sent>;
  depositToLane(p: { readonly token: number; readonly amount: bigint } & ActOptions): Promise<Sent>;
  /** From the ledger to the wallet's address on L1. `fee`: what the user was told; default: what the node asks. @throws FEE_TOO_HIGH over 10^15 base units, or over the amount */
  exit(
    p: {
      readonly account: number;
      readonly amount: bigint;
      readonly ledgerKeySigner: LedgerAccount;
      readonly fee?: bigint | undefined;
    } & ActOptions,
  ): Promise<Sent>;
  /** @throws WALLET_UNSUPPORTED if no wallet of the EVM lane was given */
  withdrawFromLane(
    p: { readonly token: number; readonly amount: bigint; readonly recipient?: Address | undefined } & ActOptions,
  ): Promise<Sent>;
  /** Of a `laneWithdrawal`. The node's proof is checked against a root that L1 accepted. */
  claim(transfer: Pick<Transfer, 'id'>, options?: ActOptions): Promise<Sent>;
  /** All that L1 owes the wallet's address in the token. */
  withdraw(token: number, options?: ActOptions): Promise<Sent>;
  /** Of a queue item that a frozen rollup took in no proven batch. */
  refund(transfer: Pick<Transfer, 'id'>, options?: ActOptions): Promise<Sent>;
  forcedExit(p: { readonly account: number } & ActOptions): Promise<Sent>;
  freeze(options?: ActOptions): Promise<Sent>;
  /** @throws NO_RECOVERY, and what recovery throws */
  escape(p: { readonly account: number; readonly signal?: AbortSignal | undefined } & ActOptions): Promise<Sent>;
}
