import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from 'viem';
import type { Hex } from '../../../../../sdk/rpcTypes.ts';
import { MarketError } from '../marketError.ts';

export interface HashOptions {
  /** Told after each per cent: bytes read so far. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Between two breaths of the page, ms: it stays usable while a large file is read. */
const BREATH_MS = 40;

/**
 * SHA-256 of a file, read piece by piece: memory does not grow with it, and it never leaves the browser.
 * @throws MarketError FILE_UNREADABLE; the signal's reason
 */
export async function hashFile(
  file: Pick<File, 'size' | 'stream'>,
  { onProgress, signal }: HashOptions = {},
): Promise<Hex> {
  const hash = sha256.create();
  const reader = file.stream().getReader();
  let bytes = 0;
  let told = 0;
  let breath = performance.now();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new MarketError('FILE_UNREADABLE', {}, { cause });
      });
      if (done) break;
      hash.update(value);
      bytes += value.length;
      if (bytes - told >= file.size / 100) {
        told = bytes;
        onProgress?.(bytes);
      }
      if (performance.now() - breath > BREATH_MS) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        breath = performance.now();
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined); // a file that cannot be read cannot be closed either
  }
  // a file that grew or shrank meanwhile is neither the old nor the new one
  if (bytes !== file.size) throw new MarketError('FILE_UNREADABLE', { read: bytes, expected: file.size });
  return bytesToHex(hash.digest());
}

/** A SHA-256 as people paste it: with or without 0x, in any case, with the file name that `sha256sum` prints behind it. */
export function sha256In(text: string): Hex | undefined {
  const match = /^\s*(?:0x)?([0-9a-f]{64})(?:\s.*)?$/is.exec(text);
  return match?.[1] === undefined ? undefined : `0x${match[1].toLowerCase()}`;
}
