/** What each model is trained with, on and from. A change here is another model. */
import type { DenseShape, Example, Training } from './denseNet.ts';
import { DIGIT_CLASSES, DIGIT_PIXELS, drawDigits } from './digits.ts';
import type { LetterShape } from './letterNet.ts';
import { REVIEW_CLASSES, REVIEW_LETTERS, reviewCodes, writeReviews } from './reviews.ts';

export type DigitName = 'digits' | 'digitsFine' | 'digitsSmall';

export interface DigitRecipe {
  readonly name: DigitName;
  /** Whose weights it begins with. */
  readonly parent?: DigitName;
  readonly shape: DenseShape;
  readonly plain: number;
  readonly shifted: number;
  readonly training: Training;
}

const digits = (hidden: number): DenseShape => ({ inputs: DIGIT_PIXELS, hidden, classes: DIGIT_CLASSES });
const usual = { batch: 16, momentum: 0.9, decay: 1e-5 } as const;

/** In the order in which they are trained: a parent before its children. */
export const DIGIT_RECIPES: readonly DigitRecipe[] = [
  {
    name: 'digits',
    shape: digits(48),
    plain: 5000,
    shifted: 0,
    training: { ...usual, seed: 'digits', epochs: 6, rate: 0.08 },
  },
  {
    name: 'digitsFine',
    parent: 'digits',
    shape: digits(48),
    plain: 16_000,
    shifted: 12_000,
    training: { ...usual, seed: 'digitsFine', epochs: 4, rate: 0.06 },
  },
  {
    name: 'digitsSmall',
    shape: digits(12),
    plain: 250,
    shifted: 0,
    training: { ...usual, seed: 'digitsSmall', epochs: 10, rate: 0.05 },
  },
];

export interface TextRecipe {
  readonly name: 'text';
  readonly shape: LetterShape;
  readonly reviews: number;
  readonly training: Training;
}

export const TEXT_RECIPE: TextRecipe = {
  name: 'text',
  shape: { letters: REVIEW_LETTERS, codes: 256, width: 6, window: 9, patterns: 24, classes: REVIEW_CLASSES },
  reviews: 3500,
  training: { ...usual, seed: 'text', epochs: 6, rate: 0.1 },
};

/** Questions that a finished model is measured with. */
export const MEASURED_QUESTIONS = 2000;

/** The pictures of a training set, plain ones first. */
export function digitExamples({ name, plain, shifted }: DigitRecipe): Example[] {
  return [...drawDigits(`training ${name}`, plain, 'plain'), ...drawDigits(`training ${name}`, shifted, 'shifted')].map(
    ({ pixels, label }) => ({ values: pixels, label }),
  );
}

/** As a file: a label and 256 pixels each. */
export function digitDataset(examples: readonly Example[]): Uint8Array {
  const bytes = new Uint8Array(examples.length * (1 + DIGIT_PIXELS));
  examples.forEach(({ values, label }, i) => {
    bytes[i * (1 + DIGIT_PIXELS)] = label;
    bytes.set(values, i * (1 + DIGIT_PIXELS) + 1);
  });
  return bytes;
}

export function textExamples({ reviews }: TextRecipe): { readonly examples: Example[]; readonly dataset: Uint8Array } {
  const written = writeReviews('training text', reviews, 'training');
  return {
    examples: written.map(({ text, label }) => ({ values: reviewCodes(text), label })),
    dataset: new TextEncoder().encode(written.map(({ text, label }) => `${label}\t${text}\n`).join('')),
  };
}
