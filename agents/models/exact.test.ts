import { describe, expect, it } from 'vitest';
import { argmax, exp, softmax, sqrt } from './exact.ts';

describe('exp', () => {
  it('is e^x to the last bits', () => {
    for (let x = -700; x < 700; x += 0.37) expect(Math.abs(exp(x) / Math.exp(x) - 1), `${x}`).toBeLessThan(1e-13);
  });

  it('has its exact values at the edges', () => {
    expect([exp(0), exp(-701), exp(Number.NEGATIVE_INFINITY)]).toEqual([1, 0, 0]);
  });
});

describe('sqrt', () => {
  it('is the root to the last bits', () => {
    for (const x of [1e-9, 0.25, 0.5, 1, 2, 6 / 256, 1e9])
      expect(Math.abs(sqrt(x) / Math.sqrt(x) - 1)).toBeLessThan(1e-15);
  });
});

describe('softmax', () => {
  it('does not overflow, and sums to 1', () => {
    const scores = Float64Array.of(1000, 1001, -1000);
    softmax(scores);
    expect(scores[0]).toBeCloseTo(1 / (1 + Math.E), 12);
    expect(scores.reduce((sum, value) => sum + value)).toBeCloseTo(1, 12);
  });
});

describe('argmax', () => {
  it('takes the first of equals', () => {
    expect(argmax([1, 3, 3])).toBe(1);
  });
});
