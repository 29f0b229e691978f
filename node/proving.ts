import type { Clock } from '../chain/clock.ts';
import type { Logger } from '../chain/logger.ts';
import { type Artifacts, ensureArtifacts } from '../circuits/build/artifacts.ts';
import type { ClosedBatch, ShapeName } from '../protocol/types.ts';
import { snarkjsBackend } from '../prover/backends/snarkjs.ts';
import type { ProofQueue } from '../prover/proofQueue.ts';
import { Prover } from '../prover/prover.ts';
import type { ProverBackend } from '../prover/types.ts';
import type { BatchProof } from '../sequencer/publisher.ts';
import type { ProofQueuePort } from '../sequencer/sequencerTypes.ts';
import type { Config } from './config/config.ts';
import type { Metrics } from './metrics.ts';

/** The proof queue as the sequencer sees it. */
export function proofPort(queue: ProofQueue): ProofQueuePort {
  return {
    enqueue: async (closed: ClosedBatch): Promise<void> => {
      await queue.enqueue(closed);
    },
    proof: (batch, c): Promise<BatchProof | undefined> => queue.result(batch, c),
    discard: (batches) => queue.discard(batches),
  };
}

/** Keys and witness generators of the batch circuits, each looked up once. */
function batchArtifacts({
  circuits,
}: Pick<Config, 'circuits'>): (shape: ShapeName, signal?: AbortSignal) => Promise<Artifacts> {
  const known = new Map<ShapeName, Promise<Artifacts>>();
  return (shape, signal) => {
    const found = known.get(shape) ?? ensureArtifacts(`batch-${shape}`, { ...circuits, signal });
    known.set(shape, found);
    found.catch(() => known.delete(shape)); // the next job tries again
    return found;
  };
}

/** What proves, and with which keys; tests put something quicker in its place. */
export interface Proving {
  readonly backend: ProverBackend;
  readonly artifacts: (shape: ShapeName, signal?: AbortSignal) => Promise<Artifacts>;
}

export function snarkjsProving(config: Pick<Config, 'circuits'>): Proving {
  return { backend: snarkjsBackend(), artifacts: batchArtifacts(config) };
}

/** The prover service on the queue, reporting to the metrics. It is not started. */
export function createProver(
  { concurrency }: Config['prover'],
  deps: { proving: Proving; queue: ProofQueue; clock: Clock; log: Logger; metrics: Metrics; onProof: () => void },
): Prover {
  const { proving, queue, clock, log, metrics, onProof } = deps;
  const service = new Prover({ concurrency }, { queue, clock, log, ...proving });
  queue.onChange = ({ status }) => {
    for (const [state, count] of Object.entries(queue.counts())) metrics.proofJobs(state, count);
    if (status === 'pending') service.notify();
  };
  service.events.on('proven', ({ shape }, { seconds }) => {
    metrics.proven(shape, seconds.witness + seconds.prove + seconds.verify);
    onProof();
  });
  return service;
}
