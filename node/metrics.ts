import { Gauge, Histogram, Registry } from 'prom-client';
import { type L1Metrics, l1Metrics } from './metrics/l1Metrics.ts';
import { networkMetrics } from './metrics/networkMetrics.ts';
import { type ProcessMetrics, processMetrics } from './metrics/processMetrics.ts';
import { type ProverMetrics, proverMetrics } from './metrics/proverMetrics.ts';
import { type SyncMetrics, syncMetrics } from './metrics/syncMetrics.ts';
import { type ValidatorMetrics, validatorMetrics } from './metrics/validatorMetrics.ts';
import type { NetworkMetrics } from './p2p/types.ts';

export interface PoolSizes {
  readonly ledger: number;
  readonly evm: { readonly pending: number; readonly queued: number };
}

/**
 * The node's Prometheus metrics, by area (node/metrics/); docs/operations.md lists them. One registry a node, so that two nodes in
 * one process do not mix.
 */
export class Metrics {
  readonly process: ProcessMetrics;
  readonly l1: L1Metrics;
  readonly network: NetworkMetrics;
  readonly sync: SyncMetrics;
  readonly validator: ValidatorMetrics;
  readonly prover: ProverMetrics;
  readonly #registry = new Registry();
  readonly #rpcSeconds: Histogram<'method' | 'outcome'>;
  readonly #heads: Gauge<'head'>;
  readonly #connections: Gauge;

  constructor() {
    const registers = [this.#registry];
    this.process = processMetrics(this.#registry);
    this.l1 = l1Metrics(this.#registry);
    this.network = networkMetrics(this.#registry);
    this.sync = syncMetrics(this.#registry);
    this.validator = validatorMetrics(this.#registry);
    this.prover = proverMetrics(this.#registry);
    this.#rpcSeconds = new Histogram({
      name: 'engram_rpc_call_seconds',
      help: 'Duration of JSON-RPC calls',
      labelNames: ['method', 'outcome'],
      buckets: [0.0005, 0.002, 0.01, 0.05, 0.2, 1, 5],
      registers,
    });
    this.#heads = new Gauge({
      name: 'engram_head',
      help: 'Newest block, and last batch closed, committed and proven',
      labelNames: ['head'],
      registers,
    });
    this.#connections = new Gauge({ name: 'engram_rpc_connections', help: 'Open WebSocket connections', registers });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  rpcCall(method: string, outcome: 'ok' | 'error', seconds: number): void {
    this.#rpcSeconds.observe({ method, outcome }, seconds);
  }

  connections(count: number): void {
    this.#connections.set(count);
  }

  head(head: 'block' | 'closed' | 'committed' | 'proven', number: number): void {
    this.#heads.set({ head }, number);
  }

  /** What waits in the pools; asked at every scrape. To be called once. */
  watchPools(sizes: () => PoolSizes): void {
    const registers = [this.#registry];
    new Gauge({
      name: 'engram_mempool_transactions',
      help: 'Transactions waiting in the ledger lane',
      registers,
      collect() {
        this.set(sizes().ledger);
      },
    });
    new Gauge({
      name: 'engram_evm_pool_transactions',
      help: 'Transactions waiting in the EVM lane; queued: behind a nonce that is missing',
      labelNames: ['state'],
      registers,
      collect() {
        const { pending, queued } = sizes().evm;
        this.set({ state: 'pending' }, pending);
        this.set({ state: 'queued' }, queued);
      },
    });
  }

  proven(shape: string, seconds: number): void {
    this.prover.proven(shape, seconds);
  }

  proofJobs(state: string, count: number): void {
    this.prover.jobs(state, count);
  }

  l1Transaction(call: string, gasUsed: bigint): void {
    this.l1.transaction(call, gasUsed);
  }
}
