import type { Address } from 'viem';
import type { LaneView, WithdrawalProofView, WithdrawalView } from '../laneTypes.ts';
import type { AnyClient } from '../request.ts';
import type { WaitOptions } from '../wait.ts';
import { getLane, getWithdrawalProof, getWithdrawals, waitForWithdrawal } from './laneReads.ts';
import { type MessageOutcome, waitForMessage } from './waitForMessage.ts';
import {
  type LaneWallet,
  type LaneWithdrawal,
  type WithdrawFromLaneParameters,
  withdrawFromLane,
} from './withdrawFromLane.ts';

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
    waitForMessage: (index, options) => waitForMessage(client, index, options),
  };
}

export type LaneWalletActions = {
  /** See `withdrawFromLane`. */
  readonly withdrawFromLane: (parameters: WithdrawFromLaneParameters) => Promise<LaneWithdrawal>;
};

/** For `extend` of a viem wallet client of the EVM lane. */
export function laneWalletActions(client: LaneWallet): LaneWalletActions {
  return { withdrawFromLane: (parameters) => withdrawFromLane(client, parameters) };
}
