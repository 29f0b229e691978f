import type { Address, Chain } from 'viem';
import { RollupClient } from '../../bridge/client/rollupClient.ts';
import type { L1Receipt, QueueEntry, RollupParameters, RollupState } from '../../bridge/client/types.ts';
import type { Point } from '../../protocol/types.ts';
import { bridgeOf } from '../chain.ts';
import { type L1Wallet, openedOnUse } from './l1Wallet.ts';

export interface DepositParameters {
  /** Token id of the bridge; default 0, ETH. */
  readonly token?: number;
  /** Base units (wei for ETH). The bridge's queue fee comes on top, in ETH. */
  readonly amount: bigint;
  /** Ledger key of the new account. */
  readonly key: Point;
  /** Its owner on L1, who can force exits and escape. Default: the wallet. */
  readonly owner?: Address;
}

/** What the owner of an account can do on L1 if the sequencer does not. Times in seconds (Unix time), of L1's clock. */
export interface EscapeHints {
  /** The rollup ended: `escape` with an account proof pays every balance (command line: `engram escape`). */
  readonly isFrozen: boolean;
  /** Anybody may post batches with their proofs (`engram prove`). */
  readonly isOpen: boolean;
  /** From when on anybody may post batches if the sequencer stays silent. */
  readonly opensAt: number;
  /** How long an entry of the queue (a forced exit too) can be ignored before anybody may freeze the rollup. */
  readonly queueDeadlineSeconds: number;
  /** Wei: what a forced exit or deposit costs besides gas. */
  readonly queueFee: bigint;
}

/** Calls of the bridge on L1. All but the views wait for their receipt. @throws BridgeError with the contract's error name as code */
export type BridgeActions = {
  /** A new ledger account by deposit; approves an ERC-20 first when its allowance is too small. `waitForDeposit` gives its index. */
  readonly deposit: (parameters: DepositParameters) => Promise<QueueEntry>;
  /** Adds to an account of the ledger, anybody's. An account that is not there, or of another token, makes L1 give it back. */
  readonly depositTo: (parameters: { index: number; token?: number; amount: bigint }) => Promise<QueueEntry>;
  /** Moves all of an account to L1 without the sequencer's consent; only from the account's Ethereum address. */
  readonly forcedExit: (parameters: { index: number }) => Promise<QueueEntry>;
  /** Pays out all that L1 owes `owner` (default: the wallet) in a token. @throws BridgeError NothingToWithdraw */
  readonly withdrawFromBridge: (parameters?: { token?: number; owner?: Address }) => Promise<L1Receipt>;
  /** Base units that L1 owes: exits of proven batches, void deposits. */
  readonly getPendingWithdrawal: (parameters?: { token?: number; owner?: Address }) => Promise<bigint>;
  /** Adds an ERC-20 to the bridge for a fee. */
  readonly registerToken: (erc20: Address) => Promise<{ id: number; receipt: L1Receipt }>;
  /** Heads and state of the contract. */
  readonly getBridgeState: () => Promise<RollupState>;
  readonly getBridgeParameters: () => Promise<RollupParameters>;
  readonly getEscapeHints: () => Promise<EscapeHints>;
};

/**
 * For `extend` of a viem wallet client of L1, with a local account or a browser's wallet.
 * ```ts
 * const l1 = createWalletClient({ chain: mainnet, transport: http(), account }).extend(bridgeActions(engram));
 * ```
 * @throws SdkError CHAIN_INCOMPLETE if the chain was not made by `engramChain`; CHAIN_MISMATCH, at the first call, if the wallet is on another L1
 */
export function bridgeActions(chain: Chain): (wallet: L1Wallet) => BridgeActions {
  const { l1ChainId, rollup: address, deployedAt } = bridgeOf(chain);
  return (wallet) => {
    const rollup = openedOnUse(wallet, l1ChainId, (clients) => RollupClient.open({ address, deployedAt }, clients));
    return {
      deposit: async ({ token = 0, ...rest }) => (await rollup()).depositNew({ token, ...rest }),
      depositTo: async ({ token = 0, ...rest }) => (await rollup()).depositTo({ token, ...rest }),
      forcedExit: async ({ index }) => (await rollup()).forcedExit(index),
      withdrawFromBridge: async ({ token = 0, owner } = {}) => (await rollup()).withdraw(token, owner),
      getPendingWithdrawal: async ({ token = 0, owner } = {}) =>
        (await rollup()).pendingWithdrawal(token, owner ?? wallet.account.address),
      registerToken: async (erc20) => (await rollup()).registerToken(erc20),
      getBridgeState: async () => (await rollup()).state(),
      getBridgeParameters: async () => (await rollup()).parameters(),
      getEscapeHints: async () => hints(await rollup()),
    };
  };
}

async function hints(rollup: RollupClient): Promise<EscapeHints> {
  const [state, parameters] = [await rollup.state(), await rollup.parameters()];
  return {
    isFrozen: state.isFrozen,
    isOpen: state.isOpen,
    opensAt: state.sequencerSeenAt + parameters.graceSeconds,
    queueDeadlineSeconds: parameters.queueDeadlineSeconds,
    queueFee: parameters.queueFee,
  };
}
