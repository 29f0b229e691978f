import { stat } from 'node:fs/promises';
import { prefixedHex } from '../../protocol/bytes.ts';
import { CHUNK_BYTES, type DataOffer } from '../../sdk/data/purchase.ts';
import { cipherBytes, pieces, shapeOf } from './chunks.ts';
import { ChunkTree, leafHash } from './chunkTree.ts';
import { DataError } from './dataError.ts';
import type { Manifest } from './manifest.ts';

export const LEAF_BYTES = 32;

export interface DatasetFiles {
  readonly cipherFile: string;
  readonly leavesFile: string;
}

/**
 * What a buyer checks before it pays: the offer is for the manifest's file, and both roots are those of the files it has. Afterwards any
 * wrong chunk can be proven; without the leaves a root that nobody can open would let the seller go.
 * @throws DataError FILES_DIFFER (`what`), FILE, BAD_LENGTH
 */
export async function checkDataset(files: DatasetFiles, offer: DataOffer, manifest: Manifest): Promise<void> {
  checkOffer(offer, manifest);
  await checkLength(files.cipherFile, cipherBytes(offer), 'encrypted file');
  await checkLength(files.leavesFile, offer.chunks * LEAF_BYTES, 'leaves');
  const plain = new ChunkTree();
  for await (const leaf of pieces(files.leavesFile, LEAF_BYTES)) plain.append(leaf.slice());
  same('leaves', offer.plainRoot, prefixedHex(plain.end().root));
  const cipher = new ChunkTree();
  for await (const chunk of pieces(files.cipherFile, CHUNK_BYTES)) cipher.append(leafHash(chunk, cipher.count));
  same('encrypted file', offer.cipherRoot, prefixedHex(cipher.end().root));
}

/** The offer sells the file of the manifest. @throws DataError FILES_DIFFER, BAD_LENGTH */
export function checkOffer(offer: DataOffer, manifest: Manifest): void {
  same('plainRoot', prefixedHex(manifest.plainRoot), offer.plainRoot);
  const shape = shapeOf(manifest.bytes);
  same('chunks', shape.chunks, offer.chunks);
  same('lastLength', shape.lastLength, offer.lastLength);
}

async function checkLength(path: string, expected: number, what: string): Promise<void> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new DataError('FILE', { path }, { cause });
  });
  same(what, expected, size);
}

function same(what: string, expected: string | number, found: string | number): void {
  if (expected !== found) throw new DataError('FILES_DIFFER', { what, expected, found });
}
