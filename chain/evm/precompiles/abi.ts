import { bigintToBytes, bytesToBigint } from '../../../protocol/bytes.ts';
import { keccak256 } from '../../../protocol/crypto/keccak.ts';

/** Solidity's ABI, as far as the precompiles need it. */

const WORD = 32;
const SELECTOR = 4;

/** First four bytes of the keccak of a signature such as `find(bytes32)`, as a number. */
export function selectorOf(signature: string): number {
  return Number(keccak256(new TextEncoder().encode(signature)) >> 224n);
}

/** Ends a call with a custom error of the precompile's interface; what the call did is undone and the gas left over is returned. */
export class CallReverted extends Error {
  override readonly name = 'CallReverted';
  /** ABI-encoded error. */
  readonly data: Uint8Array;

  /** @param signature of the error; all of its parameters are words */
  constructor(signature: string, words: readonly bigint[] = []) {
    super(signature);
    this.data = new Uint8Array(SELECTOR + WORD * words.length);
    new DataView(this.data.buffer).setUint32(0, selectorOf(signature));
    this.data.set(encodeWords(words), SELECTOR);
  }
}

function malformed(): CallReverted {
  return new CallReverted('MalformedCall()');
}

/** Reads a call's arguments as solc's decoder does: what follows them is not looked at. @throws CallReverted MalformedCall */
export class CallReader {
  readonly #data: Uint8Array;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  /** undefined: the call is too short to have one. */
  get selector(): number | undefined {
    const { buffer, byteOffset, byteLength } = this.#data;
    return byteLength < SELECTOR ? undefined : new DataView(buffer, byteOffset, byteLength).getUint32(0);
  }

  /** Number of words behind the selector, rounded up. */
  get words(): number {
    return Math.ceil(Math.max(0, this.#data.length - SELECTOR) / WORD);
  }

  /** Word `at` of the arguments' head, from 0. */
  word(at: number): bigint {
    return this.#wordAt(WORD * at);
  }

  /** A word below 2^bits. */
  uint(at: number, bits: number): bigint {
    const value = this.word(at);
    if (value >> BigInt(bits) !== 0n) throw malformed();
    return value;
  }

  /** A word of at most 32 bits. */
  int(at: number, bits: number): number {
    return Number(this.uint(at, bits));
  }

  wordBytes(at: number): Uint8Array {
    return bigintToBytes(this.word(at), WORD);
  }

  /** The `bytes` whose offset is word `at`. */
  bytes(at: number): Uint8Array {
    const { start, length } = this.#dynamic(at, 1);
    return this.#data.subarray(SELECTOR + start, SELECTOR + start + length);
  }

  /** The number of words in the `uint256[]` whose offset is word `at`, and a reader of them. */
  array(at: number): { length: number; item: (i: number) => bigint } {
    const { start, length } = this.#dynamic(at, WORD);
    return { length, item: (i) => this.#wordAt(start + WORD * i) };
  }

  #dynamic(at: number, unit: number): { start: number; length: number } {
    const offset = this.#position(this.word(at));
    const length = this.#position(this.#wordAt(offset));
    const start = offset + WORD;
    if (SELECTOR + start + unit * length > this.#data.length) throw malformed();
    return { start, length };
  }

  /** An offset or a length: never more than the calldata have. */
  #position(value: bigint): number {
    if (value > BigInt(this.#data.length)) throw malformed();
    return Number(value);
  }

  #wordAt(offset: number): bigint {
    const from = SELECTOR + offset;
    if (from + WORD > this.#data.length) throw malformed();
    return bytesToBigint(this.#data.subarray(from, from + WORD));
  }
}

export function encodeWords(words: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(WORD * words.length);
  words.forEach((word, i) => {
    bytes.set(bigintToBytes(word, WORD), WORD * i);
  });
  return bytes;
}

/** A dynamic array of structs of words as the last of the values; `before` are the words ahead of it. */
export function encodeArray(before: readonly bigint[], items: readonly (readonly bigint[])[]): Uint8Array {
  const offset = BigInt(WORD * (before.length + 1));
  return encodeWords([...before, offset, BigInt(items.length), ...items.flat()]);
}

export function asWord(value: boolean): bigint {
  return value ? 1n : 0n;
}
