import { readFileSync } from 'node:fs';
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

  test('an addition can only be incomplete in the last four steps, and for 56 values of h', () => {
    const source = readFileSync(new URL('./varBaseMul.circom', import.meta.url), 'utf8');
    const pattern = BigInt(/var E = (\d+);/.exec(source)?.[1] ?? 0);
    const l = SUBGROUP_ORDER;
    const inverseOf2 = (l + 1n) / 2n;
    const residue = (x: bigint): bigint => ((x % l) + l) % l;
    const exceptional = new Set<bigint>();
    const steps = new Set<number>();
    // Before step k the accumulator is (constant + the top k bits of h)·Q; the step's addend is (c + next bit)·Q.
    let constant = 4n;
    for (let k = 0; k < 254; k++) {
      const rest = BigInt(253 - k);
      const c = (pattern >> rest) & 1n ? 1n : -2n;
      for (const bit of [0n, 1n]) {
        const addend = c + bit;
        // acc = addend, acc = −addend, 2·acc = −addend
        for (const m of new Set([residue(addend), residue(-addend), residue(-addend * inverseOf2)])) {
          for (let top = residue(m - constant); top < 1n << BigInt(k); top += l) {
            const first = ((top << 1n) | bit) << rest;
            for (let h = first; h < first + (1n << rest) && h < R_FIELD; h += 1n) {
              exceptional.add(h);
              steps.add(k);
            }
          }
        }
      }
      constant = 2n * constant + c;
    }
    // With the whole of h taken in, the constant has cancelled: the result is h·Q.
    expect(residue(constant)).toBe(0n);
    expect(Math.min(...steps)).toBe(250);
    expect(exceptional.size).toBe(56);
    for (const h of [0n, 1n, 2n]) expect(exceptional).toContain(h);
  });
});
