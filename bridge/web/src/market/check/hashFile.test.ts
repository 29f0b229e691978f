import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashFile, sha256In } from './hashFile.ts';

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31) % 256);

function nodeHash(data: Uint8Array): string {
  return `0x${createHash('sha256').update(data).digest('hex')}`;
}

describe('the hash of a file', () => {
  it.each([0, 1, 63, 64, 65, 70_000, 300_001])('is its SHA-256 (%i bytes)', async (length) => {
    const data = bytes(length);
    expect(await hashFile(new Blob([data]))).toBe(nodeHash(data));
  });

  it('tells how far it is, never more often than by the per cent', async () => {
    const told: number[] = [];
    const data = bytes(1_000_000);
    await hashFile(new Blob([data]), { onProgress: (done) => told.push(done) });
    expect(told.at(-1)).toBe(1_000_000);
    expect(told.length).toBeLessThanOrEqual(100);
    expect(told).toEqual([...told].sort((x, y) => x - y));
  });

  it('ends when it is stopped', async () => {
    const control = new AbortController();
    control.abort(new DOMException('stopped', 'AbortError'));
    await expect(hashFile(new Blob([bytes(10)]), { signal: control.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('is refused where the file cannot be read', async () => {
    const file = {
      size: 3,
      stream: () =>
        new ReadableStream<Uint8Array<ArrayBuffer>>({
          pull: () => Promise.reject(new DOMException('gone', 'NotReadableError')),
        }),
    };
    await expect(hashFile(file)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('is refused where the file changed while it was read', async () => {
    const blob = new Blob([bytes(10)]);
    await expect(hashFile({ size: 12, stream: () => blob.stream() })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      data: { read: 10, expected: 12 },
    });
  });
});

describe('a SHA-256 that somebody typed', () => {
  const digits = 'Ab'.repeat(32);

  it.each([digits, `0x${digits}`, ` ${digits}\n`, `${digits}  model.onnx`])('is found in “%s”', (text) => {
    expect(sha256In(text)).toBe(`0x${digits.toLowerCase()}`);
  });

  it.each(['', 'abc', 'g'.repeat(64), `${digits}0`, `0x0x${digits}`])('is not found in “%s”', (text) => {
    expect(sha256In(text)).toBeUndefined();
  });
});
