import type { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';
import { SequencerEvmBackend, type SequencerEvmBackendDependencies } from '../backend/evm/sequencerEvmBackend.ts';
import { LaneHeads } from '../backend/laneHeads.ts';
import { LaneQueries } from '../backend/laneQueries.ts';
import type { Config } from '../config/config.ts';
import { StatePruning } from './statePruning.ts';

export interface LaneServicesDependencies {
  readonly store: ChainStore;
  /** Loaded. */
  readonly sequencer: Sequencer;
  readonly contract: EvmLaneReader | undefined;
  /** The last block that L1 has and this node agrees with; undefined: not known yet. */
  readonly safeBlock: () => bigint | undefined;
  readonly log: Logger;
  /** What Ethereum's methods say of the node among others. */
  readonly network: Pick<SequencerEvmBackendDependencies, 'syncing' | 'peerCount' | 'onSubmitted'>;
}

/** What runs on top of the EVM lane and the sequencer. */
export interface LaneServices {
  readonly heads: LaneHeads;
  /** `engram_` methods about the lane. */
  readonly queries: LaneQueries;
  /** Ethereum's methods. */
  readonly backend: SequencerEvmBackend;
  /** Absent: an archive. */
  readonly pruning: StatePruning | undefined;
}

/** Nothing of it runs yet, but the pruning, which follows the sequencer's blocks. @throws BridgeError (L1) */
export async function createLaneServices(
  config: Pick<Config, 'evm' | 'l1'>,
  { store, sequencer, contract, log, network, safeBlock }: LaneServicesDependencies,
): Promise<LaneServices> {
  const { evm, l1 } = config;
  const heads = new LaneHeads({
    store,
    sequencer,
    ...(contract !== undefined && { attestedBatch: () => contract.attestedBatch() }),
  });
  await heads.refresh();
  const pruning = evm.archive
    ? undefined
    : new StatePruning(
        { blocks: evm.historyBlocks },
        { store, lane: sequencer.lane, safeBlock, log: log.child({ module: 'statePruning' }) },
      );
  sequencer.events.on('block', () => pruning?.onBlock());
  return {
    heads,
    queries: new LaneQueries({ store, heads, evmLane: l1.evmLane, settled: () => sequencer.publisher.state }),
    backend: new SequencerEvmBackend(
      {
        clientVersion: CLIENT_VERSION,
        minTip: BigInt(evm.minGasPriceWei),
        limits: { gasCap: BigInt(evm.callGas) },
      },
      { store, sequencer, heads, ...network },
    ),
    pruning,
  };
}

/** What web3_clientVersion answers. */
const CLIENT_VERSION = `engram/v0.1.0/${process.platform}-${process.arch}/node${process.versions.node}`;
