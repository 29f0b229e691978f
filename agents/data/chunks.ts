/**
 * How a file becomes chunks. A chunk is 32 bytes of salt and up to 992 of the file: leaves are public before anything is paid, and without
 * salt whoever can guess a chunk could check the guess.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { CHUNK_BYTES } from '../../sdk/data/purchase.ts';
import { DataError } from './dataError.ts';
import { hash } from './keystream.ts';

export const SALT_BYTES = 32;
/** Of the file, in every chunk but the last. */
export const CONTENT_BYTES = CHUNK_BYTES - SALT_BYTES;
const MAX_CHUNKS = 0xffff_ffff;
const SALT = 4;
/** Bytes that are read at once are this many pieces. */
const PIECES_AT_ONCE = 128;

export interface Shape {
  readonly chunks: number;
  /** Bytes of the last chunk, salt included. */
  readonly lastLength: number;
}

/** @param length of the plain file, bytes. @throws DataError BAD_LENGTH */
export function shapeOf(length: number): Shape {
  const chunks = Math.ceil(length / CONTENT_BYTES);
  if (!Number.isSafeInteger(length) || chunks < 1 || chunks > MAX_CHUNKS) throw new DataError('BAD_LENGTH', { length });
  return { chunks, lastLength: SALT_BYTES + length - (chunks - 1) * CONTENT_BYTES };
}

/** Bytes of the encrypted file. */
export function cipherBytes({ chunks, lastLength }: Shape): number {
  return (chunks - 1) * CHUNK_BYTES + lastLength;
}

/** Salts of one file: `keccak256(0x04 ‖ seed ‖ uint32 index)`. Nobody but the seller needs to know how they are made. */
export class Salts {
  readonly #input = new Uint8Array(37);
  readonly #view = new DataView(this.#input.buffer);

  /** @param seed 32 secret bytes */
  constructor(seed: Uint8Array) {
    this.#input[0] = SALT;
    this.#input.set(seed, 1);
  }

  of(index: number): Uint8Array {
    this.#view.setUint32(33, index);
    return hash(this.#input);
  }
}

/** Consecutive pieces of a file, all of `size` bytes but the last. They are valid until the next one is asked for. @throws DataError FILE */
export async function* pieces(path: string, size: number): AsyncGenerator<Uint8Array> {
  const file = await opened(path, 'r');
  try {
    const buffer = new Uint8Array(size * PIECES_AT_ONCE);
    for (;;) {
      const filled = await fill(file, buffer);
      for (let at = 0; at < filled; at += size) yield buffer.subarray(at, Math.min(at + size, filled));
      if (filled < buffer.length) return;
    }
  } finally {
    await file.close();
  }
}

/** The piece at one position. @throws DataError FILE */
export async function pieceAt(path: string, size: number, position: number): Promise<Uint8Array> {
  const file = await opened(path, 'r');
  try {
    const buffer = new Uint8Array(size);
    return buffer.subarray(0, await fill(file, buffer, position * size));
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, buffer: Uint8Array, from?: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const position = from === undefined ? null : from + filled;
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** Writes in large steps. */
export class FileSink {
  readonly #file: FileHandle;
  readonly #buffer = new Uint8Array(CHUNK_BYTES * PIECES_AT_ONCE);
  #used = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @throws DataError FILE */
  static async create(path: string): Promise<FileSink> {
    return new FileSink(await opened(path, 'w'));
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#used + bytes.length > this.#buffer.length) await this.#flush();
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** @param isComplete on disk before this returns */
  async close(isComplete: boolean): Promise<void> {
    try {
      if (isComplete) {
        await this.#flush();
        await this.#file.sync();
      }
    } finally {
      await this.#file.close();
    }
  }

  async #flush(): Promise<void> {
    await this.#file.writeFile(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }
}

async function opened(path: string, flags: 'r' | 'w'): Promise<FileHandle> {
  return open(path, flags).catch((cause: unknown) => {
    throw new DataError('FILE', { path }, { cause });
  });
}
