import { sha256 } from '@noble/hashes/sha2.js';

/** SHA-256 of bytes in memory, 32 bytes. */
export function sha256Bytes(bytes: Uint8Array): Uint8Array {
  return sha256(bytes);
}

/**
 * SHA-256 of a stream, 32 bytes; memory does not grow with its length. Takes Node's and the web's readable streams (`file.stream()`,
 * `response.body`) and anything else that yields bytes.
 */
export async function sha256Stream(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const hash = sha256.create();
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest();
}

/** SHA-256 of a file on disk, 32 bytes (Node only). @throws the file system's errors */
export async function sha256File(path: string): Promise<Uint8Array> {
  // loaded on use: the rest of the SDK runs without a file system
  const [{ createHash }, { createReadStream }] = await Promise.all([import('node:crypto'), import('node:fs')]);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return new Uint8Array(hash.digest());
}
