import type { PublicClient } from 'viem';
import type { Clock } from '../chain/clock.ts';
import type { ChainStore } from '../chain/store.ts';
import type { ProofQueue } from '../prover/proofQueue.ts';
import type { Sequencer } from '../sequencer/sequencer.ts';
import type { LaneHeads } from './backend/laneHeads.ts';
import type { Metrics } from './metrics.ts';
import type { FollowStatus } from './sync/l1Follower.ts';
import type { PeerParts } from './sync/peerParts.ts';
import type { Leadership } from './validator/leadership.ts';
import type { ValidatorService } from './validator/validatorService.ts';

/** Keeps the gauges up to date with what the parts report. */
export function recordMetrics(
  metrics: Metrics,
  { sequencer, store, proofs }: { sequencer: Sequencer; store: ChainStore; proofs: ProofQueue },
): void {
  // Taken once: it may report something while all is being stopped.
  const { publisher } = sequencer;
  const heads = (): void => {
    const { committed, proven } = publisher.state;
    metrics.head('block', Number(store.head.block));
    metrics.head('closed', store.head.closedBatch);
    metrics.head('committed', committed);
    metrics.head('proven', proven);
  };
  heads();
  metrics.watchPools(() => ({ ledger: sequencer.mempool.size, evm: sequencer.evmPool.status() }));
  for (const [state, count] of Object.entries(proofs.counts())) metrics.proofJobs(state, count);
  sequencer.events.on('block', heads);
  for (const name of ['batchClosed', 'batchCommitted', 'batchProven', 'batchReorged'] as const) {
    sequencer.events.on(name, heads);
  }
}

export interface NetworkGauges {
  readonly store: ChainStore;
  readonly heads: LaneHeads;
  readonly validator: ValidatorService | undefined;
  readonly leadership: Leadership;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly peers: PeerParts | undefined;
  readonly sync: FollowStatus;
}

/** Of what changes without an event: asked again and again. */
export function recordNetwork(metrics: Metrics, gauges: NetworkGauges): void {
  const { store, heads, validator, leadership, clock, peers, sync } = gauges;
  const nowSeconds = Math.floor(clock.nowMs() / 1000);
  const { head } = store;
  metrics.sync.head('unsafe', head.block);
  metrics.sync.head('safe', sync.safeBlock);
  metrics.sync.head('finalized', heads.finalized);
  const best = peers?.book.bestHead ?? head.block;
  metrics.sync.lag(best > head.block ? Number(best - head.block) : 0, Math.max(0, nowSeconds - head.timestamp));
  metrics.validator.leadership({
    isOurTurn: leadership.isOurTurn(nowSeconds),
    isOpen: leadership.isOpen,
    slot: leadership.slotAt(nowSeconds),
  });
  if (validator !== undefined) metrics.validator.report(validator.status);
}

/** What is left to pay L1 with. */
export async function recordBalance(
  metrics: Metrics,
  { publicClient, address }: { readonly publicClient: PublicClient; readonly address: `0x${string}` },
): Promise<void> {
  metrics.l1.balance(await publicClient.getBalance({ address }));
}
