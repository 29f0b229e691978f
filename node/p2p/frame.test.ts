import { randomBytes } from 'node:crypto';
import { brotliCompressSync, constants } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { packFrame, unpackFrame } from './frame.ts';

const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

describe('frames', () => {
  it.each([
    ['nothing', new Uint8Array(0), 0],
    ['a byte', Uint8Array.of(7), 0],
    ['what does not pack', new Uint8Array(randomBytes(5_000)), 0],
    ['what packs', new Uint8Array(5_000).fill(3), 1],
  ])('%s comes out as it went in', async (_, payload, codec) => {
    const frame = await packFrame(payload);
    expect(frame[0]).toBe(codec);
    expect(frame.length).toBeLessThanOrEqual(payload.length + 1);
    expect(await unpackFrame(frame, payload.length)).toEqual(payload);
  });

  it('holds as much as the limit and not a byte more, packed or not', async () => {
    for (const payload of [new Uint8Array(randomBytes(1_000)), new Uint8Array(1_000)]) {
      const frame = await packFrame(payload);
      expect(await unpackFrame(frame, 1_000)).toEqual(payload);
      await expect(unpackFrame(frame, 999)).rejects.toMatchObject({ code: 'BAD_FRAME', data: { reason: 'too long' } });
    }
  });

  it('a bomb costs no more than its limit', async () => {
    const bomb = Uint8Array.from([1, ...brotliCompressSync(Buffer.alloc(256 * 1_048_576), FAST)]);
    const before = process.memoryUsage().arrayBuffers;
    await expect(unpackFrame(bomb, 1_048_576)).rejects.toMatchObject({ data: { reason: 'too long' } });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1_048_576);
  });

  it.each([
    ['empty', []],
    ['codec', [2, 1, 2]],
    ['codec', [255]],
    ['compression', [1]],
    ['compression', [1, 0xff, 0xff, 0xff]],
    ['compression', [1, ...brotliCompressSync(Buffer.from('cut off'.repeat(20))).subarray(0, -1)]],
    ['trailing bytes', [1, ...brotliCompressSync(Buffer.from('whole')), 0]],
  ])('refuses: %s', async (reason, bytes) => {
    await expect(unpackFrame(Uint8Array.from(bytes), 1_000)).rejects.toMatchObject({
      code: 'BAD_FRAME',
      data: { reason },
    });
  });
});
