/**
 * A text classifier over letters: each letter becomes a few numbers, windows of letters are compared with learnt patterns, the best match of
 * each pattern anywhere in the text decides. Bits: see exact.ts.
 */
import { descend, type Example, type Training } from './denseNet.ts';
import { argmax, softmax, sqrt } from './exact.ts';
import { SeededRandom } from './seededRandom.ts';

export interface LetterShape {
  readonly letters: number;
  readonly codes: number;
  readonly width: number;
  readonly window: number;
  readonly patterns: number;
  readonly classes: number;
}

export class LetterNet {
  readonly shape: LetterShape;
  /** codes × width, patterns × window × width, patterns, patterns × classes, classes. */
  readonly parameters: readonly [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];

  private constructor(shape: LetterShape, parameters: LetterNet['parameters']) {
    this.shape = shape;
    this.parameters = parameters;
  }

  static fresh(shape: LetterShape, seed: string): LetterNet {
    const random = new SeededRandom(`engram weights ${seed}`);
    const filled = (length: number, bound: number) =>
      Float32Array.from({ length }, () => random.between(-bound, bound));
    const { codes, width, window, patterns, classes } = shape;
    const alphabet = filled(codes * width, 1);
    alphabet.fill(0, 0, width); // nothing, after the end of the text
    return new LetterNet(shape, [
      alphabet,
      filled(patterns * window * width, sqrt(3 / (window * width))),
      new Float32Array(patterns),
      filled(patterns * classes, sqrt(6 / patterns)),
      new Float32Array(classes),
    ]);
  }

  accuracy(examples: readonly Example[]): number {
    const run = new Run(this);
    return examples.filter(({ values, label }) => argmax(run.forward(values)) === label).length / examples.length;
  }

  /** In place. */
  train(examples: readonly Example[], { seed, epochs, batch, rate, momentum, decay }: Training): void {
    const random = new SeededRandom(`engram order ${seed}`);
    const order = Uint32Array.from(examples, (_, i) => i);
    const velocities = this.parameters.map((layer) => new Float32Array(layer.length));
    const run = new Run(this);
    const steps = epochs * Math.ceil(examples.length / batch);
    let step = 0;
    for (let epoch = 0; epoch < epochs; epoch += 1) {
      random.shuffle(order);
      for (let from = 0; from < order.length; from += batch) {
        const chosen = order.subarray(from, from + batch);
        for (const i of chosen) run.learn(examples[i]);
        const rateNow = (rate * (1 - step / steps)) / chosen.length;
        this.parameters.forEach((layer, at) => {
          descend(layer, run.gradients[at], velocities[at], rateNow, momentum, at === 1 ? decay * rateNow : 0);
        });
        step += 1;
      }
    }
  }
}

/** What one pass needs, kept between passes. */
class Run {
  readonly gradients: readonly [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
  readonly #net: LetterNet;
  /** The best match of each pattern, and where it is (−1: none is above 0). */
  readonly #best: Float64Array;
  readonly #where: Int32Array;
  readonly #scores: Float64Array;
  /** The letters of the text as numbers, letters × width. */
  readonly #numbers: Float64Array;

  constructor(net: LetterNet) {
    const { letters, width, patterns, classes } = net.shape;
    this.#net = net;
    const [a, b, c, d, e] = net.parameters;
    const like = (layer: Float32Array) => new Float32Array(layer.length);
    this.gradients = [like(a), like(b), like(c), like(d), like(e)];
    this.#best = new Float64Array(patterns);
    this.#where = new Int32Array(patterns);
    this.#scores = new Float64Array(classes);
    this.#numbers = new Float64Array(letters * width);
  }

  forward(codes: Uint8Array): Float64Array {
    const { width, window, patterns, classes } = this.#net.shape;
    const [alphabet, kernels, biases, w2, b2] = this.#net.parameters;
    const numbers = this.#numbers;
    codes.forEach((code, i) => {
      for (let j = 0; j < width; j += 1) numbers[i * width + j] = alphabet[code * width + j] ?? 0;
    });
    const windows = windowsOf(codes, window);
    const size = window * width;
    for (let pattern = 0; pattern < patterns; pattern += 1) {
      let best = 0;
      let where = -1;
      for (let position = 0; position < windows; position += 1) {
        let sum = biases[pattern] ?? 0;
        const [from, at] = [position * width, pattern * size];
        for (let i = 0; i < size; i += 1) sum += (kernels[at + i] ?? 0) * (numbers[from + i] ?? 0);
        if (sum > best) [best, where] = [sum, position];
      }
      this.#best[pattern] = best;
      this.#where[pattern] = where;
    }
    const scores = this.#scores;
    scores.set(b2);
    for (let pattern = 0; pattern < patterns; pattern += 1) {
      for (let k = 0; k < classes; k += 1) {
        scores[k] = (scores[k] ?? 0) + (this.#best[pattern] ?? 0) * (w2[pattern * classes + k] ?? 0);
      }
    }
    return scores;
  }

  /** Adds the example's gradients of the cross entropy. */
  learn(example: Example | undefined): void {
    if (example === undefined) return;
    const { classes, patterns } = this.#net.shape;
    const [, , , w2] = this.#net.parameters;
    const [, , , gradient2, gradientB2] = this.gradients;
    const errors = this.forward(example.values);
    softmax(errors);
    errors[example.label] = (errors[example.label] ?? 0) - 1;
    for (let k = 0; k < classes; k += 1) gradientB2[k] = (gradientB2[k] ?? 0) + (errors[k] ?? 0);
    for (let pattern = 0; pattern < patterns; pattern += 1) {
      let error = 0;
      for (let k = 0; k < classes; k += 1) {
        const at = pattern * classes + k;
        error += (errors[k] ?? 0) * (w2[at] ?? 0);
        gradient2[at] = (gradient2[at] ?? 0) + (errors[k] ?? 0) * (this.#best[pattern] ?? 0);
      }
      if ((this.#where[pattern] ?? -1) >= 0) this.#learnPattern(pattern, error, example.values);
    }
  }

  #learnPattern(pattern: number, error: number, codes: Uint8Array): void {
    const { width, window } = this.#net.shape;
    const [, kernels] = this.#net.parameters;
    const [gradientAlphabet, gradientKernels, gradientBiases] = this.gradients;
    const position = this.#where[pattern] ?? 0;
    gradientBiases[pattern] = (gradientBiases[pattern] ?? 0) + error;
    for (let i = 0; i < window * width; i += 1) {
      const at = pattern * window * width + i;
      gradientKernels[at] = (gradientKernels[at] ?? 0) + error * (this.#numbers[position * width + i] ?? 0);
      const code = codes[position + Math.floor(i / width)] ?? 0;
      if (code === 0) continue; // nothing stays nothing
      const letter = code * width + (i % width);
      gradientAlphabet[letter] = (gradientAlphabet[letter] ?? 0) + error * (kernels[at] ?? 0);
    }
  }
}

/** Windows that begin inside the text, and one of nothing: all others after it are the same. */
function windowsOf(codes: Uint8Array, window: number): number {
  const end = codes.indexOf(0);
  const length = end < 0 ? codes.length : end;
  return Math.min(length + 1, codes.length - window + 1);
}
