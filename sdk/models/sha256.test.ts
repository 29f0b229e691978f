import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../protocol/bytes.ts';
import { sha256Bytes, sha256File, sha256Stream } from './sha256.ts';

describe('the SHA-256 of an artefact', () => {
  it('is FIPS 180-4’s', () => {
    const abc = new TextEncoder().encode('abc');
    expect(bytesToHex(sha256Bytes(abc))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('is the same of bytes, streams of any chunks, and files', async () => {
    const bytes = Uint8Array.from({ length: 200_003 }, (_, i) => (i * 31) % 251);
    const folder = await mkdtemp(join(tmpdir(), 'engram-sha256-'));
    try {
      const file = join(folder, 'weights.bin');
      await writeFile(file, bytes);
      expect(await sha256File(file)).toEqual(sha256Bytes(bytes));
      expect(await sha256File(file)).toBeInstanceOf(Uint8Array);
    } finally {
      await rm(folder, { recursive: true });
    }
    expect(await sha256Stream([bytes.subarray(0, 1), bytes.subarray(1)])).toEqual(sha256Bytes(bytes));
    expect(await sha256Stream(new Blob([bytes]).stream())).toEqual(sha256Bytes(bytes));
    expect(await sha256Stream([])).toEqual(sha256Bytes(new Uint8Array()));
  });

  it('is not made of a file that cannot be read', async () => {
    await expect(sha256File('/no/such/file')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
