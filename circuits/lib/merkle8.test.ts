import { beforeAll, describe, expect, test } from 'vitest';
import { poseidon } from '../../protocol/crypto/poseidon.ts';
import { R_FIELD } from '../../protocol/field.ts';
import { TestCircuit } from '../test/harness.ts';

const SOURCE = 'pragma circom 2.1.6;\ninclude "circuits/lib/merkle8.circom";\ncomponent main = MerkleUpdate8(2);\n';
const leaves = Array.from({ length: 64 }, (_, i) => BigInt(i * i + 1));
const node = (children: readonly bigint[]): bigint => poseidon(children);
const group = (all: readonly bigint[], g: number): bigint[] => all.slice(8 * g, 8 * g + 8);
const root = (all: readonly bigint[]): bigint => node(Array.from({ length: 8 }, (_, g) => node(group(all, g))));

let circuit: TestCircuit;
beforeAll(async () => {
  circuit = await TestCircuit.compile(SOURCE);
}, 60_000);

const inputs = (index: number, newLeaf: bigint) => ({
  bits: Array.from({ length: 6 }, (_, i) => BigInt((index >> i) & 1)),
  oldLeaf: leaves[index] ?? 0n,
  newLeaf,
  children: [group(leaves, index >> 3), Array.from({ length: 8 }, (_, g) => node(group(leaves, g)))],
});

describe('MerkleUpdate8', () => {
  test('both roots, for every position', async () => {
    for (let index = 0; index < 64; index++) {
      const witness = await circuit.solve(inputs(index, 999n));
      expect(circuit.violations(witness)).toEqual([]);
      expect(witness.slice(1, 3)).toEqual([root(leaves), root(leaves.map((leaf, i) => (i === index ? 999n : leaf)))]);
    }
  });

  test.each([
    ['the old leaf is not among the children', { oldLeaf: 12345n }],
    ['the leaf of another position', { bits: [1n, 0n, 0n, 0n, 0n, 0n] }],
    ['a position bit of 2', { bits: [2n, 0n, 1n, 0n, 0n, 0n] }],
    ['a position bit of −1', { bits: [R_FIELD - 1n, 1n, 1n, 0n, 0n, 0n] }],
  ])('refuses when %s', async (_name, edit) => {
    expect(circuit.violations(await circuit.solve({ ...inputs(6, 5n), ...edit }))).not.toEqual([]);
  });
});
