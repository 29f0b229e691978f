import { createHash } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import type { Hex } from 'viem';
import { hexToBytes, prefixedHex } from '../../protocol/bytes.ts';
import { keyHash } from '../../sdk/data/oneTimeKey.ts';
import { CHUNK_BYTES, type ChunkComplaint, type DataOffer } from '../../sdk/data/purchase.ts';
import { type DatasetFiles, LEAF_BYTES } from './checkDataset.ts';
import { FileSink, pieceAt, pieces, SALT_BYTES } from './chunks.ts';
import { ChunkTree, leafHash } from './chunkTree.ts';
import { DataError } from './dataError.ts';
import { Keystream } from './keystream.ts';

export interface OpenOptions {
  readonly files: DatasetFiles;
  readonly offer: DataOffer;
  /** 32 bytes. */
  readonly key: Hex;
  /** Written whole or not at all; without it everything is checked and nothing written. */
  readonly out?: string;
  readonly signal?: AbortSignal;
}

/**
 * Decrypts what was checked with `checkDataset` before it was paid for, and compares every chunk with its leaf. Returns the plain file's
 * length and SHA-256: compare it with the manifest's. The contract judges roots alone; that the manifest's hash belongs to its root is its
 * author's word.
 * @throws DataError WRONG_KEY; BAD_CHUNK: `index` is the first one, see `chunkComplaint`; FILES_DIFFER: the files are not those of the
 *   offer any more; FILE; the signal's reason
 */
export async function openDataset(
  options: OpenOptions,
): Promise<{ readonly bytes: number; readonly sha256: Uint8Array }> {
  const { files, offer, key, out, signal } = options;
  checkKey(key, offer);
  const temporary = `${out}.part`;
  const sink = out === undefined ? undefined : await FileSink.create(temporary);
  const leaves = pieces(files.leavesFile, LEAF_BYTES);
  let isComplete = false;
  try {
    const keystream = new Keystream(hexToBytes(key));
    const sha256 = createHash('sha256');
    let [index, bytes] = [0, 0];
    for await (const chunk of pieces(files.cipherFile, CHUNK_BYTES)) {
      signal?.throwIfAborted();
      const { value: leaf } = await leaves.next();
      if (leaf === undefined) throw new DataError('FILES_DIFFER', { what: 'leaves' });
      keystream.apply(chunk, index);
      if (!isSame(leafHash(chunk, index), leaf)) throw new DataError('BAD_CHUNK', { index });
      const content = chunk.subarray(SALT_BYTES);
      sha256.update(content);
      await sink?.write(content);
      bytes += content.length;
      index += 1;
    }
    if (index !== offer.chunks) throw new DataError('FILES_DIFFER', { what: 'encrypted file' });
    await sink?.close(true);
    isComplete = true;
    if (out !== undefined) await rename(temporary, out);
    return { bytes, sha256: new Uint8Array(sha256.digest()) };
  } finally {
    await leaves.return(undefined);
    if (!isComplete && sink !== undefined) {
      await sink.close(false);
      await rm(temporary, { force: true });
    }
  }
}

/**
 * What `disputeChunk` shows the contract of a chunk that does not decrypt to what was sold.
 * @throws DataError CHUNK_IS_RIGHT: sending it would publish the key for nothing; WRONG_KEY; FILES_DIFFER: a root is not the offer's; FILE
 */
export async function chunkComplaint(
  { cipherFile, leavesFile }: DatasetFiles,
  { offer, key, index }: { readonly offer: DataOffer; readonly key: Hex; readonly index: number },
): Promise<ChunkComplaint> {
  checkKey(key, offer);
  if (index >= offer.chunks) throw new DataError('CHUNK_IS_RIGHT', { index, chunks: offer.chunks });
  const chunk = await pieceAt(cipherFile, CHUNK_BYTES, index);
  const leaf = await pieceAt(leavesFile, LEAF_BYTES, index);
  const plain = chunk.slice();
  new Keystream(hexToBytes(key)).apply(plain, index);
  if (isSame(leafHash(plain, index), leaf)) throw new DataError('CHUNK_IS_RIGHT', { index });
  const cipher = new ChunkTree(index);
  for await (const each of pieces(cipherFile, CHUNK_BYTES)) cipher.append(leafHash(each, cipher.count));
  const leaves = new ChunkTree(index);
  for await (const each of pieces(leavesFile, LEAF_BYTES)) leaves.append(each.slice());
  return {
    key,
    index,
    cipherChunk: prefixedHex(chunk),
    cipherProof: proofOf(cipher, offer.cipherRoot, 'encrypted file'),
    plainLeaf: prefixedHex(leaf),
    plainProof: proofOf(leaves, offer.plainRoot, 'leaves'),
  };
}

function proofOf(tree: ChunkTree, expected: Hex, what: string): readonly Hex[] {
  const { root, proof } = tree.end();
  const found = prefixedHex(root);
  if (found !== expected) throw new DataError('FILES_DIFFER', { what, expected, found });
  return proof.map(prefixedHex);
}

function checkKey(key: Hex, offer: DataOffer): void {
  if (keyHash(key) !== offer.keyHash) throw new DataError('WRONG_KEY', { expected: offer.keyHash });
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
