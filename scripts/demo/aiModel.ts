/**
 * The smallest language model that is one: a table of which letter follows which, counted in a text. Training, fine-tuning and
 * inference are exact integer arithmetic, so that anyone who has the file can run a receipt again and get the same bytes.
 */
import { createHash } from 'node:crypto';

const LETTERS = 128;
const MAGIC = 'engram demo bigrams 1\n';
/** Letters of an answer; each takes two bytes of the digest that drives the choice. */
const ANSWER_LETTERS = 16;

export class BigramModel {
  /** Row by letter: how often each letter followed it, as running sums. */
  readonly #sums: Uint32Array;

  private constructor(sums: Uint32Array) {
    this.#sums = sums;
  }

  /** Counts `text` on top of `base`; every pair weighs `weight`. */
  static train(text: string, { base, weight = 1 }: { base?: BigramModel; weight?: number } = {}): BigramModel {
    const sums = base === undefined ? new Uint32Array(LETTERS * LETTERS) : base.#sums.slice();
    const letters = Uint8Array.from(text, (letter) => letter.charCodeAt(0) % LETTERS);
    for (let i = 1; i < letters.length; i += 1) {
      const row = LETTERS * at(letters, i - 1);
      for (let next = at(letters, i); next < LETTERS; next += 1) sums[row + next] = at(sums, row + next) + weight;
    }
    return new BigramModel(sums);
  }

  static fromBytes(bytes: Uint8Array): BigramModel {
    const magic = new TextEncoder().encode(MAGIC);
    if (bytes.length !== magic.length + 4 * LETTERS * LETTERS || !magic.every((byte, i) => byte === bytes[i])) {
      throw new RangeError('not a model of this demo');
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset + magic.length);
    return new BigramModel(Uint32Array.from({ length: LETTERS * LETTERS }, (_, i) => view.getUint32(4 * i)));
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(MAGIC.length + 4 * LETTERS * LETTERS);
    bytes.set(new TextEncoder().encode(MAGIC));
    const view = new DataView(bytes.buffer, MAGIC.length);
    this.#sums.forEach((sum, i) => {
      view.setUint32(4 * i, sum);
    });
    return bytes;
  }

  /** One inference: continues the prompt. The prompt's digest stands for the dice. */
  answer(prompt: string): string {
    const dice = createHash('sha256').update(prompt).digest();
    let letter = prompt.charCodeAt(prompt.length - 1) % LETTERS;
    let text = '';
    for (let i = 0; i < ANSWER_LETTERS; i += 1) {
      letter = this.#next(letter, dice.readUInt16BE(2 * i));
      text += String.fromCharCode(letter);
    }
    return text;
  }

  #next(letter: number, throw16: number): number {
    const row = this.#sums.subarray(LETTERS * letter, LETTERS * (letter + 1));
    const target = Math.floor((throw16 * at(row, LETTERS - 1)) / 2 ** 16);
    const next = row.findIndex((sum) => sum > target);
    return next < 0 ? 32 : next; // a letter that the text never had: go on with a space
  }
}

/** A text to learn from: the same for everybody, different for each topic. */
export function sampleText(topic: string, lines: number): string {
  const words = topic.split(' ');
  return Array.from({ length: lines }, (_, n) => {
    const digest = createHash('sha256').update(`${topic} ${n}`).digest();
    return `${Array.from(digest.subarray(0, 8), (byte) => words[byte % words.length]).join(' ')}.\n`;
  }).join('');
}

/** An index that the loops above keep inside. */
function at(values: Uint8Array | Uint32Array, i: number): number {
  return values[i] ?? 0;
}
