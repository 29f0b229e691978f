import { pick, type Random, randomBytes } from './random.ts';

export const WORD = 2n ** 256n;
/** Words at which arithmetic, gas and memory change their ways. */
const EDGES = [
  ...[0n, 0n, 0n, 1n, 1n, 2n, 3n, 31n, 32n, 33n, 127n, 128n, 255n, 256n, 257n, 1024n, 65_535n],
  ...[2n ** 32n - 1n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 128n],
  ...[2n ** 160n, 2n ** 255n - 1n, 2n ** 255n, WORD - 2n, WORD - 1n],
];
/** What pushes a word and takes none. */
export const SOURCES = [
  0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4a,
];

/** Whom code may call. */
export interface FuzzTargets {
  /** Twenty bytes each. */
  readonly addresses: readonly Uint8Array[];
}

/** EVM code that is written byte by byte, with words, places and addresses drawn so that the edges come often. */
export class FuzzWriter {
  readonly #out: number[] = [];
  readonly #random: Random;
  readonly #targets: FuzzTargets;
  /** Words on the stack, as far as is known. */
  height = 0;

  constructor(random: Random, targets: FuzzTargets) {
    this.#random = random;
    this.#targets = targets;
  }

  /** Bytes written. */
  get size(): number {
    return this.#out.length;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#out);
  }

  one(below: number): boolean {
    return this.#random(below) === 0;
  }

  emit(...bytes: readonly number[]): void {
    for (const byte of bytes) this.#out.push(byte);
  }

  /** As short as it can be, or longer. */
  push(value: bigint): void {
    let hex = value === 0n ? '' : value.toString(16);
    if (hex.length % 2 === 1) hex = `0${hex}`;
    const bytes = [...Buffer.from(hex, 'hex')];
    if (this.one(6)) while (bytes.length < 32 && !this.one(4)) bytes.unshift(0);
    this.emit(0x5f + bytes.length, ...bytes);
    this.height++;
  }

  pushBytes(bytes: Uint8Array): void {
    this.emit(0x5f + bytes.length, ...bytes);
    this.height++;
  }

  word(): bigint {
    const random = this.#random;
    switch (random(5)) {
      case 0:
        return BigInt(`0x${Buffer.from(randomBytes(random, 1 + random(32))).toString('hex')}`);
      case 1:
        return BigInt(random(70));
      default:
        return pick(random, EDGES);
    }
  }

  /** Any word, or one that is there already. */
  operand(): void {
    if (this.height > 0 && this.one(4)) {
      this.emit(0x80 + this.#random(Math.min(16, this.height)));
      this.height++;
    } else if (this.one(8)) {
      this.emit(pick(this.#random, SOURCES));
      this.height++;
    } else {
      this.push(this.word());
    }
  }

  offset(): bigint {
    const random = this.#random;
    const kind = random(400);
    if (kind === 0) return pick(random, EDGES);
    if (kind < 6) return BigInt(random(70_000));
    if (kind < 60) return BigInt(random(9_000));
    return BigInt(random(300));
  }

  length(): bigint {
    const random = this.#random;
    const kind = random(400);
    if (kind === 0) return pick(random, EDGES);
    if (kind < 10) return BigInt(random(20_000));
    if (kind < 80) return 0n;
    return BigInt(random(200));
  }

  slot(): bigint {
    return this.one(40) ? this.word() : BigInt(this.#random(4));
  }

  /** `count` words less, `results` more. */
  op(op: number, count: number, results: number): void {
    this.emit(op);
    this.height += results - count;
  }

  /** Offset and length of memory, the offset on top. */
  region(): void {
    this.push(this.length());
    this.push(this.offset());
  }

  address(): void {
    const random = this.#random;
    if (this.one(10)) this.op(0x30, 0, 1);
    else if (this.one(40)) this.push(this.word());
    else if (this.one(4)) this.push(BigInt(1 + random(0x13)));
    else this.pushBytes(pick(random, this.#targets.addresses));
  }

  /** A result goes somewhere. */
  use(mayStay: boolean): void {
    const kind = this.#random(mayStay ? 6 : 4);
    if (kind === 0) {
      this.push(this.slot());
      this.op(0x55, 2, 0);
    } else if (kind < 3) {
      this.push(this.offset());
      this.op(0x52, 2, 0);
    } else if (kind === 3 || this.height > 200) {
      this.op(0x50, 1, 0);
    }
  }

  /** Puts bytes into memory at 0. */
  place(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 32) {
      const word = new Uint8Array(32);
      word.set(bytes.subarray(at, at + 32));
      this.pushBytes(word);
      this.push(BigInt(at));
      this.op(0x52, 2, 0);
    }
  }

  /** `body` runs if the top of the stack is 0; it may leave nothing. */
  skipUnlessZero(body: () => void): void {
    const at = this.#out.length;
    this.emit(0x61, 0, 0, 0x57);
    this.height--;
    body();
    const to = this.#out.length;
    this.#out[at + 1] = to >> 8;
    this.#out[at + 2] = to & 255;
    this.emit(0x5b);
  }
}
