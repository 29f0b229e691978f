/**
 * Functions whose bits are the same in every engine. ECMAScript pins + − × ÷ and Math.fround, floor, imul and max, and leaves Math.exp,
 * log, tanh and sqrt to the engine: training uses none of these.
 */

const LN2 = Math.LN2; // a constant, whose value the language fixes
/** Of the series of e^r for |r| ≤ ln 2 / 2: what is left out is below 2^−53. */
const TERMS = 14;

/** e^x, to the last bits but one; 0 below −700. */
export function exp(x: number): number {
  if (x < -700) return 0;
  const power = Math.floor(x / LN2 + 0.5);
  const r = x - power * LN2;
  let sum = 1;
  for (let i = TERMS; i > 0; i -= 1) sum = 1 + (r * sum) / i;
  const factor = power < 0 ? 0.5 : 2;
  for (let i = Math.abs(power); i > 0; i -= 1) sum *= factor;
  return sum;
}

/** √x for x > 0 by Newton's steps from above: they fall until they cannot. */
export function sqrt(x: number): number {
  let guess = x > 1 ? x : 1;
  for (;;) {
    const next = (guess + x / guess) / 2;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** Turns scores into probabilities, in place. */
export function softmax(scores: Float64Array): void {
  let max = Number.NEGATIVE_INFINITY;
  for (const score of scores) max = Math.max(max, score);
  let sum = 0;
  for (let i = 0; i < scores.length; i += 1) {
    const value = exp((scores[i] ?? 0) - max);
    scores[i] = value;
    sum += value;
  }
  for (let i = 0; i < scores.length; i += 1) scores[i] = (scores[i] ?? 0) / sum;
}

/** Index of the largest; of equals the first. */
export function argmax(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i += 1) if ((scores[i] ?? 0) > (scores[best] ?? 0)) best = i;
  return best;
}
