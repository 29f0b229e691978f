import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChainError } from '../errors.ts';
import { keccakHex } from '../evm/crypto.ts';
import { chunkFile } from './chunkWriter.ts';
import { decodeManifest } from './manifest.ts';
import type { SnapshotManifest } from './types.ts';

export const MANIFEST_FILE = 'manifest';

/** Where the snapshot of a batch is. */
export function batchDir(dir: string, batch: number): string {
  return join(dir, `batch-${batch}`);
}

/** Batches that have a snapshot, newest first. */
export async function batchesIn(dir: string): Promise<number[]> {
  const names = await readdir(dir).catch(noFile);
  const numbers = (names ?? []).flatMap((name) => /^batch-([0-9]{1,15})$/.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((x, y) => y - x);
}

/** The newest snapshot of a directory, for those who ask for it. It stays the same one until the directory is opened again. */
export class SnapshotSource {
  readonly manifest: SnapshotManifest;
  readonly manifestBytes: Uint8Array;
  readonly #dir: string;

  private constructor(parts: { dir: string; manifest: SnapshotManifest; manifestBytes: Uint8Array }) {
    this.#dir = parts.dir;
    this.manifest = parts.manifest;
    this.manifestBytes = parts.manifestBytes;
  }

  /** Undefined: there is none, or none that is whole. */
  static async open(dir: string): Promise<SnapshotSource | undefined> {
    for (const batch of await batchesIn(dir)) {
      const at = batchDir(dir, batch);
      const manifestBytes = await readFile(join(at, MANIFEST_FILE)).catch(noFile);
      if (manifestBytes === undefined) continue;
      try {
        return new SnapshotSource({ dir: at, manifest: decodeManifest(manifestBytes), manifestBytes });
      } catch (error) {
        if (!(error instanceof ChainError)) throw error;
      }
    }
    return undefined;
  }

  /** Undefined: there is no such chunk (any more), or the disk does not have it as it was: a bad one would be this node's fault. */
  async chunk(i: number): Promise<Uint8Array | undefined> {
    const hash = this.manifest.chunks[i];
    if (hash === undefined) return undefined;
    const bytes = await readFile(join(this.#dir, chunkFile(i))).catch(noFile);
    return bytes !== undefined && keccakHex(bytes) === hash ? bytes : undefined;
  }
}

function noFile(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
