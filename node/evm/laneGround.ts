import type { PublicClient } from 'viem';
import { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { Clock } from '../../chain/clock.ts';
import type { EvmLane } from '../../chain/evm/evmLane.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { RecoverPool } from '../../sequencer/evm/recoverPool.ts';
import type { SequencerEvmDeps } from '../../sequencer/sequencerTypes.ts';
import type { Config } from '../config/config.ts';
import { LaneFeed } from '../l1/laneFeed.ts';
import { checkLaneContract } from './laneContract.ts';

export interface LaneGroundDependencies {
  readonly lane: EvmLane;
  readonly store: ChainStore;
  /** The contract that the lane's must be bound to. */
  readonly rollup: Hex;
  readonly publicClient: PublicClient;
  readonly clock: Clock;
}

/** What the EVM lane stands on: made before the sequencer, stopped after it. */
export interface LaneGround {
  /** Threads; to be stopped. */
  readonly recovery: RecoverPool;
  /** Absent: the chain has no contract for the lane on L1. */
  readonly contract: EvmLaneReader | undefined;
  readonly ofSequencer: SequencerEvmDeps;
}

/** @throws BridgeError (L1, no such contract there, or one of another rollup); ChainError WRONG_CHAIN */
export async function openLaneGround(
  { evm, l1 }: Pick<Config, 'evm' | 'l1'>,
  { lane, store, rollup, publicClient, clock }: LaneGroundDependencies,
): Promise<LaneGround> {
  const deployedAt = BigInt(l1.startBlock);
  const contract =
    l1.evmLane === undefined
      ? undefined
      : await EvmLaneReader.connect({ address: l1.evmLane, rollup, deployedAt }, publicClient);
  await checkLaneContract(l1.evmLane, { store });
  const recovery = new RecoverPool({ threads: evm.recoverThreads });
  if (contract === undefined) return { recovery, contract, ofSequencer: { lane, recovery } };
  const feed = new LaneFeed(
    { deployedAt, confirmations: l1.confirmations },
    { lane: contract, l1: { getBlockNumber: () => publicClient.getBlockNumber({ cacheTime: 0 }) }, clock },
  );
  return { recovery, contract, ofSequencer: { lane, recovery, feed } };
}
