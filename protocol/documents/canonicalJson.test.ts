import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import { expectCode } from '../testing/expectCode.ts';
import { SeededRandom } from '../testing/random.ts';
import { canonicalJson, parseCanonicalJson } from './canonicalJson.ts';

describe('canonical JSON', () => {
  it('sorts members by UTF-16 code units, at every depth, and leaves lists as they are', () => {
    const value = { b: [3, 1], a: { z: null, Z: true, é: 'x', '10': 1, '9': 2 }, '': '' };
    expect(canonicalJson(value)).toBe('{"":"","a":{"10":1,"9":2,"Z":true,"z":null,"é":"x"},"b":[3,1]}');
    // U+1F600 begins with the unit D83D, which is below U+FF5E
    expect(canonicalJson({ '\uff5e': 1, '\u{1f600}': 2 })).toBe('{"\u{1f600}":2,"\uff5e":1}');
  });

  it('writes strings as JSON.stringify does', () => {
    for (const text of ['', '"\\/', '\u0000\n\u007f\u2028', '\ud800', 'ä€😀']) {
      expect(canonicalJson(text)).toBe(JSON.stringify(text));
    }
  });

  it('has members named like parts of every object', () => {
    const text = '{"__proto__":1,"constructor":2,"toString":3}';
    expect(canonicalJson(JSON.parse(text))).toBe(text);
    expect(canonicalJson(parseCanonicalJson(text))).toBe(text);
  });

  it('takes integers up to 2^53 − 1 and refuses other numbers', () => {
    expect(canonicalJson([0, 2 ** 53 - 1, -5])).toBe('[0,9007199254740991,-5]');
    for (const number of [0.5, 2 ** 53, -(2 ** 53), 1e21, Number.NaN, Number.POSITIVE_INFINITY, -0]) {
      expectCode('INVALID_ARGUMENT', () => canonicalJson({ number }));
    }
  });

  it('refuses what is no JSON, wherever it stands', () => {
    for (const value of [undefined, 5n, () => 1, Symbol('x'), new Date(0), new Map(), new Uint8Array(1)]) {
      expectCode('INVALID_ARGUMENT', () => canonicalJson(value as unknown as Json));
      expectCode('INVALID_ARGUMENT', () => canonicalJson([{ value }] as unknown as Json));
    }
    // biome-ignore lint/suspicious/noSparseArray: the hole is the case
    expectCode('INVALID_ARGUMENT', () => canonicalJson([1, , 2] as unknown as Json));
  });

  it('refuses nesting that would end the stack', () => {
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    expectCode('INVALID_ARGUMENT', () => canonicalJson(JSON.parse(deep)));
    expectCode('MALFORMED_BYTES', () => parseCanonicalJson(deep));
  });

  it('is read back only from its one text', () => {
    expect(parseCanonicalJson('{"a":[1,"x"],"b":null}')).toEqual({ a: [1, 'x'], b: null });
    for (const text of [
      '{"b":1,"a":2}',
      '{"a":1,"a":1}',
      '{ "a":1}',
      '{"a":1}\n',
      '\ufeff{}',
      '1.0',
      '1e3',
      '-0',
      '9007199254740993',
      '"\\u0041"',
      '"\\/"',
      '{"a":}',
      '',
    ]) {
      expectCode('MALFORMED_BYTES', () => parseCanonicalJson(text));
    }
  });

  it('random values come back, whatever the order in which their members were put', () => {
    const seed = 20_261_123;
    const random = new SeededRandom(seed);
    for (let i = 0; i < 200; i += 1) {
      const value = randomJson(random, 4);
      const text = canonicalJson(value);
      expect(parseCanonicalJson(text), `seed ${seed}, value ${i}`).toEqual(value);
      expect(canonicalJson(shuffled(value, random))).toBe(text);
    }
  });
});

function randomJson(random: SeededRandom, depth: number): Json {
  const kind = random.int(depth === 0 ? 4 : 6);
  if (kind === 0) return null;
  if (kind === 1) return random.oneIn(2);
  if (kind === 2) return random.int(2 ** 53);
  if (kind === 3) return randomText(random);
  const items = Array.from({ length: random.int(4) }, () => randomJson(random, depth - 1));
  return kind === 4 ? items : Object.fromEntries(items.map((item) => [randomText(random), item]));
}

function randomText(random: SeededRandom): string {
  return String.fromCharCode(...Array.from({ length: random.int(6) }, () => random.int(2 ** 16)));
}

function shuffled(value: Json, random: SeededRandom): Json {
  if (Array.isArray(value)) return value.map((item: Json) => shuffled(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, shuffled(member, random)] as const);
  return Object.fromEntries(random.oneIn(2) ? members.reverse() : members);
}
