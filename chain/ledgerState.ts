import type { Hex, L1Message } from '../protocol/lane/types.ts';
import { SHAPES } from '../protocol/shapes.ts';
import type { AccountTree } from '../protocol/tree.ts';
import type { Account, AccountIndex, ClosedBatch, Field, L1Op, ShapeName, SignedTx } from '../protocol/types.ts';
import { type Block, type BlockBody, blockOf } from './block.ts';
import type { EvmLane } from './evm/evmLane.ts';
import { exitMessages, ledgerHash, mirrorOf } from './evm/ledgerPart.ts';
import type { EvmBlockInput, ExecutedBlock } from './evm/types.ts';
import { OpenRun } from './openRun.ts';
import type { ChainStore } from './store.ts';
import type { OpenBatchRecord } from './types.ts';

export const NOBODY: Hex = `0x${'00'.repeat(20)}`;
/** All shapes there are, the smallest first. */
export const ALL_SHAPES: readonly ShapeName[] = bySize(Object.values(SHAPES).map(({ name }) => name));

export interface LedgerOptions {
  /** Shapes a batch may be closed in. It is filled up to the largest and closed in the smallest that holds it. */
  readonly shapes: readonly ShapeName[];
  /** The contract on L1 that EXITs to the EVM lane name; absent: there is no way between the lanes. */
  readonly evmLane?: Hex | undefined;
  /** Where fees of the EVM lane go; a batch keeps the one it began with. Default: nowhere (address 0). */
  readonly beneficiary?: Hex | undefined;
  /** The rollup's parameter, for data that L1 posted. Default: 900 s. */
  readonly maxDriftSeconds?: number | undefined;
}

export interface LedgerDependencies {
  readonly store: ChainStore;
  readonly lane: EvmLane;
}

/** A block that was executed and stored. */
export interface SealedBlock {
  readonly block: Block;
  readonly executed: ExecutedBlock;
}

/** The parts of a block that its execution needs; its ledger part was applied already. */
interface BlockParts {
  /** Seconds. */
  readonly timestamp: number;
  readonly l1Ops: readonly L1Op[];
  readonly txs: readonly SignedTx[];
  readonly feeAccounts: readonly AccountIndex[];
  readonly l1Messages: readonly L1Message[];
  readonly beneficiary: Hex;
  readonly ledgerRoot: Field;
  /** The ledger after the block's operations. */
  readonly account: (index: AccountIndex) => Account | undefined;
}

/** A block whose EVM part is to be executed now. */
export interface PreparedBlock {
  readonly body: BlockBody;
  readonly input: EvmBlockInput;
  readonly inboxCount: bigint;
}

/** What the ledger holds in memory; the operations on it are in the files beside this one. */
export class LedgerState {
  readonly options: LedgerOptions;
  readonly store: ChainStore;
  readonly lane: EvmLane;
  /** After the last closed batch. */
  readonly tree: AccountTree;
  /** Shapes this ledger's own batches are closed in, the smallest first. */
  readonly shapes: readonly ShapeName[];
  open: OpenRun | undefined;
  /** Accounts that the close of the last batch may have changed: contracts see them with the next block. */
  carried: readonly AccountIndex[] = [];

  constructor(options: LedgerOptions, deps: LedgerDependencies & { tree: AccountTree }) {
    this.options = options;
    this.shapes = bySize(options.shapes);
    this.store = deps.store;
    this.lane = deps.lane;
    this.tree = deps.tree;
  }

  /** The shape new batches are filled up to. */
  get largestShape(): ShapeName {
    return this.shapes.at(-1) ?? 'small';
  }

  newRun(record: OpenBatchRecord): OpenRun {
    return new OpenRun(record, { tree: this.tree, domain: this.store.domain });
  }

  /** Forgets a batch that got no block. */
  abandonEmpty(): void {
    if (this.open?.blocks.length === 0) this.open = undefined;
  }

  /** The next block of a batch, made of what was applied to it. */
  prepare(record: OpenBatchRecord, parts: BlockParts): PreparedBlock {
    const { head } = this.store;
    const { timestamp, l1Ops, txs, feeAccounts, l1Messages, beneficiary, ledgerRoot, account } = parts;
    const number = head.block + 1n;
    const body: BlockBody = {
      ...{ number, timestamp, batch: record.number, txs, feeAccounts, ledgerRoot },
      l1: { firstQueueIndex: head.nextQueueIndex, ops: l1Ops },
    };
    const carried = number === record.firstBlock ? this.carried : [];
    const mirror = mirrorOf({ l1Ops, txs }, { account, carried });
    const messages = [...l1Messages, ...exitMessages({ txs }, { account, evmLane: this.options.evmLane })];
    const hash = ledgerHash({ ...body, firstQueueIndex: head.nextQueueIndex, l1Ops });
    const parent = this.lane.head;
    const input = { parent, timestamp, beneficiary, ledgerRoot, ledgerHash: hash, mirror, messages };
    return { body, input, inboxCount: head.inboxCount + BigInt(l1Messages.length) };
  }

  /** Stores a block after its execution, and makes it the head of both lanes. */
  async append(record: OpenBatchRecord, prepared: PreparedBlock, executed: ExecutedBlock): Promise<SealedBlock> {
    const { mirror, messages } = prepared.input;
    const { header, hash, systemTxs, receipts, outbox } = executed;
    const txs = executed.txs.map(({ raw }) => raw);
    const { inboxCount } = prepared;
    const block = blockOf(prepared.body, {
      header,
      hash,
      mirror,
      messages,
      txs,
      systemTxs,
      receipts,
      inboxCount,
      outbox,
    });
    await this.store.appendBlock(block, record, executed.writes);
    executed.commit();
    return { block, executed };
  }

  /** The open batch was closed. */
  closed(closed: ClosedBatch): void {
    this.open = undefined;
    this.carried = touchedBy(closed);
  }
}

/** Accounts that a close may have changed. */
export function touchedBy({ slots }: ClosedBatch): AccountIndex[] {
  return slots.filter(({ after }) => after !== undefined).map(({ index }) => index);
}

function bySize(shapes: readonly ShapeName[]): ShapeName[] {
  return [...shapes].sort((x, y) => SHAPES[x].N - SHAPES[y].N);
}
