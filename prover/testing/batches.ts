import { batchNumber } from '../../protocol/ids.ts';
import { OpenBatch } from '../../protocol/openBatch.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import { actor, TEST_DOMAIN, TEST_TIME } from '../../protocol/testing/actors.ts';
import { AccountTree } from '../../protocol/tree.ts';
import type { AccountIndex, ClosedBatch } from '../../protocol/types.ts';
import type { ProofResult } from '../types.ts';

/** A small closed batch with one deposit; batches of different numbers are different. */
export function closedBatch(number: number): ClosedBatch {
  const { key, address } = actor(1);
  const open = new OpenBatch(
    { number: batchNumber(number), shape: SHAPES.small, domain: TEST_DOMAIN, timestamp: TEST_TIME, firstBlock: 1n },
    { tree: new AccountTree() },
  );
  open.applyL1({ opcode: 1, token: 0, amount: BigInt(number), key, address }, 1 as AccountIndex);
  return open.close({ lastBlock: 1n, evmCommitment: 0n });
}

/** What a backend would return for this batch, without having proven anything. */
export function resultFor(closed: ClosedBatch): ProofResult {
  const { c, r, y } = closed.commitment;
  return {
    proof: {
      a: [1n, 2n],
      b: [
        [3n, 4n],
        [5n, 6n],
      ],
      c: [7n, 8n],
    },
    publicSignals: [c, r, y],
    seconds: { witness: 0.1, prove: 0.2, verify: 0.3 },
    peakMemoryMB: 1.5,
  };
}
