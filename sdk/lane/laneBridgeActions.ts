import type { Address, Chain } from 'viem';
import { BridgeError } from '../../bridge/client/errors.ts';
import { EvmLaneClient, type EvmLaneReceipt } from '../../bridge/client/evmLaneClient.ts';
import type { OutboxLeaf } from '../../genesis/predeploys/outbox.ts';
import type { DepositMessage, Hex } from '../../protocol/lane/types.ts';
import { type L1Wallet, openedOnUse } from '../bridge/l1Wallet.ts';
import { bridgeOf } from '../chain.ts';
import { SdkError } from '../errors.ts';
import type { WithdrawalProofView } from '../laneTypes.ts';
import type { AnyClient } from '../request.ts';
import { checkProof } from './checkProof.ts';
import { getWithdrawalProof } from './laneReads.ts';

export interface DepositToLaneParameters {
  /** Token id of the bridge; default 0, ETH. */
  readonly token?: number;
  /** Base units; of ETH it may be 0, for a message alone. */
  readonly amount: bigint;
  /** On the EVM lane. Default: the wallet's address. */
  readonly to?: Address;
  /** Who can take it from Inbox if `to` refuses. Default: the wallet's address. */
  readonly refundTo?: Address;
  /** ETH only: `to` is called with these, at most 4,096 bytes. */
  readonly data?: Hex;
  /** Gas of that call, at most 1,000,000. Default 0: enough for an account without code. */
  readonly gasLimit?: bigint;
}

export interface ClaimWithdrawalParameters {
  /** Asked for the proof: any viem client of the Engram chain. */
  readonly client: AnyClient;
  /** Its index, or all of it as `withdrawFromLane` returned it: then the node's proof must be for just that. */
  readonly withdrawal: bigint | OutboxLeaf;
  /** Pays the recipient on L1 although the withdrawal names a ledger account. Only its recipient can. */
  readonly toL1?: boolean;
}

/** Calls of `EvmLane` on L1. All but the views wait for their receipt. @throws BridgeError with the contract's error name as code */
export type LaneBridgeActions = {
  /** ETH, an ERC-20 (approved first when its allowance is too small) or a call, from L1 to the EVM lane; see `waitForMessage`. */
  readonly depositToLane: (parameters: DepositToLaneParameters) => Promise<DepositMessage>;
  /**
   * Pays out a withdrawal. The node only supplies the proof: it is computed anew, and its root must be one that L1 accepts, before anything is sent.
   * @throws SdkError BAD_ANSWER, NOT_FOUND; NodeUnavailableError NOT_CLAIMABLE; BridgeError AlreadyClaimed
   */
  readonly claimWithdrawal: (parameters: ClaimWithdrawalParameters) => Promise<EvmLaneReceipt>;
  /** Whether L1 has paid it out. */
  readonly isWithdrawalClaimed: (index: bigint) => Promise<boolean>;
};

/**
 * For `extend` of a viem wallet client of L1.
 * @throws SdkError CHAIN_INCOMPLETE, NO_EVM_LANE; CHAIN_MISMATCH, at the first call, if the wallet is on another L1
 */
export function laneBridgeActions(chain: Chain): (wallet: L1Wallet) => LaneBridgeActions {
  const { l1ChainId, rollup, deployedAt, evmLane } = bridgeOf(chain);
  if (evmLane === undefined)
    throw new SdkError('NO_EVM_LANE', 'the chain definition names no contract of the EVM lane');
  return (wallet) => {
    const lane = openedOnUse(wallet, l1ChainId, (clients) =>
      EvmLaneClient.open({ address: evmLane, rollup, deployedAt }, clients),
    );
    return {
      depositToLane: async (parameters) => deposit(await lane(), parameters),
      claimWithdrawal: async (parameters) => claim(await lane(), parameters),
      isWithdrawalClaimed: async (index) => (await lane()).isClaimed(index),
    };
  };
}

function deposit(lane: EvmLaneClient, { token = 0, ...rest }: DepositToLaneParameters): Promise<DepositMessage> {
  if (token === 0) return lane.depositEvm(rest);
  const { data, gasLimit, ...plain } = rest;
  if (data !== undefined || gasLimit !== undefined) {
    throw new SdkError('INVALID_ARGUMENT', 'a deposit of an ERC-20 calls nobody', { token });
  }
  return lane.depositEvmToken({ token, ...plain });
}

async function claim(
  lane: EvmLaneClient,
  { client, withdrawal, toL1 = false }: ClaimWithdrawalParameters,
): Promise<EvmLaneReceipt> {
  const expected = typeof withdrawal === 'bigint' ? { index: withdrawal } : withdrawal;
  // before the node is asked: L1 itself says so
  if (await lane.isClaimed(expected.index)) throw new BridgeError('AlreadyClaimed', { args: [expected.index] });
  const proof = await getWithdrawalProof(client, expected.index);
  const { leaf } = await verified(lane, proof, expected);
  return toL1 ? lane.claimToL1(leaf, proof.siblings) : lane.claim(leaf, proof.siblings);
}

/** @throws SdkError BAD_ANSWER: the proof is for something else, or leads to a root that L1 does not have */
async function verified(
  lane: Pick<EvmLaneClient, 'isAttestedRoot'>,
  proof: WithdrawalProofView,
  expected: Pick<OutboxLeaf, 'index'> & Partial<OutboxLeaf>,
): Promise<{ leaf: OutboxLeaf }> {
  const { leaf, root } = checkProof(proof, expected);
  if (!(await lane.isAttestedRoot(root))) {
    throw new SdkError('BAD_ANSWER', 'the node’s proof does not lead to a root that L1 accepts', { root });
  }
  return { leaf };
}
