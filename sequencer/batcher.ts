import type { Clock } from '../chain/clock.ts';
import type { EvmLane } from '../chain/evm/evmLane.ts';
import { nextBaseFee } from '../chain/evm/fees.ts';
import type { TxSource } from '../chain/evm/types.ts';
import type { Logger } from '../chain/logger.ts';
import type { ChainStore } from '../chain/store.ts';
import type { BatchSummary } from '../chain/types.ts';
import { FORCE_SECONDS, MAX_BATCH_BLOCKS, MAX_L1_MESSAGES } from '../protocol/lane/constants.ts';
import type { L1Message } from '../protocol/lane/types.ts';
import type { ClosedBatch } from '../protocol/types.ts';
import { type BuiltBlock, buildBlock } from './blockBuilder.ts';
import type { ChainState } from './chainState.ts';
import type { EvmPool } from './evm/evmPool.ts';
import type { LaneFeedPort } from './lanePort.ts';
import type { Mempool } from './mempool.ts';
import type { QueueFeed } from './queueFeed.ts';
import type { Tenure } from './tenure.ts';
import type { Timetable } from './timetable.ts';
import type { Turns } from './turns.ts';
import { holdsAt } from './txCheck.ts';

export interface BatcherOptions {
  readonly maxTxsPerBlock: number;
  readonly maxUnproven: number;
  /** Bytes of EVM transactions a batch takes. Its pool must not take one that is larger than half of this. */
  readonly evmBatchBytes: number;
  /** Gas that a batch's EVM transactions may use. */
  readonly evmBatchGas: bigint;
}

export interface BatcherDeps {
  readonly state: ChainState;
  /** Whoever changes the chain does it in a turn. After a failed one memory may be ahead of the disk: every later one fails with it. */
  readonly turns: Turns;
  readonly tenure: Tenure;
  readonly store: ChainStore;
  /** Asks for the proof of a batch of ours. */
  readonly prove: (closed: ClosedBatch) => Promise<void>;
  readonly timetable: Timetable;
  readonly feed: QueueFeed;
  readonly mempool: Mempool;
  readonly lane: EvmLane;
  readonly evmPool: EvmPool;
  readonly laneFeed: LaneFeedPort;
  readonly provenCount: () => number;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Logger;
  readonly onClosed: (summary: BatchSummary, isOwn: boolean) => void;
}

/** handover: the turn is over, or somebody else left it open. */
type CloseReason = 'time' | 'full' | 'queue' | 'asked' | 'handover';

/**
 * Fills blocks into batches and closes these. A batch is open from its first block until it is full, its time is up, or items of
 * L1's queue waited too long for the next one; and where leaders change, when a turn ends. It is handed to the prover after it is stored;
 * if the process dies between the two, `Sequencer.load` makes up for it.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #deps: BatcherDeps;
  readonly #log: Logger;

  constructor(options: BatcherOptions, deps: BatcherDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#log = deps.log.child({ module: 'batcher' });
  }

  /** Builds a block if there is anything for it, and closes the batch if it is time. Errors are of the store: the caller halts. */
  tick(nowMs: number): Promise<void> {
    return this.#deps.turns.run(() => this.#tick(nowMs));
  }

  /** Closes the open batch, if there is one. */
  close(reason: CloseReason): Promise<void> {
    return this.#deps.turns.run(() => this.#close(reason));
  }

  /** Closes the open batch and runs `work` before any other block is built. What `work` throws reaches the caller only. */
  async betweenBatches<T>(work: () => Promise<T>): Promise<T> {
    const { turns } = this.#deps;
    const outcome = await turns.run(async () => {
      await this.#close('asked');
      return work().then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
    });
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  async #tick(nowMs: number): Promise<void> {
    const { mempool, timetable, store, feed, tenure } = this.#deps;
    const { ledger } = this.#deps.state;
    mempool.prune(Math.floor(nowMs / 1000));
    const phase = tenure.phase(nowMs);
    if (phase === 'handOver' && tenure.ownsHead) await this.#close('handover');
    if (phase !== 'build') return;
    if (ledger.open !== undefined && tenure.isForeign(ledger.open.record.firstBlock)) {
      // Its slots may be of a shape that we have no circuit for: what somebody else began ends here.
      await this.#close('handover');
      if (ledger.open !== undefined) return;
    }
    if (ledger.open !== undefined && timetable.isBatchDue(ledger.open.record.timestamp, this.#unproven, nowMs)) {
      await this.#close('time');
    }
    // Twice: if what is ready does not fit the open batch at all, it is closed and the next one takes it in at once.
    for (let round = 0; round < 2; round += 1) {
      if (ledger.open === undefined && !this.#mayBegin()) return;
      const timestamp = timetable.blockTimestamp(nowMs, store.head.timestamp);
      const built = this.#build(timestamp);
      const isSealed = await this.#seal(built, timestamp);
      if (!isSealed) ledger.abandonEmpty();
      const waitingSinceMs = feed.waitingSinceMs(store.head.nextQueueIndex);
      const isQueueDue = waitingSinceMs !== undefined && timetable.isQueueDue(waitingSinceMs, nowMs);
      if (built.isFull || this.#isEvmFull()) await this.#close('full');
      else if (built.isQueueWaiting && isQueueDue) await this.#close('queue');
      else return;
      if (isSealed) return;
    }
  }

  async #close(reason: CloseReason): Promise<void> {
    const { prove, onClosed } = this.#deps;
    const { ledger } = this.#deps.state;
    if (ledger.open === undefined || !(await this.#takeForced(ledger.open.record.timestamp))) return;
    const { closed, evm, summary } = await ledger.close();
    const { number, shape, l1Ops, txs, ops, exits, firstBlock, lastBlock } = summary;
    const fields = { number, shape, reason, l1Ops, txs, ops, exits, firstBlock, lastBlock };
    this.#log.info({ ...fields, evmBytes: evm.data.length }, 'batch closed');
    await prove(closed);
    onClosed(summary, true);
  }

  /**
   * Messages of L1 that the batch may not leave behind: with one of them missing, everybody would replace what it posts
   * (docs/protocol.md section 11). Returns false while L1 cannot be asked: the batch stays open.
   */
  async #takeForced(batchTimestamp: number): Promise<boolean> {
    const { laneFeed, store, timetable, clock } = this.#deps;
    const { ledger } = this.#deps.state;
    // A batch may be ahead of a clock that was set back: then what L1 says from now on is enough, as all that is forced is hours old.
    const sinceMs = Math.min(batchTimestamp * 1000, clock.nowMs());
    const isForced = ({ l1Timestamp }: L1Message): boolean => l1Timestamp <= batchTimestamp - FORCE_SECONDS;
    for (;;) {
      const isKnown = laneFeed.readAtMs >= sinceMs;
      const isWaiting = laneFeed.ready(store.head.inboxCount).some(isForced);
      if (isKnown && !isWaiting) return true;
      if (isWaiting) {
        const nothing = { l1Ops: [], txs: [], feeAccounts: ledger.feeAccounts };
        await this.#seal(nothing, timetable.blockTimestamp(clock.nowMs(), store.head.timestamp));
      }
      try {
        await laneFeed.poll(store.head.inboxCount);
      } catch (err) {
        this.#log.warn({ err }, 'no batch is closed while L1 cannot say which messages it must take');
        return false;
      }
    }
  }

  get #unproven(): number {
    return this.#deps.store.head.closedBatch - this.#deps.provenCount();
  }

  #mayBegin(): boolean {
    const unproven = this.#unproven;
    if (unproven < this.#options.maxUnproven) return true;
    this.#log.warn({ unproven }, 'no new batch until L1 has proofs of earlier ones');
    return false;
  }

  /** More waits than what is left of the batch may hold. */
  #isEvmFull(): boolean {
    const { lane, evmPool } = this.#deps;
    const { ledger } = this.#deps.state;
    const { evmBatchBytes, evmBatchGas } = this.#options;
    const { bytes, gas, blocks } = ledger.evmUse;
    // the other half is for messages that the close must take
    if (blocks >= MAX_BATCH_BLOCKS / 2) return true;
    // half of either is enough for any single transaction, and so is the gas of a block
    const { gasLimit } = lane.genesis;
    const neededGas = gasLimit < evmBatchGas / 2n ? gasLimit : evmBatchGas / 2n;
    const isScarce = bytes > evmBatchBytes / 2 || gas + neededGas > evmBatchGas;
    return isScarce && evmPool.hasPending(nextBaseFee(lane.head));
  }

  #build(timestamp: number): BuiltBlock {
    const { mempool, feed, store, state } = this.#deps;
    const { ledger, indices } = state;
    const open = ledger.open?.batch ?? ledger.begin(timestamp);
    const built = buildBlock({
      open,
      queue: feed.ready(store.head.nextQueueIndex),
      txs: mempool.select(),
      feeAccounts: ledger.feeAccounts,
      feeAccountOf: (token) => state.feeAccountOf(token),
      indices,
      maxTxs: this.#options.maxTxsPerBlock,
      holdsInNextBatch: (tx) =>
        holdsAt(tx, timestamp, {
          account: (index) => open.account(index),
          indices,
          largestShape: ledger.largestShape,
        }),
    });
    for (const { hash, code } of built.dropped) mempool.drop(hash, code);
    return built;
  }

  /** Returns whether there was anything to make a block of. */
  async #seal(
    { l1Ops, txs, feeAccounts }: Pick<BuiltBlock, 'l1Ops' | 'txs' | 'feeAccounts'>,
    timestamp: number,
  ): Promise<boolean> {
    const { state, tenure, lane, evmPool, laneFeed, store, clock, timetable } = this.#deps;
    const { ledger } = state;
    const l1Messages = laneFeed.ready(store.head.inboxCount).slice(0, MAX_L1_MESSAGES);
    const baseFee = nextBaseFee(lane.head);
    const isQuiet = l1Messages.length === 0 && !evmPool.hasPending(baseFee);
    if (isQuiet && l1Ops.length === 0 && txs.length === 0) return false;
    const startedMs = clock.nowMs();
    const maxBytes = this.#options.evmBatchBytes - ledger.evmUse.bytes;
    const deadlineMs = timetable.buildDeadlineMs(startedMs);
    const evmTxs = bounded(evmPool.source({ baseFee, maxBytes }), {
      gas: this.#options.evmBatchGas - ledger.evmUse.gas,
      isOver: () => clock.nowMs() >= deadlineMs,
    });
    const sealed = await ledger.seal({ timestamp, l1Ops, txs, feeAccounts, l1Messages, evmTxs });
    if (sealed === undefined) return false;
    tenure.onBuilt(sealed.block.number);
    await state.onSealed(sealed, { isOwn: true });
    const { block, executed } = sealed;
    const { number, batch } = block;
    const fields = { number, batch, l1Ops: l1Ops.length, txs: txs.length, evmTxs: executed.txs.length };
    this.#log.debug({ ...fields, ms: clock.nowMs() - startedMs }, 'block sealed');
    return true;
  }
}

/**
 * A source for as long as a block's time and the batch's gas last. Gas says little about time: some precompiles take ten times as long
 * for theirs as others. What is left waits for the next block.
 */
function bounded(source: TxSource, { gas, isOver }: { gas: bigint; isOver: () => boolean }): TxSource {
  let atFirst: bigint | undefined;
  return {
    next: (gasLeft) => {
      if (isOver()) return undefined;
      atFirst ??= gasLeft;
      const batchGasLeft = gas - (atFirst - gasLeft);
      return source.next(batchGasLeft < gasLeft ? batchGasLeft : gasLeft);
    },
    accept: (tx) => source.accept(tx),
    reject: (tx, code) => source.reject(tx, code),
  };
}
