import type { Address, Hex } from 'viem';
import type { LaneView, WithdrawalProofView, WithdrawalView } from '../laneTypes.ts';
import type { AnyClient } from '../request.ts';
import type { WaitOptions } from '../wait.ts';
import { getLane, getWithdrawalProof, getWithdrawals, waitForWithdrawal } from './laneReads.ts';
import { getPendingOnLane, takePendingOnLane } from './pending.ts';
import type { LaneWallet } from './sendOnLane.ts';
import { type MessageOutcome, waitForMessage } from './waitForMessage.ts';
import { type LaneWithdrawal, type WithdrawFromLaneParameters, withdrawFromLane } from './withdrawFromLane.ts';

type Waiting = Pick<WaitOptions, 'timeoutMs' | 'signal' | 'awayMs'>;

export type LaneActions = {
  /** Heads, messages and withdrawals so far, the contract on L1. */
  readonly getLane: () => Promise<LaneView>;
  /** See `getWithdrawals`. */
  readonly getWithdrawals: (
    address: Address,
    options?: { readonly limit?: number },
  ) => Promise<readonly WithdrawalView[]>;
  /** See `getWithdrawalProof`. */
  readonly getWithdrawalProof: (index: bigint) => Promise<WithdrawalProofView>;
  /** See `waitForWithdrawal`. */
  readonly waitForWithdrawal: (index: bigint, options?: Waiting) => Promise<WithdrawalProofView>;
  /** See `getPendingOnLane`. */
  readonly getPendingOnLane: (parameters: { readonly owner: Address; readonly token?: number }) => Promise<bigint>;
  /** See `waitForMessage`. */
  readonly waitForMessage: (index: bigint, options?: Waiting) => Promise<MessageOutcome>;
};

/** For `extend` of any viem client of an Engram chain: `createPublicClient({ chain, transport: http() }).extend(laneActions)`. */
export function laneActions(client: AnyClient): LaneActions {
  return {
    getLane: () => getLane(client),
    getWithdrawals: (address, options) => getWithdrawals(client, address, options),
    getWithdrawalProof: (index) => getWithdrawalProof(client, index),
    waitForWithdrawal: (index, options) => waitForWithdrawal(client, index, options),
    getPendingOnLane: (parameters) => getPendingOnLane(client, parameters),
    waitForMessage: (index, options) => waitForMessage(client, index, options),
  };
}

export type LaneWalletActions = {
  /** See `takePendingOnLane`. */
  readonly takePendingOnLane: (parameters?: { readonly token?: number; readonly to?: Address }) => Promise<Hex>;
  /** See `withdrawFromLane`. */
  readonly withdrawFromLane: (parameters: WithdrawFromLaneParameters) => Promise<LaneWithdrawal>;
};

/** For `extend` of a viem wallet client of the EVM lane. */
export function laneWalletActions(client: LaneWallet): LaneWalletActions {
  return {
    takePendingOnLane: (parameters) => takePendingOnLane(client, parameters),
    withdrawFromLane: (parameters) => withdrawFromLane(client, parameters),
  };
}
