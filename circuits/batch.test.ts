import { beforeAll, describe, expect, test } from 'vitest';
import { R_FIELD } from '../protocol/field.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { actor, exit, register, signed, transfer } from '../protocol/testing/actors.ts';
import { closedBatches } from '../protocol/testing/exampleBatches.ts';
import { SeededRandom } from '../protocol/testing/random.ts';
import type { ClosedBatch, QueueItem } from '../protocol/types.ts';
import { batchSource, mainSource } from './build/circuits.ts';
import constraints from './constraints.json' with { type: 'json' };
import { batchInput } from './input.ts';
import { inputsOf, settle } from './test/forge.ts';
import { TestCircuit } from './test/harness.ts';
import { expectProvable as provable } from './test/provable.ts';
import {
  alice,
  at,
  bob,
  carol,
  claimScenario,
  close,
  createScenario,
  depositNew,
  FEES,
  fundedTree,
  l1Scenario,
  openBatch,
  overScenario,
  scenario,
} from './test/scenario.ts';

const SOURCE = batchSource(SHAPES.small);

let circuit: TestCircuit;
beforeAll(async () => {
  circuit = await TestCircuit.compile(SOURCE);
}, 300_000);

const expectProvable = (closed: ClosedBatch): Promise<void> => provable(circuit, closed);

describe('honest batches: the root that TypeScript computes is the circuit’s', () => {
  test('every operation of the ledger in one batch', () => expectProvable(scenario().closed));
  test('L1 operations that take effect', () => expectProvable(l1Scenario().closed));
  test('two claims of one channel, with royalty and fee', () => expectProvable(claimScenario().closed));
  test('an attestation and a channel for it, in one bundle', () => expectProvable(createScenario().closed));
  test('channels that are over, a model’s income', () => expectProvable(overScenario().closed));
  test('an empty batch', () => expectProvable(close(openBatch(fundedTree()))));

  test('boundaries: amount 0, whole balance, self-transfer, to the fee account, last index of the tree', async () => {
    const tree = fundedTree();
    const batch = openBatch(tree);
    batch.applyL1(depositNew(actor(5), 0n), at(2 ** 24 - 1));
    batch.nameFeeAccount(at(FEES));
    batch.applyTx(
      signed(alice, { signer: 1, nonce: 0, ops: [transfer(1, 1, 1000n), transfer(1, 9, 0n, { fee: 1000n })] }),
    );
    batch.applyTx(signed(actor(9), { signer: 9, nonce: 0, ops: [exit(9, 1n, 10n)] }));
    batch.applyTx(signed(bob, { signer: 2, nonce: 0, ops: [transfer(2, 2 ** 24 - 1, 500n)], validUntil: 2 ** 40 - 1 }));
    await expectProvable(close(batch));
  });

  test('void operations: deposit to an empty index, to another token, forced exit of an empty index', async () => {
    const items: QueueItem[] = [
      { opcode: 2, index: at(500), token: 0, amount: 5n, address: 1n },
      { opcode: 2, index: at(3), token: 0, amount: 5n, address: 1n },
      { opcode: 3, index: at(501), address: 1n },
    ];
    for (const item of items) {
      const batch = openBatch(fundedTree());
      expect(batch.applyL1(item).isVoid).toBe(true);
      await expectProvable(close(batch));
    }
  });

  test('amounts near 2^96', async () => {
    const tree = fundedTree();
    const batch = openBatch(tree);
    batch.applyL1(depositNew(actor(6), 2n ** 96n - 1n, 8), at(40));
    batch.applyTx(signed(actor(6), { signer: 40, nonce: 0, ops: [exit(40, 2n ** 160n - 1n, 2n ** 96n - 1n)] }));
    await expectProvable(close(batch));
  });

  test('an account that a later transaction registers can be the target of a deposit before: void', async () => {
    const batch = openBatch(fundedTree());
    expect(batch.applyL1({ opcode: 2, index: at(21), token: 0, amount: 5n, address: 1n }).isVoid).toBe(true);
    batch.applyTx(signed(alice, { signer: 1, nonce: 0, ops: [register(1, 21, carol, 5n)] }));
    await expectProvable(close(batch));
  });

  test('random batches', async () => {
    const seed = Number(process.env.SEED ?? 20261122);
    const random = new SeededRandom(seed);
    for (let round = 0; round < 4; round++) {
      const batch = openBatch(fundedTree());
      batch.nameFeeAccount(at(FEES));
      const nonces = new Map([
        [1, 0],
        [2, 0],
      ]);
      for (let i = 0; i < SHAPES.small.S; i++) {
        const from = random.pick([1, 2]);
        const nonce = nonces.get(from) ?? 0;
        const op = () => transfer(from, random.pick([1, 2, 9]), random.big(60n), { fee: random.big(5n) });
        batch.applyTx(signed(actor(from), { signer: from, nonce, ops: [op(), op()] }));
        nonces.set(from, nonce + 1);
      }
      try {
        await expectProvable(close(batch));
      } catch (cause) {
        throw new Error(`seed ${seed}, round ${round}`, { cause });
      }
    }
  });

  test('the batch of the shared vectors', async () => {
    const { second } = closedBatches();
    expect(second.batch.shape).toBe('small');
    await expectProvable(second);
  });

  test('the tools of the attack tests leave an honest batch as it is', () => {
    const { before, closed } = scenario();
    const inputs = inputsOf(closed);
    const settled = settle(inputsOf(closed), before, SHAPES.small);
    expect(settled.header).toEqual(inputs.header);
    expect(settled.children).toEqual(inputs.children);
    expect(settled.c).toBe(inputs.c);
  });
});

test('constraint counts are the recorded ones: a change is looked at', async () => {
  const proof = await TestCircuit.compile(await mainSource('account-proof'));
  expect({ 'account-proof': proof.constraintCount, 'batch-small': circuit.constraintCount }).toEqual({
    'account-proof': constraints['account-proof'],
    'batch-small': constraints['batch-small'],
  });
  // The domain of the proof also holds a row for each public input and for the constant.
  expect(circuit.constraintCount + 4).toBeLessThanOrEqual(2 ** 16);
});

/** Hints that nothing depends on where they are free. */
const HARMLESS = [
  /\.inv$/, // IsZero of 0: the inverse is multiplied by 0; the output is pinned by in · out = 0 and out = 1 − in · inv
  /^main\.op\[\d+\]\.hotFee\[\d\]$/, // 0 or 1 while the fee is 0: what it moves is 0
  /^main\.op\[\d+\]\.move\.birthTo$/, // no target: any birth in range, selected by nothing
  /^main\.op\[\d+\]\.token$/, // NOP: any token in range, selected by nothing
];

describe('every wire is pinned', () => {
  test('changing any single wire of a complete witness violates a constraint', async () => {
    const loose: string[] = [];
    const scenarios = [scenario(), l1Scenario(), claimScenario(), createScenario(), overScenario()];
    for (const { closed } of scenarios) {
      const witness = await circuit.solve(batchInput(closed));
      for (let wire = 1; wire < witness.length; wire++) {
        const value = witness[wire] ?? 0n;
        const changed = [(value + 1n) % R_FIELD, value === 0n ? R_FIELD - 1n : 0n];
        if (!changed.every((other) => circuit.notices(witness, wire, other))) loose.push(circuit.name(wire));
      }
    }
    expect(loose.filter((name) => !HARMLESS.some((pattern) => pattern.test(name)))).toEqual([]);
  }, 300_000);
});
