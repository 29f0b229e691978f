import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packageFile } from './paths.ts';
import { withLargerGrowth } from './wasmGrowth.ts';

describe('withLargerGrowth', () => {
  const original = readFileSync(packageFile('circom2/circom.wasm'));

  it('knows the installed compiler, and changes only sbrk and the globals', () => {
    const patched = withLargerGrowth(original);
    expect(patched.equals(original)).toBe(false);
    expect(Math.abs(patched.length - original.length)).toBeLessThan(100);
    const module = new WebAssembly.Module(Uint8Array.from(patched));
    expect(WebAssembly.Module.exports(module)).toEqual(
      WebAssembly.Module.exports(new WebAssembly.Module(Uint8Array.from(original))),
    );
  });

  it('leaves a binary it does not know as it is', () => {
    const empty = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    expect(withLargerGrowth(empty)).toBe(empty);
  });

  it('takes memory in pieces of 64 MB and hands it out without a gap', () => {
    const { sbrk, memory } = new WebAssembly.Instance(
      new WebAssembly.Module(Uint8Array.from(withLargerGrowth(moduleWithSbrk()))),
    ).exports as unknown as { sbrk(increment: number): number; memory: WebAssembly.Memory };
    const page = 65_536;
    const start = sbrk(0);
    expect(start).toBe(2 * page);
    expect(sbrk(page)).toBe(start);
    expect(memory.buffer.byteLength).toBe(start + (64 << 20));
    expect(sbrk(2 * page)).toBe(start + page);
    expect(sbrk(0)).toBe(start + 3 * page);
    expect(memory.buffer.byteLength).toBe(start + (64 << 20));
    // More than a piece at once.
    expect(sbrk(200 << 20)).toBe(start + 3 * page);
    expect(memory.buffer.byteLength).toBe(start + 3 * page + (200 << 20));
    expect(() => sbrk(1)).toThrow(WebAssembly.RuntimeError);
    // The address space ends at 4 GB: −1, and the break stays.
    const before = sbrk(0);
    expect(sbrk(-page)).toBe(-1);
    expect(sbrk(0)).toBe(before);
  });
});

/** A module with two pages of memory, one global, and the sbrk of wasi-libc, exported. */
function moduleWithSbrk(): Buffer {
  const body = Buffer.from(
    '00024020000d003f004110740f0b0240200041ffff03710d002000417f4c0d000240200041107640002200417f470d004100413036029495' +
      '9f8200417f0f0b20004110740f0b10b8b1808000000b',
    'hex',
  );
  const section = (id: number, bytes: readonly number[]) => [id, bytes.length, ...bytes];
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  return Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7f]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 2]),
    ...section(6, [1, 0x7f, 1, 0x41, 0, 0x0b]),
    ...section(7, [2, ...name('sbrk'), 0, 0, ...name('memory'), 2, 0]),
    ...section(10, [1, body.length, ...body]),
  ]);
}
