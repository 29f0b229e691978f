import { beforeAll, describe, expect, test } from 'vitest';
import { add, BASE8, mul, SUBGROUP_ORDER } from '../../protocol/crypto/babyjub.ts';
import { R_FIELD } from '../../protocol/field.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import { TestCircuit } from '../test/harness.ts';

const SOURCE = 'pragma circom 2.1.6;\ninclude "circuits/lib/varBaseMul.circom";\ncomponent main = VarBaseMul();\n';
const bitsOf = (h: bigint): bigint[] => Array.from({ length: 254 }, (_, i) => (h >> BigInt(i)) & 1n);

let circuit: TestCircuit;
beforeAll(async () => {
  circuit = await TestCircuit.compile(SOURCE);
}, 120_000);

/** h·Q by the circuit; throws if the witness violates a constraint. */
async function multiply(h: bigint, q: readonly [bigint, bigint]): Promise<bigint[]> {
  const witness = await circuit.solve({ bits: bitsOf(h), p: q });
  expect(circuit.violations(witness)).toEqual([]);
  return witness.slice(1, 3);
}

describe('VarBaseMul', () => {
  test('costs 7 constraints a bit', () => {
    expect(circuit.constraintCount).toBeLessThanOrEqual(254 * 7 + 12);
  });

  test.each([
    ['3', 3n],
    ['4', 4n],
    ['long runs of zeros', 1n << 250n],
    ['l − 1', SUBGROUP_ORDER - 1n],
    ['l + 1', SUBGROUP_ORDER + 1n],
    ['7l + 5', 7n * SUBGROUP_ORDER + 5n],
    ['the largest field element', R_FIELD - 1n],
  ])('h = %s', async (_name, h) => {
    expect(await multiply(h, BASE8)).toEqual([...mul(BASE8, h % SUBGROUP_ORDER)]);
  });

  // 0, ±1, ±2 and their like end on an incomplete addition (or on the neutral point): such a hash makes the signature unprovable, and
  // has a probability below 2^-247.
  test.each([0n, 1n, 2n])('h = %s has no witness', async (h) => {
    const witness = await circuit.solve({ bits: bitsOf(h), p: BASE8 });
    expect(circuit.violations(witness)).not.toEqual([]);
  });

  test('random scalars and points', async () => {
    const random = new SeededRandom(7);
    for (let i = 0; i < 8; i++) {
      const q = mul(BASE8, random.big(SUBGROUP_ORDER - 1n) + 1n);
      const h = random.big(R_FIELD);
      expect(await multiply(h, q)).toEqual([...mul(q, h % SUBGROUP_ORDER)]);
    }
  });

  test('every slope and coordinate is pinned', async () => {
    const witness = await circuit.solve({ bits: bitsOf(R_FIELD - 2n), p: add(BASE8, BASE8) });
    const loose = witness
      .map((value, wire) => ({ wire, isNoticed: wire === 0 || circuit.notices(witness, wire, (value + 1n) % R_FIELD) }))
      .filter(({ isNoticed }) => !isNoticed);
    // Wire by wire, the bits are pinned by their caller (Num2Bits_strict) and the digits' sums here.
    expect(loose.map(({ wire }) => circuit.name(wire))).toEqual([]);
  });
});
