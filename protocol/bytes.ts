import { ProtocolError } from './errors.ts';

const U64 = 0xffffffffffffffffn;

/** Writes `value` big-endian over `length` bytes at `offset`; the caller has checked that it fits. */
function put(target: Uint8Array, offset: number, length: number, value: bigint): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  let end = offset + length;
  let rest = value;
  // Eight bytes at a time: shifting a 256-bit bigint byte by byte costs four times as much.
  while (end - offset >= 8) {
    end -= 8;
    view.setBigUint64(end, rest & U64);
    rest >>= 64n;
  }
  let low = Number(rest);
  while (end > offset) {
    end -= 1;
    target[end] = low % 256;
    low = Math.floor(low / 256);
  }
}

/**
 * Big-endian encoding over exactly `length` bytes.
 * @throws ProtocolError INVALID_ARGUMENT if the value is negative or too long
 */
export function bigintToBytes(value: bigint, length: number): Uint8Array {
  if (value < 0n || value >> BigInt(8 * length) !== 0n) throw new ProtocolError('INVALID_ARGUMENT', { value, length });
  const bytes = new Uint8Array(length);
  put(bytes, 0, length, value);
  return bytes;
}

export function bytesToBigint(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let value = 0n;
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8) value = (value << 64n) | view.getBigUint64(at);
  for (; at < bytes.length; at += 1) value = (value << 8n) | BigInt(bytes[at] ?? 0);
  return value;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hex without a prefix. */
export function bytesToHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Lower-case hex with its prefix, as JSON carries bytes. */
export function prefixedHex(bytes: Uint8Array): `0x${string}` {
  return `0x${bytesToHex(bytes)}`;
}

/** A word or hash as 0x and 64 digits. @throws ProtocolError INVALID_ARGUMENT if it is negative or over 256 bits */
export function wordHex(word: bigint): `0x${string}` {
  return fixedHex(word, 32);
}

/** An address (below 2^160) as 0x and 40 digits, in lower case. */
export function addressHex(address: bigint): `0x${string}` {
  return fixedHex(address, 20);
}

function fixedHex(value: bigint, length: number): `0x${string}` {
  if (value < 0n || value >> BigInt(8 * length) !== 0n) throw new ProtocolError('INVALID_ARGUMENT', { value, length });
  return `0x${value.toString(16).padStart(2 * length, '0')}`;
}

/**
 * Hex (with or without `0x`) to bytes.
 * @throws ProtocolError MALFORMED_BYTES
 */
export function hexToBytes(text: string): Uint8Array {
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits))
    throw new ProtocolError('MALFORMED_BYTES', { what: 'hex' });
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** Appends fixed-width big-endian integers. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** @throws ProtocolError INVALID_ARGUMENT if the value does not fit */
  write(value: bigint | number, length: number): this {
    const integer = BigInt(value);
    if (integer < 0n || integer >> BigInt(8 * length) !== 0n) {
      throw new ProtocolError('INVALID_ARGUMENT', { value: integer, length });
    }
    if (this.#length + length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + length));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    put(this.#bytes, this.#length, length, integer);
    this.#length += length;
    return this;
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Reads fixed-width big-endian integers; running over the end is MALFORMED_BYTES. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  big(length: number): bigint {
    if (this.#at + length > this.#bytes.length) {
      throw new ProtocolError('MALFORMED_BYTES', { length: this.#bytes.length, wanted: this.#at + length });
    }
    const value = bytesToBigint(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return value;
  }

  /** At most 6 bytes, so that the number is exact. */
  int(length: number): number {
    return Number(this.big(length));
  }

  /** @throws ProtocolError MALFORMED_BYTES if bytes are left over */
  end(): void {
    if (this.#at !== this.#bytes.length) {
      throw new ProtocolError('MALFORMED_BYTES', { trailing: this.#bytes.length - this.#at });
    }
  }
}
