import { NO_ACCOUNT } from '../protocol/ids.ts';
import type { Hex } from '../protocol/lane/types.ts';
import { OpenBatch } from '../protocol/openBatch.ts';
import { SHAPES } from '../protocol/shapes.ts';
import type { AccountTree } from '../protocol/tree.ts';
import type { AccountIndex, FeeLanes, Field, ShapeName } from '../protocol/types.ts';
import type { Block } from './block.ts';
import { userGas } from './evm/fees.ts';
import { replayBlock } from './replay.ts';
import type { OpenBatchRecord } from './types.ts';

/** The batch that is being filled: its stored blocks, and what was applied since the last of them. */
export class OpenRun {
  readonly #deps: { readonly tree: AccountTree; readonly domain: Field };
  readonly blocks: Block[] = [];
  #record: OpenBatchRecord;
  #batch: OpenBatch;
  #evmBytes = 0;
  #evmGas = 0n;

  /** One without a block. */
  constructor(record: OpenBatchRecord, deps: { tree: AccountTree; domain: Field }) {
    this.#deps = deps;
    this.#record = record;
    this.#batch = this.#empty(record.shape);
  }

  get record(): OpenBatchRecord {
    return this.#record;
  }

  get batch(): OpenBatch {
    return this.#batch;
  }

  /** What it posts for the EVM lane so far, in bytes before compression, and the gas its users' transactions used. */
  get evmUse(): { readonly bytes: number; readonly gas: bigint; readonly blocks: number } {
    return { bytes: this.#evmBytes, gas: this.#evmGas, blocks: this.blocks.length };
  }

  /** All blocks of a batch have the same; undefined: there is none yet. */
  get beneficiary(): Hex | undefined {
    return this.blocks[0]?.evm.header.coinbase.toString();
  }

  /** Fee accounts named by the stored blocks. */
  get feeAccounts(): readonly AccountIndex[] {
    return this.blocks.at(-1)?.feeAccounts ?? [];
  }

  /** What was applied is in this block now. */
  add(block: Block): void {
    this.blocks.push(block);
    this.#evmBytes += evmBytes(block);
    this.#evmGas += userGas(block.evm);
  }

  /** Whether nothing is applied that no stored block has. */
  get isAsStored(): boolean {
    const { l1Ops, txs } = this.#batch.counts;
    const count = (of: (block: Block) => number): number => this.blocks.reduce((sum, block) => sum + of(block), 0);
    return (
      isNamed(this.#batch.feeAccounts, this.feeAccounts) &&
      l1Ops === count((block) => block.l1.ops.length) &&
      txs === count((block) => block.txs.length)
    );
  }

  /** The batch of the stored blocks alone, in slots of this shape. @throws ChainError BLOCK_INVALID */
  remade(shape: ShapeName): OpenBatch {
    const batch = this.#empty(shape);
    for (const block of this.blocks) replayBlock(batch, block);
    return batch;
  }

  /** Forgets what was applied since the last stored block, and goes on in slots of this shape. @throws ChainError BLOCK_INVALID */
  reset(shape: ShapeName = this.#record.shape): void {
    this.#batch = this.remade(shape);
    this.#record = { ...this.#record, shape };
  }

  #empty(shape: ShapeName): OpenBatch {
    const { number, timestamp, firstBlock } = this.#record;
    const { domain, tree } = this.#deps;
    return new OpenBatch({ number, shape: SHAPES[shape], domain, timestamp, firstBlock }, { tree });
  }
}

/**
 * A lane may have been opened for a transaction that was refused after all. If no block with that lane was stored, the blocks say otherwise
 * than the header would, and what they post would not count (docs/protocol.md section 11): they decide.
 */
export function isNamed(lanes: FeeLanes, inBlocks: readonly AccountIndex[]): boolean {
  return inBlocks.length <= lanes.length && lanes.every((index, i) => index === (inBlocks[i] ?? NO_ACCOUNT));
}

function evmBytes({ evm }: Block): number {
  return evm.txs.slice(evm.systemTxs).reduce((sum, { length }) => sum + length, 0);
}
