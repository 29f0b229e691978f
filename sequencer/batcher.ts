import type { Block } from '../chain/block.ts';
import type { Ledger } from '../chain/ledger.ts';
import type { Logger } from '../chain/logger.ts';
import type { ChainStore } from '../chain/store.ts';
import type { BatchSummary } from '../chain/types.ts';
import type { ClosedBatch } from '../protocol/types.ts';
import { type BuiltBlock, buildBlock } from './blockBuilder.ts';
import { SequencerError } from './errors.ts';
import type { FeeAccounts } from './feeAccounts.ts';
import type { IndexAllocator } from './indexAllocator.ts';
import type { Mempool } from './mempool.ts';
import type { QueueFeed } from './queueFeed.ts';
import type { Timetable } from './timetable.ts';
import { holdsAt } from './txCheck.ts';

export interface BatcherOptions {
  readonly maxTxsPerBlock: number;
  readonly maxUnproven: number;
}

export interface BatcherDeps {
  readonly ledger: Ledger;
  readonly store: ChainStore;
  readonly proofs: { enqueue(closed: ClosedBatch): Promise<void> };
  readonly feeAccounts: FeeAccounts;
  readonly timetable: Timetable;
  readonly feed: QueueFeed;
  readonly mempool: Mempool;
  readonly indices: IndexAllocator;
  readonly provenCount: () => number;
  readonly log: Logger;
  readonly onBlock: (block: Block) => void;
  readonly onClosed: (summary: BatchSummary) => void;
}

type CloseReason = 'time' | 'full' | 'queue' | 'asked';

/**
 * Fills blocks into batches and closes these. A batch is open from its first block until it is full, its time is up, or items of
 * L1's queue waited too long for the next one. It is handed to the prover after it is stored; if the process dies between the
 * two, `requeueUnproven` makes up for it.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #deps: BatcherDeps;
  readonly #log: Logger;
  /** The last step begun: steps run one after another, whoever asks. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: BatcherOptions, deps: BatcherDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#log = deps.log.child({ module: 'batcher' });
  }

  /** Asks for the proofs of all closed batches that are not proven on L1. */
  async requeueUnproven(): Promise<void> {
    const { store, proofs, provenCount } = this.#deps;
    for (let number = provenCount() + 1; number <= store.head.closedBatch; number += 1) {
      const closed = await store.batch(number);
      if (closed !== undefined) await proofs.enqueue(closed);
    }
  }

  /** Builds a block if there is anything for it, and closes the batch if it is time. Errors are of the store: the caller halts. */
  tick(nowMs: number): Promise<void> {
    return this.#inTurn(() => this.#tick(nowMs));
  }

  /** Closes the open batch, if there is one. */
  close(reason: CloseReason): Promise<void> {
    return this.#inTurn(() => this.#close(reason));
  }

  /** Closes the open batch and runs `work` before any other block is built. What `work` throws reaches the caller only. */
  async betweenBatches<T>(work: () => Promise<T>): Promise<T> {
    let outcome: () => T = () => {
      throw new SequencerError('STOPPED');
    };
    await this.#inTurn(async () => {
      await this.#close('asked');
      try {
        const result = await work();
        outcome = () => result;
      } catch (error) {
        outcome = () => {
          throw error;
        };
      }
    });
    return outcome();
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    // After a failed step memory may be ahead of the disk: every later one fails with it.
    this.#last = this.#last.then(step);
    return this.#last;
  }

  async #tick(nowMs: number): Promise<void> {
    const { ledger, mempool, timetable, store, feed } = this.#deps;
    mempool.prune(Math.floor(nowMs / 1000));
    if (ledger.open !== undefined && timetable.isBatchDue(ledger.open.record.timestamp, nowMs))
      await this.#close('time');
    // Twice: if what is ready does not fit the open batch at all, it is closed and the next one takes it in at once.
    for (let round = 0; round < 2; round += 1) {
      if (ledger.open === undefined && !this.#mayBegin()) return;
      const timestamp = timetable.blockTimestamp(nowMs, store.head.timestamp);
      const built = this.#build(timestamp);
      const isEmpty = built.l1Ops.length === 0 && built.txs.length === 0;
      if (isEmpty) ledger.abandonEmpty();
      else await this.#seal(built, timestamp);
      const waitingSinceMs = feed.waitingSinceMs(store.head.nextQueueIndex);
      const isQueueDue = waitingSinceMs !== undefined && timetable.isQueueDue(waitingSinceMs, nowMs);
      if (built.isFull) await this.#close('full');
      else if (built.isQueueWaiting && isQueueDue) await this.#close('queue');
      else return;
      if (!isEmpty) return;
    }
  }

  async #close(reason: CloseReason): Promise<void> {
    const { ledger, proofs, onClosed } = this.#deps;
    if (ledger.open === undefined) return;
    const { closed, summary } = await ledger.close({ evmCommitment: 0n });
    const { number, shape, l1Ops, txs, ops, exits, firstBlock, lastBlock } = summary;
    this.#log.info({ number, shape, reason, l1Ops, txs, ops, exits, firstBlock, lastBlock }, 'batch closed');
    await proofs.enqueue(closed);
    onClosed(summary);
  }

  #mayBegin(): boolean {
    const unproven = this.#deps.store.head.closedBatch - this.#deps.provenCount();
    if (unproven < this.#options.maxUnproven) return true;
    this.#log.warn({ unproven }, 'no new batch until L1 has proofs of earlier ones');
    return false;
  }

  #build(timestamp: number): BuiltBlock {
    const { ledger, mempool, feed, store, feeAccounts, indices } = this.#deps;
    const open = ledger.open?.batch ?? ledger.begin(timestamp);
    const built = buildBlock({
      open,
      queue: feed.ready(store.head.nextQueueIndex),
      txs: mempool.select(),
      feeAccounts: ledger.feeAccounts,
      feeAccountOf: (token) => feeAccounts.of(token),
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

  async #seal({ l1Ops, txs, feeAccounts }: BuiltBlock, timestamp: number): Promise<void> {
    const { ledger, mempool } = this.#deps;
    const block = await ledger.seal({ timestamp, l1Ops, txs, feeAccounts });
    mempool.onBlock(txs);
    this.#deps.feeAccounts.onBlock(block);
    const { number, batch } = block;
    this.#log.debug({ number, batch, l1Ops: l1Ops.length, txs: txs.length }, 'block sealed');
    this.#deps.onBlock(block);
  }
}
