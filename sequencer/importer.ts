import type { Block } from '../chain/block.ts';
import type { Clock } from '../chain/clock.ts';
import type { DerivableBatch } from '../chain/derive/types.ts';
import { ChainError } from '../chain/errors.ts';
import { EvmError } from '../chain/evm/errors.ts';
import type { EvmLane } from '../chain/evm/evmLane.ts';
import { nextBaseFee } from '../chain/evm/fees.ts';
import type { Logger } from '../chain/logger.ts';
import type { ChainStore } from '../chain/store.ts';
import type { BatchSummary } from '../chain/types.ts';
import type { WireBlock } from '../chain/wire/types.ts';
import { ProtocolError } from '../protocol/errors.ts';
import type { L1Message } from '../protocol/lane/types.ts';
import type { BatchClose } from '../protocol/network/digests.ts';
import type { ClosedBatch } from '../protocol/types.ts';
import type { ChainState } from './chainState.ts';
import type { EvmPool } from './evm/evmPool.ts';
import { checkSignatures, type ImportCheckDeps } from './importCheck.ts';
import type { Mempool } from './mempool.ts';
import type { Publisher } from './publisher.ts';
import type { Reoffers } from './reoffers.ts';
import type { Tenure } from './tenure.ts';
import type { Turns } from './turns.ts';

/** Blocks were given up. */
export interface RolledBack {
  /** The newest block now. */
  readonly toBlock: bigint;
  /** How many blocks are gone. */
  readonly blocks: number;
  /** Closed batches that are gone. */
  readonly batches: readonly number[];
  readonly reason: string;
}

export interface ImporterDeps {
  readonly state: ChainState;
  readonly turns: Turns;
  readonly tenure: Tenure;
  readonly store: ChainStore;
  readonly lane: EvmLane;
  readonly mempool: Mempool;
  readonly evmPool: EvmPool;
  readonly reoffers: Reoffers;
  readonly publisher: Pick<Publisher, 'takingBack'>;
  readonly verify: ImportCheckDeps['verify'];
  readonly prove: (closed: ClosedBatch) => Promise<void>;
  readonly discardProofs: (batches: readonly number[]) => Promise<void>;
  readonly forgetFeeds: () => void;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Logger;
  readonly onClosed: (summary: BatchSummary, isOwn: boolean) => void;
  readonly onRolledBack: (event: RolledBack) => void;
}

/** Blocks and batches that others made, and the way back from them. Everything happens in the batcher's turns. */
export class Importer {
  readonly #deps: ImporterDeps;
  readonly #log: Logger;

  constructor(deps: ImporterDeps) {
    this.#deps = deps;
    this.#log = deps.log.child({ module: 'importer' });
  }

  /**
   * The next block, by somebody else. Its signatures are checked before the turn, so building does not wait for that; they hold for the
   * state after its parent, which the ledger insists on.
   * @throws ChainError OUT_OF_ORDER, BLOCK_INVALID; ProtocolError BAD_SIGNATURE, BAD_VOUCHER; then nothing has changed
   */
  async importBlock(block: WireBlock): Promise<Block> {
    const { store, state, tenure, verify } = this.#deps;
    const { head } = store;
    if (block.parentHash !== head.hash || block.number !== head.block + 1n) {
      throw new ChainError('OUT_OF_ORDER', { block: block.number, head: head.block });
    }
    await checkSignatures(block, { domain: store.domain, account: (index) => state.account(index), verify });
    return this.#attempt(async () => {
      const sealed = await state.ledger.importBlock(block);
      tenure.onImported(sealed.block.number);
      await state.onSealed(sealed, { isOwn: false });
      return sealed.block;
    });
  }

  /** The close of the open batch, by somebody else. @throws ChainError OUT_OF_ORDER, CLOSE_MISMATCH; then nothing has changed */
  async importClose(close: BatchClose, evmData?: Uint8Array): Promise<BatchSummary> {
    const { state, tenure, clock, prove, onClosed } = this.#deps;
    return this.#attempt(async () => {
      const { closed, summary } = await state.ledger.importClose(close, evmData);
      tenure.onClosedByOther(clock.nowMs());
      await prove(closed);
      onClosed(summary, false);
      return summary;
    });
  }

  /**
   * A whole batch as L1 has it. If it fails in the middle, the blocks before stay: whoever calls rolls back to the batch before.
   * @throws ChainError OUT_OF_ORDER, BLOCK_INVALID
   */
  async importPosted(posted: DerivableBatch, messages: readonly L1Message[]): Promise<BatchSummary> {
    const { state, tenure, clock, prove, onClosed } = this.#deps;
    return this.#attempt(async () => {
      const { closed, summary } = await state.ledger.importPosted(posted, messages, async (sealed) => {
        tenure.onImported(sealed.block.number);
        await state.onSealed(sealed, { isOwn: false });
      });
      tenure.onClosedByOther(clock.nowMs());
      await prove(closed);
      onClosed(summary, false);
      return summary;
    });
  }

  /**
   * Gives up all blocks above `toBlock`; their transactions are offered to the pools again (`Reoffers`).
   * @throws ChainError OUT_OF_ORDER (it is ahead of the head), ROLLBACK_TOO_DEEP; EvmError STATE_MISSING (its state is not kept any more);
   * then nothing has changed
   */
  async rollback(toBlock: bigint, reason: string): Promise<void> {
    const isRefused = (error: unknown): boolean => isRefusal(error) || isUnreachable(error);
    await this.#deps.turns.attempt(() => this.#rollback(toBlock, reason), { isRefusal: isRefused });
  }

  async #rollback(toBlock: bigint, reason: string): Promise<void> {
    const { store, lane, publisher, state, tenure, mempool, evmPool, reoffers } = this.#deps;
    const { head } = store;
    if (toBlock >= head.block) {
      if (toBlock === head.block) return;
      throw new ChainError('OUT_OF_ORDER', { block: toBlock, head: head.block });
    }
    const header = await store.header(toBlock);
    if (header === undefined) throw new ChainError('ROLLBACK_TOO_DEEP', { toBlock, reason: 'the block is not known' });
    if (!(await lane.hasState(header))) throw new EvmError('STATE_MISSING', { block: toBlock });
    const lastBatch = await this.#lastBatchAt(toBlock);
    const gone = await publisher.takingBack(lastBatch, async () => {
      const before = lane.head;
      await lane.rewind(header);
      const rolledBack = await store.rollback(toBlock).catch(async (error: unknown) => {
        if (isRefusal(error)) await lane.rewind(before); // its state is there still
        throw error;
      });
      // Nothing but a damaged store fails here, and there is no way back from it.
      await state.load().catch((cause: unknown) => {
        throw new ChainError('STORE_CORRUPT', { block: toBlock }, { cause });
      });
      return rolledBack;
    });
    // Lower, if a batch that is known from L1 alone was cut: it cannot be open.
    const { block } = store.head;
    tenure.onRollback(block);
    this.#deps.forgetFeeds();
    const displaced = mempool.onRollback();
    await evmPool.onRollback({ baseFee: nextBaseFee(lane.head) });
    await this.#deps.discardProofs(gone.batches);
    reoffers.offer({ txs: [...gone.txs, ...displaced], evmTxs: gone.evmTxs });
    const event = { toBlock: block, blocks: Number(head.block - block), batches: gone.batches, reason };
    const offered = { txs: gone.txs.length, evmTxs: gone.evmTxs.length, displaced: displaced.length };
    this.#log.warn({ ...event, batches: gone.batches.length, ...offered }, 'blocks given up');
    this.#deps.onRolledBack(event);
    this.#retry();
  }

  /** The last closed batch that stays when the chain goes back to this block. */
  async #lastBatchAt(toBlock: bigint): Promise<number> {
    const { store } = this.#deps;
    for (let batch = store.head.closedBatch; batch > 0; batch -= 1) {
      const summary = await store.summary(batch);
      if (summary === undefined || summary.lastBlock <= toBlock) return batch;
    }
    return 0;
  }

  /** Not in the turn: signatures are checked again. */
  #retry(): void {
    this.#deps.reoffers
      .retry()
      .catch((err: unknown) => this.#log.error({ err }, 'transactions were not offered again'));
  }

  /** A refused block must not leave anything in the pools that was checked while it was tried. */
  async #attempt<T>(step: () => Promise<T>): Promise<T> {
    const { turns, state, mempool, reoffers } = this.#deps;
    const tried = async (): Promise<T> => {
      try {
        return await step();
      } catch (error) {
        if (isRefusal(error)) {
          state.indices.forget();
          reoffers.offer({ txs: mempool.onRollback(), evmTxs: [] });
        }
        throw error;
      }
    };
    return turns.attempt(tried, { isRefusal });
  }
}

const REFUSALS: ReadonlySet<string> = new Set([
  'OUT_OF_ORDER',
  'BLOCK_INVALID',
  'CLOSE_MISMATCH',
  'BAD_WIRE',
  'ROLLBACK_TOO_DEEP',
]);

/** What says no and has changed nothing. Everything else is a failure of this machine: memory may be ahead of the disk. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ChainError) return REFUSALS.has(error.code);
  return error instanceof ProtocolError;
}

/** Of a rewind: the state is not kept any more. When a block is executed, the same error is one of the database. */
function isUnreachable(error: unknown): boolean {
  return error instanceof EvmError && (error.code === 'STATE_MISSING' || error.code === 'BUSY');
}
