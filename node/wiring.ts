import type { ChainStore } from '../chain/store.ts';
import type { ProofQueue } from '../prover/proofQueue.ts';
import type { Sequencer } from '../sequencer/sequencer.ts';
import type { Metrics } from './metrics.ts';

/** Keeps the gauges up to date with what the parts report. */
export function recordMetrics(
  metrics: Metrics,
  { sequencer, store, proofs }: { sequencer: Sequencer; store: ChainStore; proofs: ProofQueue },
): void {
  const heads = (): void => {
    const { committed, proven } = sequencer.publisher.state;
    metrics.head('block', Number(store.head.block));
    metrics.head('closed', store.head.closedBatch);
    metrics.head('committed', committed);
    metrics.head('proven', proven);
    metrics.mempool(sequencer.mempool.size);
  };
  heads();
  for (const [state, count] of Object.entries(proofs.counts())) metrics.proofJobs(state, count);
  sequencer.events.on('block', heads);
  sequencer.events.on('txDropped', heads);
  for (const name of ['batchClosed', 'batchCommitted', 'batchProven', 'batchReorged'] as const) {
    sequencer.events.on(name, heads);
  }
}
