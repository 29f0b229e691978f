/** The ledger's side of a contract test: real batches by protocol code, from queue entries and transactions. */

import { applyBatch } from '../../protocol/applyBatch.ts';
import { accountIndex, batchNumber } from '../../protocol/ids.ts';
import { OpenBatch } from '../../protocol/openBatch.ts';
import { shape } from '../../protocol/shapes.ts';
import { AccountTree } from '../../protocol/tree.ts';
import type { ClosedBatch, Field, ShapeName, SignedTx } from '../../protocol/types.ts';
import type { Proof, QueueEntry } from '../client/types.ts';
import { NO_EVM } from './evmBatch.ts';

/** The mock verifiers look at public inputs only. */
export const ANY_PROOF: Proof = {
  a: [1n, 2n],
  b: [
    [3n, 4n],
    [5n, 6n],
  ],
  c: [7n, 8n],
};

export class TestLedger {
  readonly tree = new AccountTree();
  readonly #domain: Field;
  #number = 0;
  #lastBlock = 0n;
  #nextIndex = 1;

  constructor(domain: Field) {
    this.#domain = domain;
  }

  /** Builds the next batch. New accounts get the next free index. */
  close(parts: {
    timestamp: number;
    queue?: readonly QueueEntry[];
    txs?: readonly SignedTx[];
    shape?: ShapeName;
    blocks?: bigint;
    evmCommitment?: bigint;
  }): ClosedBatch {
    this.#number += 1;
    const open = new OpenBatch(
      {
        number: batchNumber(this.#number),
        shape: shape(parts.shape ?? 'small'),
        domain: this.#domain,
        timestamp: parts.timestamp,
        firstBlock: this.#lastBlock + 1n,
      },
      { tree: this.tree },
    );
    for (const { item } of parts.queue ?? []) {
      if (item.opcode === 1) open.applyL1(item, accountIndex(this.#nextIndex++));
      else open.applyL1(item);
    }
    for (const tx of parts.txs ?? []) open.applyTx(tx, { signatureChecked: true });
    this.#lastBlock += parts.blocks ?? 1n;
    return open.close({ lastBlock: this.#lastBlock, evmCommitment: parts.evmCommitment ?? NO_EVM.commitment });
  }

  /** Catches up with batches built by another ledger. */
  replay(batches: readonly ClosedBatch[]): void {
    for (const { batch } of batches) {
      applyBatch(this.tree, batch, { signaturesChecked: true });
      this.#number = batch.number;
      this.#lastBlock = batch.lastBlock;
      this.#nextIndex += batch.l1Ops.filter(({ opcode }) => opcode === 1).length;
    }
  }
}
