import { EvmError } from './errors.ts';

/**
 * Reads RLP item by item, as its caller expects it: nothing is allocated for what a length only claims, nothing recurses, and only
 * the shortest form is read. Every failure is BAD_EVM_DATA.
 */
export class RlpCursor {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  /** Whether a list comes next. */
  get isList(): boolean {
    return !this.isAtEnd && (this.#bytes[this.#at] ?? 0) >= 0xc0;
  }

  /** @throws EvmError BAD_EVM_DATA, if something is left */
  end(): void {
    if (!this.isAtEnd) throw bad('trailing bytes');
  }

  /** The string that comes next, as a view. @throws EvmError BAD_EVM_DATA */
  bytes(): Uint8Array {
    const first = this.#first();
    if (first < 0x80) return this.#bytes.subarray(this.#at - 1, this.#at);
    if (first >= 0xc0) throw bad('list instead of string');
    const length = this.#length(first - 0x80);
    const start = this.#at;
    this.#at += length;
    if (length === 1 && (this.#bytes[start] ?? 0) < 0x80) throw bad('not shortest');
    return this.#bytes.subarray(start, this.#at);
  }

  /** The list that comes next; this cursor goes on behind it. @throws EvmError BAD_EVM_DATA */
  list(): RlpCursor {
    const first = this.#first();
    if (first < 0xc0) throw bad('string instead of list');
    const length = this.#length(first - 0xc0);
    const start = this.#at;
    this.#at += length;
    return new RlpCursor(this.#bytes, start, this.#at);
  }

  /** A safe integer of at most `max`. @throws EvmError BAD_EVM_DATA */
  integer(max: number): number {
    const bytes = this.bytes();
    if (bytes[0] === 0) throw bad('not shortest');
    // Six bytes are below 2^53.
    if (bytes.length > 6) throw bad('number out of range');
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    if (value > max) throw bad('number out of range');
    return value;
  }

  #first(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined || this.isAtEnd) throw bad('truncated');
    this.#at += 1;
    return byte;
  }

  /** `code`: the first byte less 0x80 or 0xc0. */
  #length(code: number): number {
    let length = code;
    if (code > 55) {
      const size = code - 55;
      if (this.#end - this.#at < size) throw bad('truncated');
      if (this.#bytes[this.#at] === 0) throw bad('not shortest');
      length = 0;
      for (let i = 0; i < size; i += 1) length = length * 256 + (this.#bytes[this.#at + i] ?? 0);
      if (length < 56) throw bad('not shortest');
      this.#at += size;
    }
    // Also refuses lengths beyond 2^53, which are inexact but surely too long.
    if (length > this.#end - this.#at) throw bad('truncated');
    return length;
  }
}

export type RlpItem = Uint8Array | readonly RlpItem[];

/**
 * The one item that `bytes` are, strings as views. Lists within lists only as deep as `depth` says: a recursive reader takes time that
 * grows with the square of the depth, and stack.
 * @throws EvmError BAD_EVM_DATA
 */
export function decodeRlp(bytes: Uint8Array, depth: number): RlpItem {
  // A plain array's view, whatever kind of array the bytes came in.
  const cursor = new RlpCursor(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  const item = readItem(cursor, depth);
  cursor.end();
  return item;
}

function readItem(cursor: RlpCursor, depth: number): RlpItem {
  if (!cursor.isList) return cursor.bytes();
  if (depth === 0) throw bad('nested too deep');
  const inside = cursor.list();
  const items: RlpItem[] = [];
  while (!inside.isAtEnd) items.push(readItem(inside, depth - 1));
  return items;
}

/** Writes RLP in its shortest form, from the inside of each list outwards. */
export class RlpWriter {
  #parts: Uint8Array[] = [];
  #size = 0;

  bytes(value: Uint8Array): void {
    const isItsOwnCode = value.length === 1 && (value[0] ?? 0) < 0x80;
    if (!isItsOwnCode) this.#push(head(0x80, value.length));
    this.#push(value);
  }

  /** @param value a safe integer, not negative */
  integer(value: number): void {
    const hex = value === 0 ? '' : value.toString(16);
    this.bytes(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'));
  }

  /** What `content` writes, as a list. */
  list(content: () => void): void {
    const outer = this.#parts;
    const before = this.#size;
    this.#parts = [];
    this.#size = 0;
    content();
    const inner = this.#parts;
    const length = this.#size;
    this.#parts = outer;
    this.#size = before;
    this.#push(head(0xc0, length));
    this.#push(Buffer.concat(inner));
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#size += part.length;
  }
}

function head(base: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(base + length);
  const hex = length.toString(16);
  const size = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Uint8Array.of(base + 55 + size.length, ...size);
}

function bad(reason: string): EvmError {
  return new EvmError('BAD_EVM_DATA', { reason });
}
