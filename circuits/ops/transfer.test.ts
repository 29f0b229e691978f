import { beforeAll, describe, expect, test } from 'vitest';
import { R_FIELD } from '../../protocol/field.ts';
import type { CircuitInputs } from '../input.ts';
import { TestCircuit, type Witness } from '../test/harness.ts';

// Three slots: 0 and 1 of token 0, 2 born at position 9; the op stands at position 5 of 16.
const SOURCE = 'pragma circom 2.1.6;\ninclude "circuits/ops/transfer.circom";\ncomponent main = Move(3, 4, 5);\n';
const honest = {
  active: 1n,
  hasTo: 1n,
  create: 0n,
  from: 10n,
  to: 11n,
  token: 0n,
  kind: 1n,
  over: 0n,
  controller: 10n,
  debit: 30n,
  credit: 25n,
  slotIndex: [10n, 11n, 12n],
  slotToken: [0n, 0n, 0n],
  slotBirth: [0n, 3n, 9n],
  slotKind: [1n, 1n, 1n],
  slotOver: [0n, 0n, 0n],
  slotController: [10n, 11n, 12n],
  in: [100n, 50n, 7n],
};

let circuit: TestCircuit;
beforeAll(async () => {
  circuit = await TestCircuit.compile(SOURCE);
}, 60_000);

const solve = (edit: Partial<typeof honest> = {}): Promise<Witness> =>
  circuit.solve({ ...honest, ...edit } as CircuitInputs);
const out = (witness: Witness): bigint[] => witness.slice(1, 4);

describe('Move', () => {
  test('debits, then credits', async () => {
    const witness = await solve();
    expect(circuit.violations(witness)).toEqual([]);
    expect(out(witness)).toEqual([70n, 75n, 7n]);
  });

  test.each([
    ['nothing moves in a NOP', { active: 0n, hasTo: 0n, debit: 0n, credit: 0n }, [100n, 50n, 7n]],
    ['to itself', { to: 10n }, [95n, 50n, 7n]],
    ['the whole balance', { debit: 100n, credit: 100n }, [0n, 150n, 7n]],
    ['creation at this position', { to: 12n, create: 1n, slotBirth: [0n, 3n, 5n] }, [70n, 50n, 32n]],
  ])('%s', async (_name, edit, expected) => {
    const witness = await solve(edit);
    expect(circuit.violations(witness)).toEqual([]);
    expect(out(witness)).toEqual(expected);
  });

  test.each([
    ['one unit more than the balance', { debit: 101n }],
    ['an unknown source', { from: 13n, controller: 13n }],
    ['a source of another controller', { slotController: [11n, 11n, 12n] }],
    ['a source that is over, where it must not be', { slotOver: [1n, 0n, 0n] }],
    ['a source that is not over, where it must be', { over: 1n }],
    ['an unknown target', { to: 13n }],
    ['a source of another token', { token: 1n, slotToken: [0n, 1n, 1n] }],
    ['a target of another token', { slotToken: [0n, 1n, 0n] }],
    ['a source of another kind', { slotKind: [2n, 1n, 1n] }],
    ['a source born later', { from: 12n, controller: 12n }],
    ['a source that is never live', { slotBirth: [65535n, 3n, 9n] }],
    ['a target born later', { to: 12n }],
    ['a target that is never live', { slotBirth: [0n, 65535n, 9n] }],
    ['creation of an account that was live before', { create: 1n }],
    ['creation of an account born elsewhere', { to: 12n, create: 1n }],
  ])('refuses %s', async (_name, edit) => {
    expect(circuit.violations(await solve(edit))).not.toEqual([]);
  });

  /** Selection weights chosen by the prover, with everything that follows from them made consistent. */
  function select(witness: Witness, from: readonly bigint[], to: readonly bigint[]): void {
    const set = (name: string, value: bigint): void => {
      witness[circuit.wire(name)] = ((value % R_FIELD) + R_FIELD) % R_FIELD;
    };
    for (let j = 0; j < 3; j++) {
      const before = honest.in[j] ?? 0n;
      const mid = before - (from[j] ?? 0n) * honest.debit;
      const has = (name: string): boolean => circuit.has(name);
      if (has(`main.hotFrom[${j}]`)) set(`main.hotFrom[${j}]`, from[j] ?? 0n);
      if (has(`main.hotTo[${j}]`)) set(`main.hotTo[${j}]`, to[j] ?? 0n);
      if (has(`main.read[${j}]`)) set(`main.read[${j}]`, (from[j] ?? 0n) * before);
      set(`main.mid[${j}]`, mid);
      set(`main.out[${j}]`, mid + (to[j] ?? 0n) * honest.credit);
    }
  }

  test.each([
    ['another source', [0n, 1n, 0n], [0n, 1n, 0n]],
    ['another target', [1n, 0n, 0n], [0n, 0n, 1n]],
    ['no source', [0n, 0n, 0n], [0n, 1n, 0n]],
    ['two targets', [1n, 0n, 0n], [0n, 1n, 1n]],
    ['a target twice over', [1n, 0n, 0n], [0n, 2n, 0n]],
    ['weights that add up to one', [1n, 0n, 0n], [0n, 2n, -1n]],
    ['a negative source', [2n, -1n, 0n], [0n, 1n, 0n]],
  ])('a prover cannot select %s', async (_name, from, to) => {
    const witness = await solve();
    select(witness, [1n, 0n, 0n], [0n, 1n, 0n]);
    expect(circuit.violations(witness)).toEqual([]);
    select(witness, from, to);
    const violated = circuit.violations(witness).map((i) => circuit.describe(i).join(' '));
    expect(violated).toContainEqual(expect.stringMatching(/hotFrom|hotTo/));
  });
});
