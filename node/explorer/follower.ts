import type { Block } from '../../chain/block.ts';
import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { BatchSummary } from '../../chain/types.ts';
import { bytesToBigint } from '../../protocol/bytes.ts';
import { jobId } from '../../prover/proofQueue.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';
import { type BlockWritesDeps, blockWrites } from './blockWrites.ts';
import { closeCredits } from './closeWrites.ts';
import type { Draft, Step } from './draft.ts';
import { ExplorerError } from './errors.ts';
import type { ExplorerIndex } from './explorerIndex.ts';
import { keys, ranges } from './keys.ts';
import { batchEntry, blockEntry, type Cursor, evmEntry, exitEntry, historyRecord, proofEntry } from './records.ts';
import { addTotals, changedProofs, INTERVALS, ONE_BATCH, startOf } from './statsBuckets.ts';

/** Steps that go to disk as one while the index is behind. */
const STEPS_AT_ONCE = 16;
/** The longest pause between two groups of them: blocks are built meanwhile. */
const MOST_PAUSE_MS = 250;
/** Looks for what no event told. */
const POLL_MS = 1_000;
const RETRY_MS = 2_000;
const GOING_BACK_MS = 100;

type StoredChain = Pick<ChainStore, 'head' | 'domain' | 'block' | 'header' | 'summary' | 'batch' | 'evmBatch'>;

export interface FollowerDeps {
  readonly index: ExplorerIndex;
  readonly store: StoredChain;
  readonly account: BlockWritesDeps['account'];
  readonly clock: Clock;
  readonly log: Logger;
}

/** Brings the index to the head of the chain and keeps it there; what the chain gave up is taken back. Nothing waits for it. */
export class ExplorerFollower {
  readonly #deps: FollowerDeps;
  #wake: () => void = () => undefined;
  #isAsked = false;
  /** The lowest block the chain went back to since it was last looked at. */
  #rolledTo: bigint | undefined;

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
  }

  /** Returns the way to stop listening. */
  watch(events: Pick<Sequencer['events'], 'on'>): () => void {
    const stops = [
      events.on('block', () => this.nudge()),
      events.on('batchClosed', () => this.nudge()),
      events.on('rolledBack', ({ toBlock }) => {
        this.#rolledTo = this.#rolledTo === undefined || toBlock < this.#rolledTo ? toBlock : this.#rolledTo;
        this.nudge();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  nudge(): void {
    this.#isAsked = true;
    this.#wake();
  }

  /** Until the signal; a failure is told in the log, and what failed is tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    while (!signal.aborted) {
      this.#isAsked = false;
      try {
        await this.catchUp(signal);
        if (!this.#isAsked) await this.#sleep(signal);
      } catch (err) {
        // While the chain goes back, what is read may not fit together.
        const isGoingBack = this.#rolledTo !== undefined;
        if (!isGoingBack) log.warn({ err }, 'the explorer’s index did not get on');
        await clock.sleep(isGoingBack ? GOING_BACK_MS : RETRY_MS, signal);
      }
    }
  }

  /** To the head, or until the signal. @throws ChainError, ExplorerError, and what the database does */
  async catchUp(signal?: AbortSignal): Promise<void> {
    const { clock, index } = this.#deps;
    await this.#backToChain();
    while (signal?.aborted !== true) {
      const beganMs = clock.nowMs();
      const { isMore } = await index.forward(STEPS_AT_ONCE, (cursor) => this.#next(cursor));
      if (isMore) {
        await clock.sleep(Math.min(clock.nowMs() - beganMs, MOST_PAUSE_MS), signal);
        continue;
      }
      if (this.#rolledTo === undefined && (await this.#isOnChain(index.cursor))) return;
      await this.#backToChain();
    }
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const stop = (): void => woken.abort();
    signal.addEventListener('abort', stop, { once: true });
    this.#wake = stop;
    await this.#deps.clock.sleep(POLL_MS, woken.signal);
    this.#wake = () => undefined;
    signal.removeEventListener('abort', stop);
  }

  /** Takes steps back until the chain has the cursor's block and batch; what cannot be taken back is made anew. */
  async #backToChain(): Promise<void> {
    const { index, log } = this.#deps;
    const before = index.cursor;
    for (;;) {
      const { cursor } = index;
      const rolledTo = this.#rolledTo;
      const isAbove = rolledTo !== undefined && cursor.block > rolledTo;
      if (!isAbove && (await this.#isOnChain(cursor))) {
        // Only what was seen to: the chain may have gone back again meanwhile.
        if (this.#rolledTo === rolledTo) this.#rolledTo = undefined;
        break;
      }
      if (cursor.step === 0) return index.clear();
      if (await index.back(forgetProof)) continue;
      log.warn({ block: cursor.block, step: cursor.step }, 'the explorer’s index is made anew');
      return index.clear();
    }
    const steps = before.step - index.cursor.step;
    if (steps > 0) log.info({ steps, block: index.cursor.block }, 'the explorer’s index went back');
  }

  async #isOnChain({ block, hash, closed }: Cursor): Promise<boolean> {
    const { store } = this.#deps;
    const header = await store.header(block);
    if (header === undefined || bytesToBigint(header.hash()) !== hash) return false;
    if (closed === undefined) return true;
    const summary = await store.summary(closed.number);
    const { lastBlock, newRoot, shape } = closed;
    return summary?.lastBlock === lastBlock && summary.newRoot === newRoot && summary.shape === shape;
  }

  async #next(cursor: Cursor): Promise<((step: Step) => Promise<Omit<Cursor, 'step'>>) | undefined> {
    const { store } = this.#deps;
    const block = await store.block(cursor.block + 1n);
    if (block !== undefined && block.parentHash !== cursor.hash) return undefined;
    if (block !== undefined && block.batch === cursor.batch + 1) return (step) => this.#addBlock(step, block, cursor);
    const summary = await store.summary(cursor.batch + 1);
    if (summary?.lastBlock !== cursor.block) return undefined;
    return (step) => this.#addClose(step, summary, cursor);
  }

  async #addBlock(step: Step, block: Block, cursor: Cursor): Promise<Omit<Cursor, 'step'>> {
    const { index, store, account } = this.#deps;
    const writes = blockWrites(block, { domain: store.domain, account });
    step.create(keys.block(block.number), blockEntry.encode(writes.block));
    for (const { of, place, entry } of writes.history) {
      step.create(keys.history(Number(of), place), historyRecord.encode(entry));
    }
    for (const { of, place, entry } of writes.exits) step.create(keys.exit(String(of), place), exitEntry.encode(entry));
    for (const { of, place, entry } of writes.evm) step.create(keys.evm(String(of), place), evmEntry.encode(entry));
    await addTotals(step, block.timestamp, writes.totals, index);
    return { ...cursor, block: block.number, hash: block.hash };
  }

  async #addClose(step: Step, summary: BatchSummary, cursor: Cursor): Promise<Omit<Cursor, 'step'>> {
    const { index, store, account } = this.#deps;
    const { number, shape, timestamp, firstBlock, lastBlock, oldRoot, newRoot } = summary;
    const [closed, evm] = await Promise.all([store.batch(number), store.evmBatch(number)]);
    if (closed === undefined || evm === undefined) throw new ExplorerError('INDEX_BROKEN', { batch: number });
    const blocks = await readBlocks(step.draft, index, { firstBlock, lastBlock });
    const last = blocks.at(-1);
    if (last === undefined) throw new ExplorerError('INDEX_BROKEN', { batch: number });
    for (const { of, place, entry } of closeCredits(blocks, { batch: number, lastBlock }, account)) {
      step.create(keys.history(Number(of), place), historyRecord.encode(entry));
    }
    const { l1Ops, txs: ledgerTxs, ops, exits } = summary;
    step.create(
      keys.batch(number),
      batchEntry.encode({
        ...{
          job: jobId(closed),
          c: closed.commitment.c,
          shape,
          timestamp,
          closedAt: last.timestamp,
          firstBlock,
          lastBlock,
        },
        ...{ l1Ops, ledgerTxs, ops, exits, oldRoot, newRoot },
        evmTxs: blocks.reduce((sum, { evmTxs }) => sum + evmTxs, 0),
        ledgerBytes: closed.commitment.body.length,
        evmBytes: evm.data.length,
      }),
    );
    step.create(keys.todo(number), '0');
    await addTotals(step, last.timestamp, ONE_BATCH, index);
    return { ...cursor, batch: number, closed: { number, lastBlock, newRoot, shape } };
  }
}

/** Of a batch that is being closed: they are indexed, or in the same write. */
async function readBlocks(
  draft: Draft,
  index: ExplorerIndex,
  { firstBlock, lastBlock }: { firstBlock: bigint; lastBlock: bigint },
) {
  const stored = new Map<string, string>();
  for await (const [key, text] of index.range(ranges.blocks(firstBlock, lastBlock))) stored.set(key, text);
  const blocks = [];
  for (let number = firstBlock; number <= lastBlock; number += 1n) {
    const key = keys.block(number);
    const text = stored.get(key) ?? (await draft.get(key));
    if (text === undefined) throw new ExplorerError('INDEX_BROKEN', { block: number });
    blocks.push(blockEntry.decode(text, key));
  }
  return blocks;
}

/** A batch that is open again was not proven: its proof leaves the intervals it was counted in. */
async function forgetProof(draft: Draft, { closed, block }: Cursor): Promise<void> {
  if (closed?.lastBlock !== block) return;
  const [key, batchKey] = [keys.proof(closed.number), keys.batch(closed.number)];
  const [text, batchText] = await Promise.all([draft.get(key), draft.get(batchKey)]);
  if (text === undefined || batchText === undefined) return;
  const { witness, prove, verify } = proofEntry.decode(text, key);
  const { closedAt } = batchEntry.decode(batchText, batchKey);
  for (const interval of INTERVALS) {
    const totals = keys.proofs(interval, startOf(interval, closedAt));
    const left = changedProofs(await draft.get(totals), totals, witness + prove + verify, -1);
    if (left === undefined) draft.del(totals);
    else draft.put(totals, left);
  }
  draft.del(key);
}
