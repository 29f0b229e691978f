import { batchNumber, NO_ACCOUNT } from '../protocol/ids.ts';
import type { EvmBatch, Hex, L1Message } from '../protocol/lane/types.ts';
import { OpenBatch } from '../protocol/openBatch.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { AccountTree } from '../protocol/tree.ts';
import type { Account, AccountIndex, ClosedBatch, FeeLanes, L1Op, ShapeName, SignedTx } from '../protocol/types.ts';
import { type Block, type BlockBody, blockOf } from './block.ts';
import { ChainError } from './errors.ts';
import { evmBatchOfBlocks } from './evm/batchData.ts';
import type { EvmLane } from './evm/evmLane.ts';
import { userGas } from './evm/fees.ts';
import { exitMessages, ledgerHash, mirrorOf } from './evm/ledgerPart.ts';
import type { ExecutedBlock, TxSource } from './evm/types.ts';
import { replayBlock } from './replay.ts';
import type { ChainStore } from './store.ts';
import type { BatchSummary, OpenBatchRecord } from './types.ts';

const NOBODY: Hex = `0x${'00'.repeat(20)}`;
const NO_TXS: TxSource = { next: () => undefined, accept: () => undefined, reject: () => undefined };

export interface LedgerOptions {
  /** Shapes a batch may be closed in. It is filled up to the largest and closed in the smallest that holds it. */
  readonly shapes: readonly ShapeName[];
  /** The contract on L1 that EXITs to the EVM lane name; absent: there is no way between the lanes. */
  readonly evmLane?: Hex | undefined;
  /** Where fees of the EVM lane go; a batch keeps the one it began with. Default: nowhere (address 0). */
  readonly beneficiary?: Hex | undefined;
}

export interface LedgerDependencies {
  readonly store: ChainStore;
  readonly lane: EvmLane;
}

/** What a block is made of: the ledger part was applied to the open batch already, the EVM part is executed now. */
export interface BlockContents {
  /** Seconds. */
  readonly timestamp: number;
  readonly l1Ops: readonly L1Op[];
  readonly txs: readonly SignedTx[];
  readonly feeAccounts: readonly AccountIndex[];
  /** Messages from L1, from the store's `inboxCount` on. */
  readonly l1Messages?: readonly L1Message[];
  /** Users' transactions of the EVM lane. */
  readonly evmTxs?: TxSource;
}

export interface SealedBlock {
  readonly block: Block;
  readonly executed: ExecutedBlock;
}

interface Open {
  readonly record: OpenBatchRecord;
  readonly batch: OpenBatch;
  /** The stored blocks of the batch. */
  readonly blocks: Block[];
  evmBytes: number;
  evmGas: bigint;
}

/**
 * The ledger's state while the process runs: the account tree after the last closed batch and the open batch above it.
 * Nothing here is the truth; all of it is rebuilt from the store. After an error of the store it must not be used any more,
 * because memory may then be ahead of the disk.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #shapes: readonly ShapeName[];
  readonly #store: ChainStore;
  readonly #lane: EvmLane;
  readonly #tree: AccountTree;
  #open: Open | undefined;
  /** Accounts that the close of the last batch may have changed: contracts see them with the next block. */
  #carried: readonly AccountIndex[] = [];

  private constructor(options: LedgerOptions, deps: LedgerDependencies & { tree: AccountTree }) {
    this.#options = options;
    this.#shapes = [...options.shapes].sort((x, y) => SHAPES[x].N - SHAPES[y].N);
    this.#store = deps.store;
    this.#lane = deps.lane;
    this.#tree = deps.tree;
  }

  /**
   * Rebuilds the state: the tree from the stored accounts (whose root must be the stored one), the open batch from its blocks.
   * @throws ChainError STORE_CORRUPT, BLOCK_INVALID
   */
  static async load(options: LedgerOptions, deps: LedgerDependencies): Promise<Ledger> {
    const { head } = deps.store;
    const tree = new AccountTree();
    for await (const [index, account] of deps.store.accounts()) tree.set(index, account);
    if (tree.root !== head.closedRoot) {
      throw new ChainError('STORE_CORRUPT', { expected: head.closedRoot, found: tree.root });
    }
    const ledger = new Ledger(options, { ...deps, tree });
    const closed = head.closedBatch === 0 ? undefined : await deps.store.batch(head.closedBatch);
    const { base } = deps.store;
    if (closed !== undefined) ledger.#carried = touchedBy(closed);
    else if (base?.head.closedBatch === head.closedBatch) ledger.#carried = base.carried;
    if (head.open !== undefined) {
      const blocks: Block[] = [];
      for (let number = head.open.firstBlock; number <= head.block; number += 1n) {
        const block = await deps.store.block(number);
        if (block === undefined) throw new ChainError('STORE_CORRUPT', { block: number });
        blocks.push(block);
      }
      const batch = ledger.#newBatch(head.open);
      for (const block of blocks) replayBlock(batch, block);
      ledger.#open = {
        record: head.open,
        batch,
        blocks,
        evmBytes: blocks.reduce((sum, block) => sum + evmBytes(block), 0),
        evmGas: blocks.reduce((sum, { evm }) => sum + userGas(evm), 0n),
      };
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
    this.#open = { record, batch, blocks: [], evmBytes: 0, evmGas: 0n };
    return batch;
  }

  /** Forgets a batch that got no block. */
  abandonEmpty(): void {
    if (this.#open?.blocks.length === 0) this.#open = undefined;
  }

  /** What the open batch posts for the EVM lane so far, in bytes before compression; the gas its users' transactions used; its number of blocks. */
  get evmUse(): { readonly bytes: number; readonly gas: bigint; readonly blocks: number } {
    const { evmBytes = 0, evmGas = 0n, blocks = [] } = this.#open ?? {};
    return { bytes: evmBytes, gas: evmGas, blocks: blocks.length };
  }

  /**
   * Executes the EVM part and stores what was applied to the open batch since its last block together with it as the next block.
   * undefined: there is nothing in either lane, and nothing was stored.
   */
  async seal(contents: BlockContents): Promise<SealedBlock | undefined> {
    const open = this.#requireOpen();
    const { head } = this.#store;
    const { timestamp, l1Ops, txs, feeAccounts, l1Messages = [] } = contents;
    const body: BlockBody = {
      number: head.block + 1n,
      timestamp,
      batch: open.record.number,
      l1: { firstQueueIndex: head.nextQueueIndex, ops: l1Ops },
      txs,
      feeAccounts,
      ledgerRoot: open.batch.previewRoot(),
    };
    const account = (index: AccountIndex): Account | undefined => open.batch.account(index);
    const mirror = mirrorOf({ l1Ops, txs }, { account, carried: open.blocks.length === 0 ? this.#carried : [] });
    const messages = [...l1Messages, ...exitMessages({ txs }, { account, evmLane: this.#options.evmLane })];
    const executed = await this.#lane.build(
      {
        parent: this.#lane.head,
        timestamp,
        beneficiary: this.#beneficiary(open),
        ledgerRoot: body.ledgerRoot,
        ledgerHash: ledgerHash({ ...body, firstQueueIndex: head.nextQueueIndex, l1Ops }),
        mirror,
        messages,
      },
      contents.evmTxs ?? NO_TXS,
    );
    if (l1Ops.length === 0 && txs.length === 0 && executed.txs.length === 0) return undefined;
    const block = blockOf(body, {
      header: executed.header,
      hash: executed.hash,
      mirror,
      messages,
      txs: executed.txs.map(({ raw }) => raw),
      systemTxs: executed.systemTxs,
      receipts: executed.receipts,
      inboxCount: head.inboxCount + BigInt(l1Messages.length),
      outbox: executed.outbox,
    });
    await this.#store.appendBlock(block, open.record, executed.writes);
    executed.commit();
    open.blocks.push(block);
    open.evmBytes += evmBytes(block);
    open.evmGas += userGas(block.evm);
    return { block, executed };
  }

  /** Closes the open batch in the smallest configured shape that holds it, and stores it. */
  async close(): Promise<{ closed: ClosedBatch; evm: EvmBatch; summary: BatchSummary }> {
    const open = this.#requireOpen();
    const last = open.blocks.at(-1);
    if (last === undefined) throw new ChainError('OUT_OF_ORDER', { batch: open.record.number });
    const shape = this.#smallestShape(open);
    let { batch } = open;
    if (shape !== open.record.shape || !isNamed(batch.feeAccounts, last.feeAccounts)) {
      batch = this.#newBatch({ ...open.record, shape });
      for (const block of open.blocks) replayBlock(batch, block);
    }
    const evm = await evmBatchOfBlocks(open.blocks);
    const closed = batch.close({ lastBlock: last.number, evmCommitment: evm.commitment });
    const summary = await this.#store.closeBatch(closed, evm);
    this.#open = undefined;
    this.#carried = touchedBy(closed);
    return { closed, evm, summary };
  }

  /** All blocks of a batch have the same: the posted data name one. */
  #beneficiary({ blocks: [first] }: Open): Hex {
    if (first !== undefined) return first.evm.header.coinbase.toString();
    return this.#options.beneficiary ?? NOBODY;
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

/**
 * A lane may have been opened for a transaction that was refused after all. If no block with that lane was stored, the blocks say otherwise
 * than the header would, and what they post would not count (docs/protocol.md section 11): they decide.
 */
function isNamed(lanes: FeeLanes, inBlocks: readonly AccountIndex[]): boolean {
  return lanes.every((index, i) => index === (inBlocks[i] ?? NO_ACCOUNT));
}

function touchedBy({ slots }: ClosedBatch): AccountIndex[] {
  return slots.filter(({ after }) => after !== undefined).map(({ index }) => index);
}

function evmBytes({ evm }: Block): number {
  return evm.txs.slice(evm.systemTxs).reduce((sum, { length }) => sum + length, 0);
}
