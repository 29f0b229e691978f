import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hex } from '../../protocol/lane/types.ts';
import { keccakHex } from '../evm/crypto.ts';
import { type ChunkKind, MAX_CHUNK_BYTES } from './types.ts';

/** The file of a chunk within a snapshot's directory. */
export function chunkFile(i: number): string {
  return `chunk-${i.toString().padStart(6, '0')}`;
}

/** Packs items into chunks of at most `chunkBytes` (but for a single item that is larger), one kind a chunk, and writes each as it is full. */
export class ChunkWriter {
  readonly #dir: string;
  readonly #chunkBytes: number;
  readonly #hashes: Hex[] = [];
  #bytes = 0;
  #kind: ChunkKind | undefined;
  #parts: Uint8Array[] = [];
  #size = 0;

  constructor(options: { dir: string; chunkBytes: number }) {
    this.#dir = options.dir;
    this.#chunkBytes = Math.min(options.chunkBytes, MAX_CHUNK_BYTES);
  }

  /** An item that fits a chunk, whole. */
  async add(kind: ChunkKind, item: Uint8Array): Promise<void> {
    if (kind !== this.#kind || this.#size + item.length > this.#chunkBytes) await this.#flush();
    if (this.#size === 0) {
      this.#kind = kind;
      this.#parts = [Uint8Array.of(kind)];
      this.#size = 1;
    }
    this.#parts.push(item);
    this.#size += item.length;
  }

  /** Bytes of any length, cut where chunks end. */
  async addBytes(kind: ChunkKind, bytes: Uint8Array): Promise<void> {
    const most = this.#chunkBytes - 1;
    for (let at = 0; at < bytes.length; at += most) await this.add(kind, bytes.subarray(at, at + most));
  }

  async finish(): Promise<{ chunks: readonly Hex[]; bytes: number }> {
    await this.#flush();
    return { chunks: this.#hashes, bytes: this.#bytes };
  }

  async #flush(): Promise<void> {
    if (this.#size === 0) return;
    const chunk = Buffer.concat(this.#parts);
    await writeFile(join(this.#dir, chunkFile(this.#hashes.length)), chunk);
    this.#hashes.push(keccakHex(chunk));
    this.#bytes += chunk.length;
    this.#parts = [];
    this.#size = 0;
  }
}
