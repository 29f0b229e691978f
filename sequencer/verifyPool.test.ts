import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SignatureItem } from '../protocol/applyBatch.ts';
import { sign } from '../protocol/crypto/eddsa.ts';
import { actor } from '../protocol/testing/actors.ts';
import type { Field } from '../protocol/types.ts';
import { SequencerError } from './errors.ts';
import { VerifyPool } from './verifyPool.ts';

const alice = actor(1);

/** `count` signatures of which every third is over another message. */
function items(count: number): SignatureItem[] {
  return Array.from({ length: count }, (_, i) => {
    const message = BigInt(i + 1) as Field;
    const signed = i % 3 === 2 ? (BigInt(i) as Field) : message;
    return { pub: alice.key, message, signature: sign(alice.seed, signed) };
  });
}

describe('VerifyPool', () => {
  let pool: VerifyPool;
  beforeEach(() => {
    pool = new VerifyPool({ threads: 2 });
  });
  afterEach(() => pool.stop());

  test('gives the verdicts in order, for several requests at once', async () => {
    const all = items(50);
    const expected = all.map((_, i) => i % 3 !== 2);
    const [first, second, none] = await Promise.all([
      pool.verifyMany(all),
      pool.verifyMany(all.slice(0, 7)),
      pool.verifyMany([]),
    ]);
    expect(first).toEqual(expected);
    expect(second).toEqual(expected.slice(0, 7));
    expect(none).toEqual([]);
  });

  test('is stopped once, and refuses what comes later or is under way', async () => {
    const underWay = pool.verifyMany(items(20));
    const outcome = underWay.then(
      () => 'verified',
      (error: unknown) => error,
    );
    await pool.stop();
    await pool.stop();
    const error = await outcome;
    expect(error).toBeInstanceOf(SequencerError);
    expect(error).toMatchObject({ code: 'STOPPED' });
    await expect(pool.verifyMany(items(1))).rejects.toMatchObject({ code: 'STOPPED' });
  });
});

test('a thread that dies is replaced, and its portion is judged here', async () => {
  const pool = new VerifyPool({ threads: 1 });
  // Broken beyond what the types allow: the thread throws, and so does the check made in its stead.
  const broken = [
    { pub: alice.key, message: 1n as Field, signature: { r8: undefined, s: 1n } },
  ] as unknown as SignatureItem[];
  await expect(pool.verifyMany(broken)).rejects.toBeInstanceOf(TypeError);
  expect(await pool.verifyMany(items(3))).toEqual([true, true, false]);
  await pool.stop();
});
