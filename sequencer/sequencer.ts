import type { Block } from '../chain/block.ts';
import type { DerivableBatch } from '../chain/derive/types.ts';
import { SafeEmitter } from '../chain/emitter.ts';
import type { EvmLane } from '../chain/evm/evmLane.ts';
import type { EvmTx } from '../chain/evm/types.ts';
import type { Ledger } from '../chain/ledger.ts';
import type { Logger } from '../chain/logger.ts';
import type { BatchSummary } from '../chain/types.ts';
import type { WireBlock } from '../chain/wire/types.ts';
import type { L1Message } from '../protocol/lane/types.ts';
import type { BatchClose } from '../protocol/network/digests.ts';
import type { Account, AccountIndex, Field, SignedTx } from '../protocol/types.ts';
import type { Batcher } from './batcher.ts';
import { ChainState } from './chainState.ts';
import { composeParts, isProvable, type SequencerParts } from './composeParts.ts';
import { SequencerError } from './errors.ts';
import type { EvmPool } from './evm/evmPool.ts';
import { poolOfSequencer } from './evm/poolOfSequencer.ts';
import { FeePolicy } from './feePolicy.ts';
import { L1Error } from './l1Port.ts';
import { type LaneFeedPort, NO_LANE_FEED } from './lanePort.ts';
import { type DroppedTx, Mempool } from './mempool.ts';
import type { Publisher } from './publisher.ts';
import { QueueFeed } from './queueFeed.ts';
import { Reoffers } from './reoffers.ts';
import type { SequencerDeps, SequencerEvents, SequencerOptions } from './sequencerTypes.ts';
import { Timetable } from './timetable.ts';
import { checkTx } from './txCheck.ts';
import { DroppedTxs, type TxStatus, txStatus } from './txStatus.ts';

/**
 * Mempool, blocks, batches and their way to L1, composed. Created → `start` → running → stopped, or halted by itself when going
 * on could lose or double something (the store fails, L1 holds other batches and nobody follows it): a restart rebuilds everything from
 * the store. Blocks are its own while its duties say so, and those of others otherwise (`importBlock` …).
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
  readonly #state: ChainState;
  readonly #reoffers: Reoffers;
  readonly #dropped = new DroppedTxs({ limit: 10_000 });
  readonly #fees: FeePolicy;
  readonly #abort = new AbortController();
  #parts: SequencerParts | undefined;
  #loops: Promise<unknown> = Promise.resolve();
  #halted: SequencerError | undefined;
  #isProving = false;

  constructor(options: SequencerOptions, deps: SequencerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#log = deps.log.child({ module: 'sequencer' });
    this.events = new SafeEmitter({ log: this.#log });
    this.#timetable = new Timetable(options.timing);
    this.#feed = new QueueFeed(options.queue ?? {}, deps);
    this.#fees = new FeePolicy(options.fees);
    const { clock, verify, store } = deps;
    const { domain } = store;
    const account = (index: AccountIndex): Account | undefined => this.account(index);
    this.mempool = new Mempool(
      { ...options.mempool, domain },
      { clock, verify, account, fees: this.#fees, check: (tx) => this.#check(tx) },
    );
    this.evmPool = poolOfSequencer(options, deps);
    this.evmPool.onPending = (tx) => this.events.tell('evmTx', tx);
    this.evmPool.onDropped = (dropped) => this.events.tell('evmTxDropped', dropped);
    const onDropped = (dropped: DroppedTx): void => {
      this.#dropped.add(dropped);
      this.#log.debug({ ...dropped }, 'transaction dropped');
      this.events.tell('txDropped', dropped);
    };
    this.mempool.onDropped = onDropped;
    this.#reoffers = new Reoffers(
      { ...options.reoffers, domain },
      {
        add: (tx) => this.mempool.add(tx),
        addEvm: (raw) => this.evmPool.add(raw),
        ...{ clock, log: this.#log, onDropped },
      },
    );
    const { shapes, evm: { evmLane, beneficiary, maxDriftSeconds } = {} } = options;
    this.#state = new ChainState(
      { ledger: { shapes, evmLane, beneficiary, maxDriftSeconds }, feeAccounts: options.feeAccounts ?? {} },
      {
        ...{ store, lane: deps.evm.lane, mempool: this.mempool, evmPool: this.evmPool },
        onBlock: (block, isOwn) => {
          if (isOwn) this.events.tell('built', block);
          this.events.tell('block', block);
          this.#reoffer();
        },
      },
    );
  }

  /** Rebuilds the state and hands unproven batches to the prover again. Runs nothing yet. @throws ChainError */
  async load(): Promise<void> {
    if (this.#parts !== undefined) return;
    await this.#state.load();
    const parts = composeParts(this.#options, this.#deps, {
      ...{ state: this.#state, mempool: this.mempool, evmPool: this.evmPool, reoffers: this.#reoffers },
      ...{ timetable: this.#timetable, feed: this.#feed, laneFeed: this.#laneFeed, events: this.events },
      forgetFeeds: () => this.#forgetFeeds(),
    });
    await parts.publisher.load();
    this.#parts = parts;
    await this.#beginProving();
    const { head } = this.#deps.store;
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
    await this.#beginProving();
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

  /**
   * Takes in the next block, which somebody else built; L1 operations and messages in it are the caller's to check against L1.
   * @throws ChainError OUT_OF_ORDER, BLOCK_INVALID; ProtocolError BAD_SIGNATURE, BAD_VOUCHER; SequencerError STOPPED, HALTED
   */
  async importBlock(block: WireBlock): Promise<Block> {
    return this.#running().importer.importBlock(block);
  }

  /**
   * Closes the open batch as somebody else closed it. `evmData`: what was posted of it, if it was (compressors differ).
   * @throws ChainError OUT_OF_ORDER, CLOSE_MISMATCH; SequencerError STOPPED, HALTED
   */
  async importClose(close: BatchClose, evmData?: Uint8Array): Promise<BatchSummary> {
    return this.#running().importer.importClose(close, evmData);
  }

  /**
   * Takes in the next batch as L1 has it; the store must be at the end of the batch before. `messages`: those not taken yet, of L1.
   * @throws ChainError OUT_OF_ORDER, BLOCK_INVALID (then the caller rolls back to the batch before); SequencerError STOPPED, HALTED
   */
  async importPosted(posted: DerivableBatch, messages: readonly L1Message[]): Promise<BatchSummary> {
    return this.#running().importer.importPosted(posted, messages);
  }

  /**
   * Gives up all blocks above `toBlock`; their transactions are offered to the pools again.
   * @throws ChainError OUT_OF_ORDER, ROLLBACK_TOO_DEEP; EvmError STATE_MISSING (its state is not kept); SequencerError STOPPED, HALTED
   */
  async rollback(toBlock: bigint, reason: string): Promise<void> {
    await this.#running().importer.rollback(toBlock, reason);
  }

  /** Asks for the proofs of all closed batches that L1 has none of: this node begins to act for others. */
  async proveUnproven(): Promise<void> {
    const { store, proofs } = this.#deps;
    const { publisher } = this.#running();
    for (let number = publisher.state.proven + 1; number <= store.head.closedBatch; number += 1) {
      const closed = await store.batch(number);
      if (closed !== undefined && isProvable(closed)) await proofs.enqueue(closed);
    }
  }

  /** L1 was reorganised: what was read ahead of it is read again, and what was found to agree with it is compared again. */
  onL1Reorg(): void {
    this.#forgetFeeds();
    this.#parts?.publisher.recheck();
  }

  /** Reads what is new in L1's queue and among the EVM lane's messages. @throws L1Error */
  async pollQueue(): Promise<void> {
    await this.#feed.poll(this.#deps.store.head.nextQueueIndex);
    await this.#laneFeed.poll(this.#deps.store.head.inboxCount);
  }

  /** Whether L1 has something for the next block: items of its queue, or messages for the EVM lane. */
  get isL1Waiting(): boolean {
    const { nextQueueIndex, inboxCount } = this.#deps.store.head;
    return this.#feed.ready(nextQueueIndex).length > 0 || this.#laneFeed.ready(inboxCount).length > 0;
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
    return this.#state.account(index);
  }

  /** Where the fees of a token go now, and the least fee of an op in its base units; undefined: no fees are taken in it. */
  feeLane(token: number): { readonly account: AccountIndex; readonly minimumFee: bigint } | undefined {
    const account = this.#state.feeAccountOf(token);
    return account === undefined ? undefined : { account, minimumFee: this.#fees.minFeePerOp(token) };
  }

  /** Its account tree is as of the last closed batch; callers only read, and ask again after a rollback. */
  get ledger(): Ledger {
    this.#running();
    return this.#state.ledger;
  }

  get publisher(): Publisher {
    return this.#running().publisher;
  }

  status(hash: Field): Promise<TxStatus> {
    const { store } = this.#deps;
    return txStatus(hash, { store, mempool: this.mempool, reoffers: this.#reoffers, dropped: this.#dropped });
  }

  get #laneFeed(): LaneFeedPort {
    return this.#deps.evm.feed ?? NO_LANE_FEED;
  }

  #check(tx: SignedTx): void {
    this.#running();
    const { ledger, indices } = this.#state;
    const { clock, store } = this.#deps;
    checkTx(tx, {
      openTimestamp: ledger.open?.record.timestamp,
      timestamp: this.#timetable.blockTimestamp(clock.nowMs(), store.head.timestamp),
      account: (index) => ledger.account(index),
      indices,
      largestShape: ledger.largestShape,
    });
  }

  /** A node that begins to act for others has not asked for the proofs of what they closed. */
  async #beginProving(): Promise<void> {
    const wasProving = this.#isProving;
    this.#isProving = this.#options.proves?.() ?? true;
    if (this.#isProving && !wasProving) await this.proveUnproven();
  }

  #forgetFeeds(): void {
    this.#feed.forget();
    this.#laneFeed.forget?.();
  }

  #reoffer(): void {
    this.#reoffers.retry().catch((err: unknown) => this.#log.error({ err }, 'transactions were not offered again'));
  }

  async #buildBlocks(batcher: Batcher, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    let lastMs = clock.nowMs();
    while (!signal.aborted) {
      await clock.sleep(this.#timetable.untilNextBlockMs(lastMs, clock.nowMs()), signal);
      if (signal.aborted) return;
      lastMs = clock.nowMs();
      await this.#beginProving();
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

  #halt(cause: unknown): void {
    if (this.#halted !== undefined) return;
    this.#halted = cause instanceof SequencerError ? cause : new SequencerError('HALTED', {}, { cause });
    this.#abort.abort();
    this.#log.error({ err: this.#halted }, 'sequencer halted');
    this.events.tell('halted', this.#halted);
  }

  #running(): SequencerParts {
    if (this.#halted !== undefined) throw new SequencerError('HALTED', {}, { cause: this.#halted });
    if (this.#parts === undefined || this.#abort.signal.aborted) throw new SequencerError('STOPPED');
    return this.#parts;
  }
}
