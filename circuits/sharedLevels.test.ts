import { beforeAll, describe, expect, test } from 'vitest';
import { SHAPES } from '../protocol/shapes.ts';
import { batchSource } from './build/circuits.ts';
import { batchInput } from './input.ts';
import { TestCircuit, type Witness } from './test/harness.ts';
import { claimScenario, createScenario, l1Scenario, overScenario, scenario } from './test/scenario.ts';

const SHARED = 2; // as in every shape but `small`

let circuit: TestCircuit;
beforeAll(async () => {
  circuit = await TestCircuit.compile(batchSource({ ...SHAPES.small, shared: SHARED }));
}, 300_000);

const solve = (edit: (inputs: Record<string, unknown>) => void = () => undefined): Promise<Witness> => {
  const inputs = structuredClone(batchInput(scenario().closed, SHARED)) as Record<string, unknown>;
  edit(inputs);
  return circuit.solve(inputs as never);
};

describe('account slots that share two levels of the tree', () => {
  test.each(Object.entries({ scenario, l1Scenario, claimScenario, createScenario, overScenario }))(
    '%s',
    async (_name, start) => {
      const witness = await circuit.solve(batchInput(start().closed, SHARED));
      expect(circuit.violations(witness).map((i) => circuit.describe(i))).toEqual([]);
    },
  );

  test.each([
    ['a subroot above the paths', 0],
    ['a subroot beside the paths', 63],
  ])('%s is changed', async (_name, at) => {
    const witness = await solve((inputs) => {
      (inputs.subroots as bigint[])[at] = 77n;
    });
    expect(circuit.violations(witness)).not.toEqual([]);
  });

  test('an account is written under another subroot than it was read from', async () => {
    const witness = await solve((inputs) => {
      // index 20 becomes 20 + 8^6: same lower digits, next subroot
      const index = inputs.index as bigint[];
      index[4] = (index[4] ?? 0n) + 8n ** 6n;
    });
    expect(circuit.violations(witness)).not.toEqual([]);
  });

  test('every wire of the shared levels is pinned', async () => {
    const witness = await solve();
    const loose: string[] = [];
    for (let wire = 1; wire < witness.length; wire++) {
      const name = circuit.name(wire);
      if (!/subroots|oldTop|newTop|\.pick\.|\.place\./.test(name)) continue;
      if (!circuit.notices(witness, wire, (witness[wire] ?? 0n) + 1n)) loose.push(name);
    }
    expect(loose).toEqual([]);
  });
});
