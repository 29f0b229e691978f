import { batchNumber } from '../protocol/ids.ts';
import { OpenBatch } from '../protocol/openBatch.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { AccountTree } from '../protocol/tree.ts';
import type { Account, AccountIndex, ClosedBatch, ShapeName } from '../protocol/types.ts';
import { type Block, type BlockBody, sealBlock } from './block.ts';
import { ChainError } from './errors.ts';
import { replayBlock } from './replay.ts';
import type { ChainStore } from './store.ts';
import type { BatchSummary, OpenBatchRecord } from './types.ts';

export interface LedgerOptions {
  /** Shapes a batch may be closed in. It is filled up to the largest and closed in the smallest that holds it. */
  readonly shapes: readonly ShapeName[];
}

interface Open {
  readonly record: OpenBatchRecord;
  readonly batch: OpenBatch;
  /** The stored blocks of the batch. */
  readonly blocks: Block[];
}

/**
 * The ledger's state while the process runs: the account tree after the last closed batch and the open batch above it.
 * Nothing here is the truth; all of it is rebuilt from the store. After an error of the store it must not be used any more,
 * because memory may then be ahead of the disk.
 */
export class Ledger {
  readonly #shapes: readonly ShapeName[];
  readonly #store: ChainStore;
  readonly #tree: AccountTree;
  #open: Open | undefined;

  private constructor(options: LedgerOptions, deps: { store: ChainStore; tree: AccountTree }) {
    this.#shapes = [...options.shapes].sort((x, y) => SHAPES[x].N - SHAPES[y].N);
    this.#store = deps.store;
    this.#tree = deps.tree;
  }

  /**
   * Rebuilds the state: the tree from the stored accounts (whose root must be the stored one), the open batch from its blocks.
   * @throws ChainError STORE_CORRUPT, BLOCK_INVALID
   */
  static async load(options: LedgerOptions, deps: { store: ChainStore }): Promise<Ledger> {
    const { head } = deps.store;
    const tree = new AccountTree();
    for await (const [index, account] of deps.store.accounts()) tree.set(index, account);
    if (tree.root !== head.closedRoot) {
      throw new ChainError('STORE_CORRUPT', { expected: head.closedRoot, found: tree.root });
    }
    const ledger = new Ledger(options, { ...deps, tree });
    if (head.open !== undefined) {
      const blocks: Block[] = [];
      for (let number = head.open.firstBlock; number <= head.block; number += 1n) {
        const block = await deps.store.block(number);
        if (block === undefined) throw new ChainError('STORE_CORRUPT', { block: number });
        blocks.push(block);
      }
      const batch = ledger.#newBatch(head.open);
      for (const block of blocks) replayBlock(batch, block);
      ledger.#open = { record: head.open, batch, blocks };
    }
    return ledger;
  }

  /** The account as of now, changes of the open batch included (fees not credited yet). */
  account(index: AccountIndex): Account | undefined {
    return this.#open === undefined ? this.#tree.get(index) : this.#open.batch.account(index);
  }

  /** The tree after the last closed batch. Callers only read. */
  get closedTree(): AccountTree {
    return this.#tree;
  }

  get open(): { readonly record: OpenBatchRecord; readonly batch: OpenBatch } | undefined {
    return this.#open;
  }

  /** The shape new batches are filled up to. */
  get largestShape(): ShapeName {
    return this.#shapes.at(-1) ?? 'small';
  }

  /** Fee accounts named by the stored blocks of the open batch. */
  get feeAccounts(): readonly AccountIndex[] {
    return this.#open?.blocks.at(-1)?.feeAccounts ?? [];
  }

  /** Begins a batch whose first block has this timestamp (seconds). It exists in memory only until a block is stored. */
  begin(timestamp: number): OpenBatch {
    if (this.#open !== undefined) throw new ChainError('OUT_OF_ORDER', { batch: this.#open.record.number });
    const { head } = this.#store;
    const record: OpenBatchRecord = {
      number: batchNumber(head.closedBatch + 1),
      shape: this.largestShape,
      timestamp,
      firstBlock: head.block + 1n,
    };
    const batch = this.#newBatch(record);
    this.#open = { record, batch, blocks: [] };
    return batch;
  }

  /** Forgets a batch that got no block. */
  abandonEmpty(): void {
    if (this.#open?.blocks.length === 0) this.#open = undefined;
  }

  /** Stores what was applied to the open batch since its last block as the next block. */
  async seal(
    contents: Pick<BlockBody, 'timestamp' | 'txs' | 'feeAccounts'> & { l1Ops: BlockBody['l1']['ops'] },
  ): Promise<Block> {
    const open = this.#requireOpen();
    const { head } = this.#store;
    const block = sealBlock({
      number: head.block + 1n,
      parentHash: head.hash,
      timestamp: contents.timestamp,
      batch: open.record.number,
      l1: { firstQueueIndex: head.nextQueueIndex, ops: contents.l1Ops },
      txs: contents.txs,
      feeAccounts: contents.feeAccounts,
      ledgerRoot: open.batch.previewRoot(),
    });
    await this.#store.appendBlock(block, open.record);
    open.blocks.push(block);
    return block;
  }

  /** Closes the open batch in the smallest configured shape that holds it, and stores it. */
  async close(options: { evmCommitment: bigint }): Promise<{ closed: ClosedBatch; summary: BatchSummary }> {
    const open = this.#requireOpen();
    const last = open.blocks.at(-1);
    if (last === undefined) throw new ChainError('OUT_OF_ORDER', { batch: open.record.number });
    const shape = this.#smallestShape(open);
    let { batch } = open;
    if (shape !== open.record.shape) {
      batch = this.#newBatch({ ...open.record, shape });
      for (const block of open.blocks) replayBlock(batch, block);
    }
    const closed = batch.close({ lastBlock: last.number, evmCommitment: options.evmCommitment });
    const summary = await this.#store.closeBatch(closed);
    this.#open = undefined;
    return { closed, summary };
  }

  #smallestShape(open: Open): ShapeName {
    const { l1Ops, ops, signatures, exits, accounts } = open.batch.counts;
    const fitting = this.#shapes.find((name) => {
      const { L, N, S, A, E } = SHAPES[name];
      return l1Ops <= L && ops <= N && signatures <= S && accounts <= A && exits <= E;
    });
    // A store from a time when larger shapes were configured: the batch keeps the shape it was opened with.
    return fitting ?? open.record.shape;
  }

  #newBatch(record: OpenBatchRecord): OpenBatch {
    const { number, timestamp, firstBlock } = record;
    const options = { number, shape: SHAPES[record.shape], domain: this.#store.domain, timestamp, firstBlock };
    return new OpenBatch(options, { tree: this.#tree });
  }

  #requireOpen(): Open {
    if (this.#open === undefined) throw new ChainError('OUT_OF_ORDER', { openBatch: 'none' });
    return this.#open;
  }
}
