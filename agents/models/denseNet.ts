/** Two dense layers with a ReLU between them, trained by stochastic gradient descent with momentum. Bits: see exact.ts. */
import { argmax, softmax, sqrt } from './exact.ts';
import { SeededRandom } from './seededRandom.ts';

export interface DenseShape {
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
}

export interface Training {
  readonly seed: string;
  readonly epochs: number;
  readonly batch: number;
  readonly rate: number;
  readonly momentum: number;
  /** Of weights, a step: keeps them small. */
  readonly decay: number;
}

/** One example: values as bytes (the network sees them as 0 … 1). */
export interface Example {
  readonly values: Uint8Array;
  readonly label: number;
}

export class DenseNet {
  readonly shape: DenseShape;
  /** inputs × hidden, hidden, hidden × classes, classes. */
  readonly parameters: readonly [Float32Array, Float32Array, Float32Array, Float32Array];

  private constructor(shape: DenseShape, parameters: DenseNet['parameters']) {
    this.shape = shape;
    this.parameters = parameters;
  }

  static fresh(shape: DenseShape, seed: string): DenseNet {
    const random = new SeededRandom(`engram weights ${seed}`);
    const layer = (inputs: number, outputs: number) => {
      const bound = sqrt(6 / inputs);
      return Float32Array.from({ length: inputs * outputs }, () => random.between(-bound, bound));
    };
    const { inputs, hidden, classes } = shape;
    return new DenseNet(shape, [
      layer(inputs, hidden),
      new Float32Array(hidden),
      layer(hidden, classes),
      new Float32Array(classes),
    ]);
  }

  copy(): DenseNet {
    const [w1, b1, w2, b2] = this.parameters;
    return new DenseNet(this.shape, [w1.slice(), b1.slice(), w2.slice(), b2.slice()]);
  }

  /** Share of right answers, 0 … 1. */
  accuracy(examples: readonly Example[]): number {
    const run = new Run(this);
    const right = examples.filter(({ values, label }) => argmax(run.forward(values)) === label).length;
    return right / examples.length;
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
          descend(layer, run.gradients[at], velocities[at], rateNow, momentum, at % 2 === 0 ? decay * rateNow : 0);
        });
        step += 1;
      }
    }
  }
}

/** What one pass through a network needs, kept between passes. */
class Run {
  readonly gradients: readonly Float32Array[];
  readonly #net: DenseNet;
  readonly #hidden: Float64Array;
  readonly #hiddenError: Float64Array;
  readonly #scores: Float64Array;

  constructor(net: DenseNet) {
    this.#net = net;
    this.gradients = net.parameters.map((layer) => new Float32Array(layer.length));
    this.#hidden = new Float64Array(net.shape.hidden);
    this.#hiddenError = new Float64Array(net.shape.hidden);
    this.#scores = new Float64Array(net.shape.classes);
  }

  forward(values: Uint8Array): Float64Array {
    const [w1, b1, w2, b2] = this.#net.parameters;
    const hidden = this.#hidden;
    const scores = this.#scores;
    hidden.set(b1);
    addProduct(hidden, values, 1 / 255, w1);
    for (let i = 0; i < hidden.length; i += 1) if ((hidden[i] ?? 0) < 0) hidden[i] = 0;
    scores.set(b2);
    addProduct(scores, hidden, 1, w2);
    return scores;
  }

  /** Adds the example's gradients of the cross entropy. */
  learn(example: Example | undefined): void {
    if (example === undefined) return;
    const [gradient1, gradientB1, gradient2, gradientB2] = this.gradients;
    const [, , w2] = this.#net.parameters;
    const hidden = this.#hidden;
    const hiddenError = this.#hiddenError;
    const errors = this.forward(example.values);
    softmax(errors);
    errors[example.label] = (errors[example.label] ?? 0) - 1;
    const classes = errors.length;
    for (let i = 0; i < hidden.length; i += 1) {
      let error = 0;
      if ((hidden[i] ?? 0) > 0) {
        for (let k = 0; k < classes; k += 1) error += (errors[k] ?? 0) * (w2[i * classes + k] ?? 0);
      }
      hiddenError[i] = error;
    }
    addOuter(gradient1, example.values, 1 / 255, hiddenError);
    addOuter(gradientB1, ONE, 1, hiddenError);
    addOuter(gradient2, hidden, 1, errors);
    addOuter(gradientB2, ONE, 1, errors);
  }
}

const ONE = Uint8Array.of(1);

/** target += scale · row · matrix. */
function addProduct(target: Float64Array, row: ArrayLike<number>, scale: number, matrix: Float32Array): void {
  const width = target.length;
  for (let i = 0; i < row.length; i += 1) {
    const value = scale * (row[i] ?? 0);
    if (value === 0) continue;
    const at = i * width;
    for (let j = 0; j < width; j += 1) target[j] = (target[j] ?? 0) + value * (matrix[at + j] ?? 0);
  }
}

/** target += scale · column · row. */
function addOuter(target: Float32Array | undefined, column: ArrayLike<number>, scale: number, row: Float64Array): void {
  if (target === undefined) return;
  const width = row.length;
  for (let i = 0; i < column.length; i += 1) {
    const value = scale * (column[i] ?? 0);
    if (value === 0) continue;
    const at = i * width;
    for (let j = 0; j < width; j += 1) target[at + j] = (target[at + j] ?? 0) + value * (row[j] ?? 0);
  }
}

/** One step with momentum; the gradient is used up. */
export function descend(
  layer: Float32Array,
  gradient: Float32Array | undefined,
  velocity: Float32Array | undefined,
  rate: number,
  momentum: number,
  decay: number,
): void {
  if (gradient === undefined || velocity === undefined) return;
  for (let i = 0; i < layer.length; i += 1) {
    const weight = layer[i] ?? 0;
    const speed = momentum * (velocity[i] ?? 0) - rate * (gradient[i] ?? 0) - decay * weight;
    velocity[i] = speed;
    layer[i] = weight + speed;
    gradient[i] = 0;
  }
}
