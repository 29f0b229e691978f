import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The node's Prometheus metrics. One registry a node, so that two nodes in one process do not mix. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #rpcSeconds: Histogram<'method' | 'outcome'>;
  readonly #heads: Gauge<'head'>;
  readonly #mempool: Gauge;
  readonly #provingSeconds: Histogram<'shape'>;
  readonly #proofQueue: Gauge<'state'>;
  readonly #l1Gas: Counter<'call'>;
  readonly #l1Transactions: Counter<'call'>;
  readonly #connections: Gauge;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
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
    this.#mempool = new Gauge({ name: 'engram_mempool_transactions', help: 'Transactions waiting', registers });
    this.#provingSeconds = new Histogram({
      name: 'engram_proving_seconds',
      help: 'Duration of proving a batch, witness included',
      labelNames: ['shape'],
      buckets: [1, 5, 10, 20, 40, 80, 160, 320],
      registers,
    });
    this.#proofQueue = new Gauge({
      name: 'engram_proof_jobs',
      help: 'Proof jobs by state',
      labelNames: ['state'],
      registers,
    });
    this.#l1Gas = new Counter({
      name: 'engram_l1_gas_total',
      help: 'Gas used by this node’s L1 transactions',
      labelNames: ['call'],
      registers,
    });
    this.#l1Transactions = new Counter({
      name: 'engram_l1_transactions_total',
      help: 'L1 transactions of this node that were mined',
      labelNames: ['call'],
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

  head(head: 'block' | 'closed' | 'committed' | 'proven', number: number): void {
    this.#heads.set({ head }, number);
  }

  mempool(size: number): void {
    this.#mempool.set(size);
  }

  proven(shape: string, seconds: number): void {
    this.#provingSeconds.observe({ shape }, seconds);
  }

  proofJobs(state: string, count: number): void {
    this.#proofQueue.set({ state }, count);
  }

  l1Transaction(call: string, gasUsed: bigint): void {
    this.#l1Gas.inc({ call }, Number(gasUsed));
    this.#l1Transactions.inc({ call });
  }

  connections(count: number): void {
    this.#connections.set(count);
  }
}
