import { batchNumber } from '../protocol/ids.ts';
import type { L1Message } from '../protocol/lane/types.ts';
import type { BatchClose } from '../protocol/network/digests.ts';
import type { OpenBatch } from '../protocol/openBatch.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { AccountTree } from '../protocol/tree.ts';
import type { Account, AccountIndex, L1Op, ShapeName, SignedTx } from '../protocol/types.ts';
import type { DerivableBatch } from './derive/types.ts';
import { ChainError } from './errors.ts';
import { evmBatchOfBlocks } from './evm/batchData.ts';
import type { TxSource } from './evm/types.ts';
import { importBlock } from './importBlock.ts';
import { type ClosedRun, importClose } from './importClose.ts';
import { importPosted, type PostedRun } from './importPosted.ts';
import {
  type LedgerDependencies,
  type LedgerOptions,
  LedgerState,
  NOBODY,
  type SealedBlock,
  touchedBy,
} from './ledgerState.ts';
import { isNamed, type OpenRun } from './openRun.ts';
import { replayBlock } from './replay.ts';
import type { OpenBatchRecord } from './types.ts';
import type { WireBlock } from './wire/types.ts';

const NO_TXS: TxSource = { next: () => undefined, accept: () => undefined, reject: () => undefined };

export type { LedgerDependencies, LedgerOptions, SealedBlock } from './ledgerState.ts';

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

/**
 * The ledger's state while the process runs: the account tree after the last closed batch and the open batch above it.
 * Nothing here is the truth; all of it is rebuilt from the store. After an error of the store it must not be used any more,
 * because memory may then be ahead of the disk. After `ChainStore.rollback` it is loaded anew.
 */
export class Ledger {
  readonly #state: LedgerState;

  private constructor(state: LedgerState) {
    this.#state = state;
  }

  /**
   * Rebuilds the state: the tree from the stored accounts (whose root must be the stored one), the open batch from its blocks.
   * What is left of a batch from L1's data alone that was not written to its end, or was rolled back in part, is taken back first.
   * @throws ChainError STORE_CORRUPT, BLOCK_INVALID; EvmError STATE_MISSING
   */
  static async load(options: LedgerOptions, deps: LedgerDependencies): Promise<Ledger> {
    await takeBackUnfinished(deps);
    const { store } = deps;
    const { head } = store;
    const tree = new AccountTree();
    for await (const [index, account] of store.accounts()) tree.set(index, account);
    if (tree.root !== head.closedRoot) {
      throw new ChainError('STORE_CORRUPT', { expected: head.closedRoot, found: tree.root });
    }
    const state = new LedgerState(options, { ...deps, tree });
    const closed = head.closedBatch === 0 ? undefined : await store.batch(head.closedBatch);
    if (closed !== undefined) state.carried = touchedBy(closed);
    else if (store.base?.head.closedBatch === head.closedBatch) state.carried = store.base.carried;
    if (head.open !== undefined) state.open = await openRun(state, head.open);
    return new Ledger(state);
  }

  /** The account as of now, changes of the open batch included (fees not credited yet). */
  account(index: AccountIndex): Account | undefined {
    const { open, tree } = this.#state;
    return open === undefined ? tree.get(index) : open.batch.account(index);
  }

  /** The tree after the last closed batch. Callers only read. */
  get closedTree(): AccountTree {
    return this.#state.tree;
  }

  get open(): { readonly record: OpenBatchRecord; readonly batch: OpenBatch } | undefined {
    return this.#state.open;
  }

  /** The shape new batches are filled up to. */
  get largestShape(): ShapeName {
    return this.#state.largestShape;
  }

  /** Fee accounts named by the stored blocks of the open batch. */
  get feeAccounts(): readonly AccountIndex[] {
    return this.#state.open?.feeAccounts ?? [];
  }

  /** What the open batch posts for the EVM lane so far, in bytes before compression; the gas its users' transactions used; its number of blocks. */
  get evmUse(): { readonly bytes: number; readonly gas: bigint; readonly blocks: number } {
    return this.#state.open?.evmUse ?? { bytes: 0, gas: 0n, blocks: 0 };
  }

  /** Begins a batch whose first block has this timestamp (seconds). It exists in memory only until a block is stored. */
  begin(timestamp: number): OpenBatch {
    const state = this.#state;
    if (state.open !== undefined) throw new ChainError('OUT_OF_ORDER', { batch: state.open.record.number });
    const { head } = state.store;
    const number = batchNumber(head.closedBatch + 1);
    state.open = state.newRun({ number, shape: this.largestShape, timestamp, firstBlock: head.block + 1n });
    return state.open.batch;
  }

  /** Forgets a batch that got no block. */
  abandonEmpty(): void {
    this.#state.abandonEmpty();
  }

  /**
   * Executes the EVM part and stores what was applied to the open batch since its last block together with it as the next block.
   * undefined: there is nothing in either lane, and nothing was stored.
   */
  async seal(contents: BlockContents): Promise<SealedBlock | undefined> {
    const state = this.#state;
    const open = this.#requireOpen();
    const { timestamp, l1Ops, txs, feeAccounts, l1Messages = [] } = contents;
    const beneficiary = open.beneficiary ?? state.options.beneficiary ?? NOBODY;
    const ledgerRoot = open.batch.previewRoot();
    const account = (index: AccountIndex): Account | undefined => open.batch.account(index);
    const parts = { timestamp, l1Ops, txs, feeAccounts, l1Messages, beneficiary, ledgerRoot, account };
    const prepared = state.prepare(open.record, parts);
    const executed = await state.lane.build(prepared.input, contents.evmTxs ?? NO_TXS);
    if (l1Ops.length === 0 && txs.length === 0 && executed.txs.length === 0) return undefined;
    const sealed = await state.append(open.record, prepared, executed);
    open.add(sealed.block);
    return sealed;
  }

  /** Closes the open batch in the smallest configured shape that holds it, and stores it. */
  async close(): Promise<ClosedRun> {
    const state = this.#state;
    const open = this.#requireOpen();
    const last = open.blocks.at(-1);
    if (last === undefined) throw new ChainError('OUT_OF_ORDER', { batch: open.record.number });
    const shape = this.#smallestShape(open);
    const isAsIs = shape === open.record.shape && isNamed(open.batch.feeAccounts, last.feeAccounts);
    const batch = isAsIs ? open.batch : open.remade(shape);
    const evm = await evmBatchOfBlocks(open.blocks);
    const closed = batch.close({ lastBlock: last.number, evmCommitment: evm.commitment });
    const summary = await state.store.closeBatch(closed, evm);
    state.closed(closed);
    return { closed, evm, summary };
  }

  /**
   * Stores the next block, made by somebody else, if it comes out as it says; it opens the batch if it is the first one. Signatures of its
   * ledger transactions, and whether its L1 operations and messages are L1's, are the caller's to check before.
   * @throws ChainError OUT_OF_ORDER: it does not follow the head; BLOCK_INVALID {block, reason}: it breaks a rule, or comes out
   * differently. Nothing has changed then
   */
  importBlock(block: WireBlock): Promise<SealedBlock> {
    return importBlock(this.#state, block);
  }

  /**
   * Closes the open batch at its last block in exactly this shape, if that comes to the same commitments.
   * @param evmData as L1 has them, if they are known: who compresses with another version of brotli gets other bytes of the same data
   * @throws ChainError OUT_OF_ORDER, CLOSE_MISMATCH {batch, expected, found}. Nothing has changed then
   */
  importClose(close: BatchClose, evmData?: Uint8Array): Promise<ClosedRun> {
    return importClose(this.#state, close, evmData);
  }

  /**
   * Executes and stores a whole batch from L1's data alone, by the rules of derivation (docs/protocol.md section 11). Its ledger
   * transactions are `unsignedTx`. The closed batch has the posted EVM commitment, hence L1's C; the stored EvmBatch has what came out.
   * @param messages of `EvmLane` from the head's `inboxCount` on: at least all whose L1 timestamp is not above `posted.committedAt`
   * @param onBlock is told each block once the batch is closed
   * @throws ChainError OUT_OF_ORDER; ProtocolError: the ledger part breaks a rule. Nothing has changed then
   */
  importPosted(
    posted: DerivableBatch,
    messages: readonly L1Message[],
    onBlock?: (sealed: SealedBlock) => Promise<void>,
  ): Promise<PostedRun> {
    return importPosted(this.#state, posted, messages, onBlock);
  }

  #smallestShape(open: OpenRun): ShapeName {
    const { l1Ops, ops, signatures, exits, accounts } = open.batch.counts;
    const fitting = this.#state.shapes.find((name) => {
      const { L, N, S, A, E } = SHAPES[name];
      return l1Ops <= L && ops <= N && signatures <= S && accounts <= A && exits <= E;
    });
    // Others filled it beyond what is configured here: the batch keeps the shape it has.
    return fitting ?? open.record.shape;
  }

  #requireOpen(): OpenRun {
    const { open } = this.#state;
    if (open === undefined) throw new ChainError('OUT_OF_ORDER', { openBatch: 'none' });
    return open;
  }
}

async function takeBackUnfinished({ store, lane }: LedgerDependencies): Promise<void> {
  const to = store.unfinishedFrom;
  if (to === undefined) return;
  const header = await store.header(to);
  if (header === undefined) throw new ChainError('STORE_CORRUPT', { block: to });
  await lane.rewind(header);
  await store.rollback(to);
}

/** The open batch from its blocks: in slots of the largest configured shape, or of the one it has if that is larger. */
async function openRun(state: LedgerState, record: OpenBatchRecord): Promise<OpenRun> {
  const { store, largestShape } = state;
  const shape = SHAPES[largestShape].N > SHAPES[record.shape].N ? largestShape : record.shape;
  const run = state.newRun({ ...record, shape });
  for (let number = record.firstBlock; number <= store.head.block; number += 1n) {
    const block = await store.block(number);
    if (block === undefined) throw new ChainError('STORE_CORRUPT', { block: number });
    replayBlock(run.batch, block);
    run.add(block);
  }
  return run;
}
