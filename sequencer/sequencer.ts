import { SafeEmitter } from '../chain/emitter.ts';
import type { EvmLane } from '../chain/evm/evmLane.ts';
import { nextBaseFee } from '../chain/evm/fees.ts';
import type { EvmTx } from '../chain/evm/types.ts';
import { Ledger } from '../chain/ledger.ts';
import type { Logger } from '../chain/logger.ts';
import type { BatchSummary } from '../chain/types.ts';
import { MAX_BATCH_GAS } from '../protocol/lane/constants.ts';
import { SHAPES } from '../protocol/shapes.ts';
import type { Account, AccountIndex, Field, SignedTx } from '../protocol/types.ts';
import { Batcher } from './batcher.ts';
import { SequencerError } from './errors.ts';
import { evmBytesBeside } from './evm/batchBytes.ts';
import { EvmPool } from './evm/evmPool.ts';
import { FeeAccounts } from './feeAccounts.ts';
import { FeePolicy } from './feePolicy.ts';
import { IndexAllocator } from './indexAllocator.ts';
import { L1Error } from './l1Port.ts';
import { type LaneFeedPort, NO_LANE_FEED } from './lanePort.ts';
import { Mempool } from './mempool.ts';
import { Publisher } from './publisher.ts';
import { QueueFeed } from './queueFeed.ts';
import type { SequencerDeps, SequencerEvents, SequencerOptions } from './sequencerTypes.ts';
import { Timetable } from './timetable.ts';
import { checkTx } from './txCheck.ts';
import { DroppedTxs, type TxStatus, txStatus } from './txStatus.ts';

/** As Ethereum's nodes have it. */
const MAX_TX_BYTES = 131_072;
/** With a ledger batch beside it, this stays below what Ethereum's nodes take in one transaction (131,072): see `evmBytesBeside`. */
const DEFAULT_BATCH_BYTES = 120_000;

interface Parts {
  readonly ledger: Ledger;
  readonly feeAccounts: FeeAccounts;
  readonly batcher: Batcher;
  readonly publisher: Publisher;
}

/**
 * Mempool, blocks, batches and their way to L1, composed. Created → `start` → running → stopped, or halted by itself when going
 * on could lose or double something (the store fails, L1 holds other batches): a restart rebuilds everything from the store.
 */
export class Sequencer {
  readonly events: SafeEmitter<SequencerEvents>;
  readonly mempool: Mempool;
  readonly evmPool: EvmPool;
  readonly #options: SequencerOptions;
  readonly #deps: SequencerDeps;
  readonly #log: Logger;
  readonly #timetable: Timetable;
  readonly #feed: QueueFeed;
  readonly #indices: IndexAllocator;
  readonly #dropped = new DroppedTxs({ limit: 10_000 });
  readonly #fees: FeePolicy;
  readonly #abort = new AbortController();
  #parts: Parts | undefined;
  #loops: Promise<unknown> = Promise.resolve();
  #halted: SequencerError | undefined;

  constructor(options: SequencerOptions, deps: SequencerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#log = deps.log.child({ module: 'sequencer' });
    this.events = new SafeEmitter({ log: this.#log });
    this.#timetable = new Timetable(options.timing);
    this.#feed = new QueueFeed(options.queue ?? {}, deps);
    this.#indices = new IndexAllocator({ isLive: (index) => this.account(index) !== undefined });
    this.#fees = new FeePolicy(options.fees);
    const { clock, verify, store } = deps;
    const account = (index: AccountIndex): Account | undefined => this.account(index);
    this.mempool = new Mempool(
      { ...options.mempool, domain: store.domain },
      { clock, verify, account, fees: this.#fees, check: (tx) => this.#check(tx) },
    );
    this.evmPool = this.#newEvmPool();
    this.mempool.onDropped = (dropped) => {
      this.#dropped.add(dropped);
      this.#log.debug({ ...dropped }, 'transaction dropped');
      this.events.tell('txDropped', dropped);
    };
  }

  /** Rebuilds the state and hands unproven batches to the prover again. Runs nothing yet. @throws ChainError */
  async load(): Promise<void> {
    if (this.#parts !== undefined) return;
    const { store, l1, proofs, clock } = this.#deps;
    const { shapes, evm = {} } = this.#options;
    const { lane } = this.#deps.evm;
    const { evmLane, beneficiary } = evm;
    const ledger = await Ledger.load({ shapes, evmLane, beneficiary }, { store, lane });
    for (const [index, account] of ledger.closedTree.entries()) this.#indices.learn(index, account);
    const feeAccounts = await FeeAccounts.load(this.#options.feeAccounts ?? {}, {
      store,
      account: (index) => ledger.account(index),
    });
    const publisher = new Publisher(this.#options.publisher ?? {}, {
      store,
      l1,
      proofs,
      clock,
      timetable: this.#timetable,
      log: this.#deps.log,
      onStatus: (summary, isReorg) => this.#onStatus(summary, isReorg),
    });
    await publisher.load();
    const batcher = new Batcher(
      {
        maxTxsPerBlock: this.#options.maxTxsPerBlock ?? 1000,
        maxUnproven: this.#options.maxUnproven ?? 128,
        evmBatchBytes: this.#evmBatchBytes,
        evmBatchGas: evm.batchGas ?? MAX_BATCH_GAS,
      },
      {
        ledger,
        store,
        proofs,
        feeAccounts,
        timetable: this.#timetable,
        feed: this.#feed,
        mempool: this.mempool,
        lane,
        evmPool: this.evmPool,
        laneFeed: this.#laneFeed,
        clock,
        indices: this.#indices,
        provenCount: () => publisher.state.proven,
        log: this.#deps.log,
        onBlock: (block) => this.events.tell('block', block),
        onClosed: (summary) => {
          this.events.tell('batchClosed', summary);
          publisher.notify();
        },
      },
    );
    await batcher.requeueUnproven();
    this.#parts = { ledger, feeAccounts, batcher, publisher };
    const { head } = store;
    this.#log.info({ block: head.block, closedBatch: head.closedBatch, openBatch: head.open?.number }, 'state rebuilt');
  }

  /** Begins to build blocks and to talk to L1. @throws ChainError */
  async start(): Promise<void> {
    await this.load();
    const { batcher, publisher } = this.#running();
    const { signal } = this.#abort;
    if (signal.aborted) return;
    this.#loops = Promise.all(
      [this.#buildBlocks(batcher, signal), this.#followQueue(signal), publisher.run(signal)].map((loop) =>
        loop.catch((cause: unknown) => this.#halt(cause)),
      ),
    );
  }

  /** Finishes the step at hand and stops. May be called at any time, and twice. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loops;
  }

  /** One turn of block building; for tests and tools that drive time themselves. */
  async tick(): Promise<void> {
    const { batcher } = this.#running();
    await batcher.tick(this.#deps.clock.nowMs());
  }

  /** Closes the open batch now, if it has anything in it. */
  async closeBatch(): Promise<void> {
    await this.#running().batcher.close('asked');
  }

  /** Closes the open batch and runs `work` before any other block is built. */
  async betweenBatches<T>(work: () => Promise<T>): Promise<T> {
    return this.#running().batcher.betweenBatches(work);
  }

  /** Reads what is new in L1's queue and among the EVM lane's messages. @throws L1Error */
  async pollQueue(): Promise<void> {
    await this.#feed.poll(this.#deps.store.head.nextQueueIndex);
    await this.#laneFeed.poll(this.#deps.store.head.inboxCount);
  }

  /** One step of the publisher. @throws L1Error, SequencerError */
  async publish(): Promise<{ isIdle: boolean }> {
    return this.#running().publisher.step();
  }

  /** A proof is there: L1 need not wait for the next poll. */
  onProof(): void {
    this.#parts?.publisher.notify();
  }

  /** @throws MempoolError, ProtocolError, SequencerError STOPPED, HALTED */
  async submit(tx: SignedTx): Promise<{ hash: Field }> {
    this.#running();
    return this.mempool.add(tx);
  }

  /** Takes a transaction of the EVM lane (EIP-2718 bytes) into its pool. @throws EvmPoolError, SequencerError STOPPED, HALTED */
  async submitEvm(raw: Uint8Array): Promise<EvmTx> {
    this.#running();
    return this.evmPool.add(raw);
  }

  get lane(): EvmLane {
    return this.#deps.evm.lane;
  }

  /** The account as of the last block. */
  account(index: AccountIndex): Account | undefined {
    return this.#parts?.ledger.account(index);
  }

  /** Where the fees of a token go now, and the least fee of an op in its base units; undefined: no fees are taken in it. */
  feeLane(token: number): { readonly account: AccountIndex; readonly minimumFee: bigint } | undefined {
    const account = this.#parts?.feeAccounts.of(token);
    return account === undefined ? undefined : { account, minimumFee: this.#fees.minFeePerOp(token) };
  }

  /** The account tree as of the last closed batch; callers only read. */
  get ledger(): Ledger {
    return this.#running().ledger;
  }

  get publisher(): Publisher {
    return this.#running().publisher;
  }

  status(hash: Field): Promise<TxStatus> {
    return txStatus(hash, { store: this.#deps.store, mempool: this.mempool, dropped: this.#dropped });
  }

  get #laneFeed(): LaneFeedPort {
    return this.#deps.evm.feed ?? NO_LANE_FEED;
  }

  get #evmBatchBytes(): number {
    const { shapes, evm: { batchBytes = DEFAULT_BATCH_BYTES } = {} } = this.#options;
    return Math.min(...shapes.map((name) => evmBytesBeside(SHAPES[name], batchBytes)));
  }

  #newEvmPool(): EvmPool {
    const { clock, evm } = this.#deps;
    const { lane, recovery } = evm;
    const { pool } = this.#options.evm ?? {};
    const batchBytes = this.#evmBatchBytes;
    const { gasLimit } = lane.genesis;
    const evmPool = new EvmPool(
      // half a batch: see Batcher
      { maxTxBytes: Math.min(MAX_TX_BYTES, batchBytes / 2), ...pool, gasLimit },
      {
        common: lane.common,
        clock,
        state: () => lane.stateAt(lane.head.stateRoot),
        baseFee: () => nextBaseFee(lane.head),
        recover: (txs, raws) => recovery.recoverMany(txs, raws),
        authorities: (tx) => recovery.authorities(tx),
      },
    );
    evmPool.onPending = (tx) => this.events.tell('evmTx', tx);
    evmPool.onDropped = (dropped) => this.events.tell('evmTxDropped', dropped);
    return evmPool;
  }

  #check(tx: SignedTx): void {
    const { ledger } = this.#running();
    const { clock, store } = this.#deps;
    checkTx(tx, {
      openTimestamp: ledger.open?.record.timestamp,
      timestamp: this.#timetable.blockTimestamp(clock.nowMs(), store.head.timestamp),
      account: (index) => ledger.account(index),
      indices: this.#indices,
      largestShape: ledger.largestShape,
    });
  }

  async #buildBlocks(batcher: Batcher, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    let lastMs = clock.nowMs();
    while (!signal.aborted) {
      await clock.sleep(this.#timetable.untilNextBlockMs(lastMs, clock.nowMs()), signal);
      if (signal.aborted) return;
      lastMs = clock.nowMs();
      await batcher.tick(lastMs);
    }
  }

  async #followQueue(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.pollQueue();
        failures = 0;
      } catch (error) {
        if (!(error instanceof L1Error)) throw error;
        failures += 1;
        this.#log.warn({ code: error.code, failures, err: error }, 'L1 queue not readable');
      }
      const pauseMs = failures === 0 ? this.#timetable.l1PollMs : this.#timetable.backoffMs(failures);
      await this.#deps.clock.sleep(pauseMs, signal);
    }
  }

  #onStatus(summary: BatchSummary, isReorg: boolean): void {
    if (isReorg) this.events.tell('batchReorged', summary);
    else this.events.tell(summary.status === 'proven' ? 'batchProven' : 'batchCommitted', summary);
  }

  #halt(cause: unknown): void {
    if (this.#halted !== undefined) return;
    this.#halted = cause instanceof SequencerError ? cause : new SequencerError('HALTED', {}, { cause });
    this.#abort.abort();
    this.#log.error({ err: this.#halted }, 'sequencer halted');
    this.events.tell('halted', this.#halted);
  }

  #running(): Parts {
    if (this.#halted !== undefined) throw new SequencerError('HALTED', {}, { cause: this.#halted });
    if (this.#parts === undefined || this.#abort.signal.aborted) throw new SequencerError('STOPPED');
    return this.#parts;
  }
}
