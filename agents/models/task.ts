/** What a task asks and how its answers are read. Questions are made fresh and were never in a training set. */
import type { TensorSpec } from '../execution/tensors.ts';
import { decodeTensors, encodeTensors } from '../execution/tensors.ts';
import type { DigitDomain } from './digits.ts';
import { DIGIT_CLASSES, DIGIT_SIZE, drawDigits } from './digits.ts';
import { argmax } from './exact.ts';
import { REVIEW_CLASSES, REVIEW_LETTERS, reviewCodes, writeReviews } from './reviews.ts';

/** `digits`: which digit a picture shows. `text`: whether a review pleases (1) or complains (0). */
export type Task = 'digits' | 'text';

export interface Labelled {
  /** Tensors' bytes, as a model of the task takes them. */
  readonly input: Uint8Array;
  readonly label: number;
}

export interface LabelledOptions {
  readonly seed: string | number;
  readonly count: number;
  /** Of digits; default `plain`. */
  readonly domain?: DigitDomain;
}

export const CLASSES: Readonly<Record<Task, number>> = { digits: DIGIT_CLASSES, text: REVIEW_CLASSES };

/** All models of a task take and give the same. */
export const TASK_INPUT: Readonly<Record<Task, TensorSpec>> = {
  digits: { name: 'image', type: 'uint8', dimensions: [DIGIT_SIZE, DIGIT_SIZE] },
  text: { name: 'letters', type: 'uint8', dimensions: [REVIEW_LETTERS] },
};
export const SCORES = 'scores';

/** The same questions for the same seed. */
export function labelled(task: Task, { seed, count, domain = 'plain' }: LabelledOptions): Labelled[] {
  if (task === 'digits') {
    return drawDigits(`asking ${seed}`, count, domain).map(({ pixels, label }) => ({
      input: digitInput(pixels),
      label,
    }));
  }
  return writeReviews(String(seed), count, 'asking').map(({ text, label }) => ({ input: textInput(text), label }));
}

/** A picture of 16 × 16 bytes, row by row, 0 is paper. */
export function digitInput(pixels: Uint8Array): Uint8Array {
  return encodeTensors([{ name: 'image', type: 'uint8', dimensions: [DIGIT_SIZE, DIGIT_SIZE], data: pixels }]);
}

/** A text: its first 64 letters. */
export function textInput(text: string): Uint8Array {
  return encodeTensors([{ name: 'letters', type: 'uint8', dimensions: [REVIEW_LETTERS], data: reviewCodes(text) }]);
}

/** The class with the highest score; −1 for bytes that are no scores of this task: a wrong answer, whoever sent it. */
export function labelOf(task: Task, output: Uint8Array): number {
  try {
    const [scores, ...others] = decodeTensors(output, { maxBytes: 1024 });
    if (scores?.name !== SCORES || scores.type !== 'float32' || others.length > 0) return -1;
    const data = scores.data as Float32Array; // its type is float32
    if (data.length !== CLASSES[task] || data.some(Number.isNaN)) return -1;
    return argmax(data);
  } catch {
    return -1;
  }
}
