import { expect } from 'vitest';
import type { ClosedBatch } from '../../protocol/types.ts';
import { batchInput } from '../input.ts';
import type { TestCircuit } from './harness.ts';

/** What TypeScript executed satisfies every constraint (its new root is one of the inputs), and the public signals are what L1 computes. */
export async function expectProvable(circuit: TestCircuit, closed: ClosedBatch): Promise<void> {
  const witness = await circuit.solve(batchInput(closed));
  expect(circuit.violations(witness).map((i) => circuit.describe(i))).toEqual([]);
  const { c, r, y } = closed.commitment;
  expect(witness.slice(1, 4)).toEqual([c, r, y]);
}
