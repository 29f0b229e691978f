import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { prefixedHex } from '../../protocol/bytes.ts';
import { keyHash } from '../../sdk/data/oneTimeKey.ts';
import type { DataOffer } from '../../sdk/data/purchase.ts';
import { CONTENT_BYTES, FileSink, pieces, SALT_BYTES, Salts, shapeOf } from './chunks.ts';
import { ChunkTree, leafHash } from './chunkTree.ts';
import { DataError } from './dataError.ts';
import { Keystream } from './keystream.ts';
import type { Manifest } from './manifest.ts';

/** What the seller keeps. */
export interface DatasetSecret {
  /** 32 bytes: what is sold. */
  readonly key: Uint8Array;
  /** 32 bytes: where the chunks' salts come from. With it and the plain file the same manifest comes out under another key. */
  readonly saltSeed: Uint8Array;
}

export interface PrepareOptions {
  /** The plain file. */
  readonly file: string;
  /** Written: the encrypted chunks, one after the other. */
  readonly cipherFile: string;
  /** Written: the hashes of all plain chunks, 32 bytes each. The buyer needs them to check the offer and to complain. */
  readonly leavesFile: string;
  readonly name: string;
  readonly secret: DatasetSecret;
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Of an offer: what follows from the files. */
export type PreparedOffer = Pick<DataOffer, 'plainRoot' | 'cipherRoot' | 'chunks' | 'lastLength' | 'keyHash'>;

/**
 * Encrypts a file for sale. Memory does not grow with it. What was written is removed if it fails.
 * @throws DataError BAD_LENGTH, FILE, FILES_DIFFER: the file changed meanwhile; the signal's reason
 */
export async function prepareDataset(options: PrepareOptions): Promise<{ manifest: Manifest; offer: PreparedOffer }> {
  const { file, cipherFile, leavesFile, name, secret, onProgress, signal } = options;
  const { size } = await stat(file).catch((cause: unknown) => {
    throw new DataError('FILE', { path: file }, { cause });
  });
  const shape = shapeOf(size);
  const cipher = await FileSink.create(cipherFile);
  let leaves: FileSink | undefined;
  let isComplete = false;
  try {
    leaves = await FileSink.create(leavesFile);
    const keystream = new Keystream(secret.key);
    const salts = new Salts(secret.saltSeed);
    const [plainTree, cipherTree, sha256] = [new ChunkTree(), new ChunkTree(), createHash('sha256')];
    let bytes = 0;
    for await (const piece of pieces(file, CONTENT_BYTES)) {
      signal?.throwIfAborted();
      const index = plainTree.count;
      if (index >= shape.chunks) break;
      sha256.update(piece);
      const chunk = new Uint8Array(SALT_BYTES + piece.length);
      chunk.set(salts.of(index));
      chunk.set(piece, SALT_BYTES);
      const leaf = leafHash(chunk, index);
      plainTree.append(leaf);
      await leaves.write(leaf);
      keystream.apply(chunk, index);
      cipherTree.append(leafHash(chunk, index));
      await cipher.write(chunk);
      bytes += piece.length;
      onProgress?.(bytes);
    }
    if (bytes !== size) throw new DataError('FILES_DIFFER', { what: 'the file changed', expected: size, found: bytes });
    const plainRoot = plainTree.end().root;
    const manifest: Manifest = { bytes, name, plainRoot, sha256: new Uint8Array(sha256.digest()), version: 1 };
    const offer = {
      plainRoot: prefixedHex(plainRoot),
      cipherRoot: prefixedHex(cipherTree.end().root),
      ...shape,
      keyHash: keyHash(prefixedHex(secret.key)),
    };
    isComplete = true;
    return { manifest, offer };
  } finally {
    await cipher.close(isComplete);
    await leaves?.close(isComplete);
    if (!isComplete) await Promise.all([cipherFile, leavesFile].map((path) => rm(path, { force: true })));
  }
}

/** 32 random bytes each. */
export function newSecret(random = (length: number) => crypto.getRandomValues(new Uint8Array(length))): DatasetSecret {
  return { key: random(32), saltSeed: random(32) };
}
