import { describe, expect, it } from 'vitest';
import { DIGIT_CLASSES, DIGIT_PIXELS, drawDigits } from './digits.ts';
import { REVIEW_LETTERS, reviewCodes, writeReviews } from './reviews.ts';

const texts = (reviews: readonly { readonly text: string }[]) => reviews.map(({ text }) => text);

describe('drawDigits', () => {
  it('draws the same for the same seed, something else for another seed or domain', () => {
    const pictures = drawDigits('a', 20, 'plain');
    expect(drawDigits('a', 20, 'plain')).toEqual(pictures);
    expect(drawDigits('b', 20, 'plain')).not.toEqual(pictures);
    expect(drawDigits('a', 20, 'shifted')).not.toEqual(pictures);
  });

  it('draws every digit, each picture only once', () => {
    const pictures = drawDigits('all', 500, 'plain');
    expect(new Set(pictures.map(({ label }) => label)).size).toBe(DIGIT_CLASSES);
    expect(pictures.every(({ pixels }) => pixels.length === DIGIT_PIXELS && pixels.some((pixel) => pixel > 100))).toBe(
      true,
    );
    expect(new Set(pictures.map(({ pixels }) => Buffer.from(pixels).toString('hex'))).size).toBe(500);
  });
});

describe('writeReviews', () => {
  it('writes the same for the same seed', () => {
    expect(writeReviews('a', 50, 'asking')).toEqual(writeReviews('a', 50, 'asking'));
    expect(writeReviews('b', 50, 'asking')).not.toEqual(writeReviews('a', 50, 'asking'));
  });

  it('never asks what may be in a training set, whatever the seeds', () => {
    const training = new Set(texts(writeReviews('x', 4000, 'training')));
    expect(texts(writeReviews('x', 4000, 'asking')).filter((text) => training.has(text))).toEqual([]);
  });

  it('writes both kinds, short enough, in ASCII', () => {
    const reviews = writeReviews('kinds', 500, 'asking');
    expect(new Set(reviews.map(({ label }) => label))).toEqual(new Set([0, 1]));
    expect(reviews.every(({ text }) => text.length <= REVIEW_LETTERS && /^[\x20-\x7e]+$/.test(text))).toBe(true);
  });
});

describe('reviewCodes', () => {
  it('makes a byte of a letter, and zeros of what is missing', () => {
    const codes = reviewCodes('Héy!');
    expect([...codes.subarray(0, 4)]).toEqual([104, 121, 33, 0]);
    expect(reviewCodes('x'.repeat(100))).toEqual(new Uint8Array(REVIEW_LETTERS).fill(120));
  });
});
