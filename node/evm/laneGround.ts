import type { PublicClient } from 'viem';
import { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { Clock } from '../../chain/clock.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { RecoverPool } from '../../sequencer/evm/recoverPool.ts';
import type { Config } from '../config/config.ts';
import { LaneFeed } from '../l1/laneFeed.ts';
import { checkLaneContract } from './laneContract.ts';

export interface LaneGroundDependencies {
  /** The contract that the lane's must be bound to. */
  readonly rollup: Hex;
  readonly publicClient: PublicClient;
  readonly clock: Clock;
}

/** What the EVM lane stands on: made before the chain is opened, stopped after the sequencer. */
export interface LaneGround {
  /** Threads; to be stopped. */
  readonly recovery: RecoverPool;
  /** Absent: the chain has no contract for the lane on L1. */
  readonly contract: EvmLaneReader | undefined;
  /** Messages of L1; absent: none ever come. */
  readonly feed: LaneFeed | undefined;
  /** @throws ChainError WRONG_CHAIN: the chain's blocks were made with another contract */
  check(store: ChainStore): Promise<void>;
}

/** @throws BridgeError (L1, no such contract there, or one of another rollup) */
export async function openLaneGround(
  { evm, l1 }: Pick<Config, 'evm' | 'l1'>,
  { rollup, publicClient, clock }: LaneGroundDependencies,
): Promise<LaneGround> {
  const deployedAt = BigInt(l1.startBlock);
  const contract =
    l1.evmLane && (await EvmLaneReader.connect({ address: l1.evmLane, rollup, deployedAt }, publicClient));
  const feed =
    contract &&
    new LaneFeed(
      { deployedAt, confirmations: l1.confirmations },
      { lane: contract, l1: { getBlockNumber: () => publicClient.getBlockNumber({ cacheTime: 0 }) }, clock },
    );
  const recovery = new RecoverPool({ threads: evm.recoverThreads });
  return { recovery, contract, feed, check: (store) => checkLaneContract(l1.evmLane, { store }) };
}
