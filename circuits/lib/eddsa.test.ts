import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { BASE8, IDENTITY, mul, SUBGROUP_ORDER } from '../../protocol/crypto/babyjub.ts';
import { verify } from '../../protocol/crypto/eddsa.ts';
import { poseidon } from '../../protocol/crypto/poseidon.ts';
import { R_FIELD } from '../../protocol/field.ts';
import type { Field } from '../../protocol/types.ts';
import { TestCircuit } from '../test/harness.ts';

interface EdgeCase {
  readonly name: string;
  readonly pub: readonly [string, string];
  readonly message: string;
  readonly r8: readonly [string, string];
  readonly s: string;
  readonly accept: boolean;
}

const cases = JSON.parse(
  readFileSync(new URL('../../test/vectors/eddsa-edge.json', import.meta.url), 'utf8'),
) as EdgeCase[];
const SOURCE = 'pragma circom 2.1.6;\ninclude "circuits/lib/eddsa.circom";\ncomponent main = EdDSAVerify();\n';

let circuit: TestCircuit;
beforeAll(async () => {
  circuit = await TestCircuit.compile(SOURCE);
}, 120_000);

const pair = ([x, y]: readonly [string, string]) => [BigInt(x) as Field, BigInt(y) as Field] as const;
const isOnCurve = ([x, y]: readonly [bigint, bigint]): boolean =>
  (168700n * x * x + y * y - 1n - 168696n * x * x * y * y) % R_FIELD === 0n;

describe('EdDSAVerify says what TypeScript says', () => {
  // The circuit relies on the tree for keys on the curve (keys are checked when they enter it).
  test.each(cases.filter(({ pub }) => isOnCurve(pair(pub))))('$name', async ({ pub, message, r8, s, accept }) => {
    const [ax, ay] = pair(pub);
    const [r8x, r8y] = pair(r8);
    const m = BigInt(message) as Field;
    const witness = await circuit.solve({ enabled: 1n, ax, ay, r8x, r8y, s: BigInt(s), m });
    expect(circuit.violations(witness).length === 0).toBe(accept);
    expect(verify([ax, ay], m, { r8: [r8x, r8y], s: BigInt(s) })).toBe(accept);
  });

  test('enough cases of both kinds', () => {
    expect(cases.filter(({ accept }) => accept).length).toBeGreaterThan(5);
    expect(cases.filter(({ accept }) => !accept).length).toBeGreaterThan(20);
  });

  test('a disabled slot accepts any signature over points on the curve', async () => {
    const [first] = cases.filter(({ accept }) => accept);
    if (first === undefined) throw new RangeError('no accepted case');
    const [ax, ay] = pair(first.pub);
    const [r8x, r8y] = pair(first.r8);
    const witness = await circuit.solve({ enabled: 0n, ax, ay, r8x, r8y, s: 5n, m: 6n });
    expect(circuit.violations(witness)).toEqual([]);
  });

  test('R8 may be the neutral point: both accept what its owner can sign that way', async () => {
    const secret = 123_456_789_123_456_789n;
    const key = mul(BASE8, secret);
    const m = 77n as Field;
    const s = (poseidon([...IDENTITY, ...key, m]) * 8n * secret) % SUBGROUP_ORDER;
    const witness = await circuit.solve({ enabled: 1n, ax: key[0], ay: key[1], r8x: 0n, r8y: 1n, s, m });
    expect(circuit.violations(witness)).toEqual([]);
    expect(verify(key, m, { r8: IDENTITY, s })).toBe(true);
  });

  test('costs 521 constraints less than circomlib’s verifier', () => {
    expect(circuit.constraintCount).toBeLessThanOrEqual(3696);
  });

  test('every wire of an accepted signature is pinned, but `enabled`, a bit by the signature slot', async () => {
    const [first] = cases.filter(({ accept }) => accept);
    if (first === undefined) throw new RangeError('no accepted case');
    const [ax, ay] = pair(first.pub);
    const [r8x, r8y] = pair(first.r8);
    const witness = await circuit.solve({
      enabled: 1n,
      ax,
      ay,
      r8x,
      r8y,
      s: BigInt(first.s),
      m: BigInt(first.message),
    });
    const loose: string[] = [];
    for (let wire = 1; wire < witness.length; wire++) {
      if (!circuit.notices(witness, wire, ((witness[wire] ?? 0n) + 1n) % R_FIELD)) loose.push(circuit.name(wire));
    }
    expect(loose).toEqual(['main.enabled']);
  });
});
