import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface ProverMetrics {
  /** One proof, witness included. */
  proven(shape: string, seconds: number): void;
  jobs(state: string, count: number): void;
  /** What became of a batch in a prover of its own. */
  outcome(outcome: 'sent' | 'lost' | 'cancelled' | 'failed' | 'refused'): void;
}

export function proverMetrics(register: Registry): ProverMetrics {
  const registers = [register];
  const seconds = new Histogram({
    name: 'engram_proving_seconds',
    help: 'Duration of proving a batch, witness included',
    labelNames: ['shape'],
    buckets: [1, 5, 10, 20, 40, 80, 160, 320],
    registers,
  });
  const jobs = new Gauge({
    name: 'engram_proof_jobs',
    help: 'Proof jobs by state',
    labelNames: ['state'],
    registers,
  });
  const outcomes = new Counter({
    name: 'engram_prover_batches_total',
    help: 'Batches of engram prover, by what became of them',
    labelNames: ['outcome'],
    registers,
  });
  return {
    proven: (shape, duration) => seconds.observe({ shape }, duration),
    jobs: (state, count) => jobs.set({ state }, count),
    outcome: (outcome) => outcomes.inc({ outcome }),
  };
}
