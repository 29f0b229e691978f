import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { BASE8, isOnCurve } from '../../../protocol/crypto/babyjub.ts';
import { poseidon } from '../../../protocol/crypto/poseidon.ts';
import { R_FIELD } from '../../../protocol/field.ts';
import { POSEIDON } from '../../../protocol/lane/addresses.ts';
import { GAS } from './gas.ts';
import { type Contract, deploy, precompileAt, Reverted, World } from './testing/world.ts';

interface EdgeCase {
  readonly name: string;
  readonly pub: readonly string[];
  readonly message: string;
  readonly r8: readonly string[];
  readonly s: string;
  readonly accept: boolean;
}

const vectors = new URL('../../../test/vectors/', import.meta.url);
const edgeCases: readonly EdgeCase[] = JSON.parse(readFileSync(new URL('eddsa-edge.json', vectors), 'utf8'));
const known: { poseidon: readonly { inputs: readonly string[]; expected: string }[] } = JSON.parse(
  readFileSync(new URL('crypto.json', vectors), 'utf8'),
);
const WORD_LIMIT = 2n ** 256n;

const wordsOf = ({ pub, message, r8, s }: Omit<EdgeCase, 'name' | 'accept'>) => [...pub, message, ...r8, s].map(BigInt);
/** Words that do not fit 256 bits cannot be sent. */
const sendable = edgeCases.filter((item) => wordsOf(item).every((word) => word >= 0n && word < WORD_LIMIT));

let world: World;
let user: Contract;

beforeAll(async () => {
  world = await World.create();
  user = await deploy(world, 'PrecompileUser');
});

const refused = (custom: string, act: Promise<unknown>) => expect(act).rejects.toEqual(new Reverted('revert', custom));

describe('Poseidon', () => {
  test.each(known.poseidon)('of $inputs is the published one', async ({ inputs, expected }) => {
    expect(await user.call('hash', [inputs.map(BigInt)])).toBe(BigInt(expected));
  });

  test('takes 1 to 16 words, up to r − 1', async () => {
    for (let length = 1; length <= 16; length += 1) {
      const words = Array.from({ length }, (_, i) => R_FIELD - 1n - BigInt(i));
      expect(await user.call('hash', [words])).toBe(poseidon(words));
    }
  });

  test('refuses other numbers of words, and words that are not canonical, by their position', async () => {
    await refused('BadArity(0)', user.call('hash', [[]]));
    await refused('BadArity(17)', user.call('hash', [Array.from({ length: 17 }, () => 0n)]));
    await refused('WordNotCanonical(0)', user.call('hash', [[R_FIELD, R_FIELD]]));
    await refused('WordNotCanonical(2)', user.call('hash', [[0n, 1n, WORD_LIMIT - 1n]]));
  });

  test('costs by the word, a refused one no less', async () => {
    const precompile = await precompileAt(world, 'IPoseidon', POSEIDON);
    const gas = async (words: bigint[]) => (await precompile.outcome('hash', [words])).gasUsed;
    const [one, two] = [await gas([1n]), await gas([1n, 2n])];
    expect(two - one).toBe(GAS.poseidonWord + GAS.inputWord);
    expect(await gas([1n, R_FIELD])).toBe(two);
  });
});

describe('Baby Jubjub', () => {
  test.each(sendable)('$name: the circuit’s verdict', async ({ pub, message, r8, s, accept }) => {
    const [pubX, pubY, m, r8x, r8y, scalar] = wordsOf({ pub, message, r8, s });
    expect(await user.call('verify', [[pubX, pubY], m, [r8x, r8y, scalar]])).toBe(accept);
  });

  test('words that are not canonical make no signature', async () => {
    const good = edgeCases.find(({ accept }) => accept);
    const words = good === undefined ? [] : wordsOf(good);
    const verify = ([x, y, m, rx, ry, s]: bigint[]) => user.call('verify', [[x, y], m, [rx, ry, s]]);
    expect(await verify(words)).toBe(true);
    for (let i = 0; i < 6; i += 1) {
      expect(await verify(words.map((word, at) => (at === i ? word + R_FIELD : word)))).toBe(false);
      expect(await verify(words.map((word, at) => (at === i ? WORD_LIMIT - 1n : word)))).toBe(false);
    }
  });

  test('tells points of the curve from others, with canonical coordinates only', async () => {
    const [x, y] = BASE8;
    const cases = [
      [x, y],
      [0n, 1n],
      [0n, 0n],
      [y, x],
      [x + R_FIELD, y],
      [x, y + R_FIELD],
      [x, WORD_LIMIT - 1n],
    ];
    for (const [px = 0n, py = 0n] of cases) {
      const expected = px < R_FIELD && py < R_FIELD && isOnCurve([px as typeof x, py as typeof y]);
      expect(await user.call('isOnCurve', [[px, py]])).toBe(expected);
    }
    expect(await user.call('isOnCurve', [[x, y]])).toBe(true);
  });
});
