import { describe, expect, it } from 'vitest';
import type { Example } from './denseNet.ts';
import { DenseNet } from './denseNet.ts';
import { LetterNet } from './letterNet.ts';

const training = { seed: 't', epochs: 30, batch: 4, rate: 0.2, momentum: 0.9, decay: 0 };

/** Exclusive or: nothing without a hidden layer learns it. */
const XOR: readonly Example[] = [
  { values: Uint8Array.of(0, 0), label: 0 },
  { values: Uint8Array.of(0, 255), label: 1 },
  { values: Uint8Array.of(255, 0), label: 1 },
  { values: Uint8Array.of(255, 255), label: 0 },
];

/** Whether "ab" stands somewhere among letters a, b and c. */
const AB: readonly Example[] = Array.from({ length: 81 }, (_, n) => {
  const letters = [0, 1, 2, 3].map((digit) => 1 + (Math.floor(n / 3 ** digit) % 3));
  return { values: Uint8Array.from([...letters, 0, 0]), label: letters.join('').includes('12') ? 1 : 0 };
});

describe('DenseNet', () => {
  it('learns what takes a hidden layer', () => {
    const net = DenseNet.fresh({ inputs: 2, hidden: 8, classes: 2 }, 'xor');
    net.train(XOR, { ...training, epochs: 200 });
    expect(net.accuracy(XOR)).toBe(1);
  });

  it('comes to the same bits from the same seeds, to others from others', () => {
    const trained = (seed: string) => {
      const net = DenseNet.fresh({ inputs: 2, hidden: 8, classes: 2 }, 'xor');
      net.train(XOR, { ...training, batch: 1, seed });
      return net.parameters;
    };
    expect(trained('a')).toEqual(trained('a'));
    expect(trained('a')).not.toEqual(trained('b'));
  });

  it('leaves the parent alone when its copy is trained further', () => {
    const parent = DenseNet.fresh({ inputs: 2, hidden: 8, classes: 2 }, 'xor');
    const before = parent.copy().parameters;
    parent.copy().train(XOR, training);
    expect(parent.parameters).toEqual(before);
  });
});

describe('LetterNet', () => {
  it('finds a pattern wherever it stands', () => {
    const shape = { letters: 6, codes: 4, width: 3, window: 2, patterns: 6, classes: 2 };
    const net = LetterNet.fresh(shape, 'ab');
    net.train(AB, { ...training, rate: 0.1, epochs: 60 });
    expect(net.accuracy(AB)).toBe(1);
  });

  it('keeps the end of the text at nothing', () => {
    const shape = { letters: 6, codes: 4, width: 3, window: 2, patterns: 6, classes: 2 };
    const net = LetterNet.fresh(shape, 'ab');
    net.train(AB, { ...training, epochs: 3 });
    expect([...net.parameters[0].subarray(0, 3)]).toEqual([0, 0, 0]);
  });
});
