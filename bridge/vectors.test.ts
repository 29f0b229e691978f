import { readFile } from 'node:fs/promises';
import { BaseError } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE8, isOnCurve, mul } from '../protocol/crypto/babyjub.ts';
import { R_FIELD } from '../protocol/field.ts';
import { shapeById } from '../protocol/shapes.ts';
import { SeededRandom } from '../protocol/testing/random.ts';
import type { Field } from '../protocol/types.ts';
import { type Contract, Fixture } from './testing/fixture.ts';

interface BatchVector {
  readonly name: string;
  readonly shapeId: number;
  readonly batch: { readonly l1Ops: readonly unknown[]; readonly txs: readonly { readonly ops: readonly unknown[] }[] };
  readonly exits: readonly unknown[];
  readonly words: readonly string[];
  readonly body: `0x${string}`;
  readonly c: string;
  readonly r: string;
  readonly y: string;
}

const url = new URL('../test/vectors/batch.json', import.meta.url);
const { batches } = JSON.parse(await readFile(url, 'utf8')) as { batches: readonly BatchVector[] }; // our own file

let f: Fixture;
let harness: Contract;
beforeAll(async () => {
  f = await Fixture.start();
  harness = await f.deployTest('Harness');
});
afterAll(() => f?.l1.stop());

function argumentsOf(vector: BatchVector) {
  const { L, E } = shapeById(vector.shapeId);
  const head = [...vector.words.slice(0, 10).map(BigInt), BigInt(vector.shapeId), 0n];
  const ops = vector.batch.txs.reduce((sum, tx) => sum + tx.ops.length, 0);
  const counts = {
    l1: BigInt(vector.batch.l1Ops.length),
    exits: BigInt(vector.exits.length),
    ops: BigInt(ops),
    l1Slots: BigInt(L),
    exitSlots: BigInt(E),
  };
  return { head, c: BigInt(vector.c), body: vector.body, counts };
}

const evaluate = ({ head, c, body, counts }: ReturnType<typeof argumentsOf>) =>
  harness.read('publicInputs', [head, c, body, counts]);

describe('public inputs from posted data', () => {
  it('has vectors', () => {
    expect(batches.length).toBeGreaterThanOrEqual(2);
  });

  it.each(batches)('agree with the shared vector: $name', async (vector) => {
    expect(await evaluate(argumentsOf(vector))).toEqual([BigInt(vector.r), BigInt(vector.y)]);
  });

  it.each(batches)('depend on C, the shape and every header word: $name', async (vector) => {
    const args = argumentsOf(vector);
    const seen = new Set([String(await evaluate(args))]);
    seen.add(String(await evaluate({ ...args, c: (args.c + 1n) % R_FIELD })));
    for (let i = 0; i < 11; i += 1) {
      const head = args.head.map((word, k) => (k === i ? word + 1n : word));
      seen.add(String(await evaluate({ ...args, head })));
    }
    expect(seen.size).toBe(13);
  });

  it('depend on where the unused slots are', async () => {
    const [vector] = batches;
    if (vector === undefined) return expect.unreachable();
    const args = argumentsOf(vector);
    const [r, y] = (await evaluate(args)) as [bigint, bigint];
    const more = { ...args.counts, l1Slots: args.counts.l1Slots + 1n };
    const [sameR, otherY] = (await evaluate({ ...args, counts: more })) as [bigint, bigint];
    expect(sameR).toBe(r);
    expect(otherY).not.toBe(y);
  });

  it('are refused for a body one byte short or long', async () => {
    const [vector] = batches;
    if (vector === undefined) return expect.unreachable();
    const args = argumentsOf(vector);
    const short = args.body.slice(0, -2) as `0x${string}`;
    for (const body of [short, `${args.body}00` as const]) {
      const error = await evaluate({ ...args, body }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BaseError);
      expect(String(error)).toContain('BodyMalformed');
    }
  });
});

describe('on-curve check', () => {
  const at = (x: bigint, y: bigint) => harness.read('isOnCurve', [x, y]);

  it('agrees with the protocol on multiples of the base point and their neighbours', async () => {
    const random = new SeededRandom(7);
    for (let i = 0; i < 20; i += 1) {
      const [x, y] = mul(BASE8, random.big(R_FIELD));
      expect(isOnCurve([x, y])).toBe(true);
      expect(await at(x, y)).toBe(true);
      const off = (y + 1n) % R_FIELD;
      expect(await at(x, off)).toBe(isOnCurve([x, off as Field]));
    }
  });

  it('refuses coordinates that are not canonical', async () => {
    const [x, y] = BASE8;
    expect(await at(x + R_FIELD, y)).toBe(false);
    expect(await at(x, y + R_FIELD)).toBe(false);
    expect(await at(0n, 1n)).toBe(true);
    expect(await at(0n, 1n + R_FIELD)).toBe(false);
  });
});
