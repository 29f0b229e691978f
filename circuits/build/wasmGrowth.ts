/**
 * Makes the circom compiler take memory in large pieces.
 *
 * Its allocator asks for one 64 KB page at a time. Each `memory.grow` replaces the ArrayBuffer of the whole memory,
 * which V8 answers with a full garbage collection: thousands of them, 40 % of the time of a large circuit. The
 * rewritten `sbrk` takes 64 MB from the engine at once and hands out pages from that; results are the same bytes.
 */

/** Body of `sbrk` (wasi-libc) in circom2 0.2.23, up to the address of errno. */
const SBRK = Buffer.from(
  '00024020000d003f004110740f0b0240200041ffff03710d002000417f4c0d000240200041107640002200417f470d00410041303602',
  'hex',
);
const PAGES_AT_ONCE = 1024;
const SECTION_GLOBAL = 6;
const SECTION_CODE = 10;

/** The binary with the larger growth, or as it is if its `sbrk` is not the one known here. */
export function withLargerGrowth(wasm: Buffer): Buffer {
  const at = wasm.indexOf(SBRK);
  if (at < 0 || wasm.indexOf(SBRK, at + 1) >= 0) return wasm;
  const parts: Uint8Array[] = [wasm.subarray(0, 8)];
  let breakGlobal: number | undefined;
  const reader = new Reader(wasm, 8);
  while (reader.at < wasm.length) {
    const start = reader.at;
    const id = wasm[reader.at++];
    const length = reader.varuint();
    const end = reader.at + length;
    if (id === SECTION_GLOBAL) {
      breakGlobal = reader.varuint();
      const mutableZero = [0x7f, 0x01, 0x41, 0x00, 0x0b];
      parts.push(...section(id, [varuint(breakGlobal + 1), wasm.subarray(reader.at, end), mutableZero]));
    } else if (id === SECTION_CODE && breakGlobal !== undefined) {
      const body = reader.at;
      const found = functionAt(wasm, body, at);
      if (!found) return wasm;
      const ours = sbrkBody(breakGlobal);
      parts.push(
        ...section(id, [
          wasm.subarray(body, found.sizeAt),
          varuint(ours.length),
          ours,
          wasm.subarray(at + found.size, end),
        ]),
      );
    } else parts.push(wasm.subarray(start, end));
    reader.at = end;
  }
  const patched = Buffer.concat(parts);
  return WebAssembly.validate(patched) ? patched : wasm;
}

/** Where the size of the function whose body starts at `body` is written, in the code section at `start`. */
function functionAt(wasm: Buffer, start: number, body: number): { sizeAt: number; size: number } | undefined {
  const reader = new Reader(wasm, start);
  for (let left = reader.varuint(); left > 0; left--) {
    const sizeAt = reader.at;
    const size = reader.varuint();
    if (reader.at === body) return { sizeAt, size };
    reader.at += size;
  }
  return undefined;
}

/** sbrk(increment) over a global that holds the break in pages (0: not yet set). Returns −1 when memory is exhausted. */
function sbrkBody(global: number): number[] {
  const brk = varuint(global);
  const growMissing = [
    ...[0x20, 0x00, 0x3f, 0x00, 0x6b, 0x40, 0x00], // memory.grow(new − memory.size)
    ...[0x41, 0x7f, 0x46, 0x04, 0x40, 0x41, 0x7f, 0x0f, 0x0b], // if that is −1, return −1
  ];
  return [
    ...[0x01, 0x01, 0x7f], // one local, i32: the old break
    ...[0x23, ...brk, 0x45, 0x04, 0x40, 0x3f, 0x00, 0x24, ...brk, 0x0b], // if (!brk) brk = memory.size
    ...[0x23, ...brk, 0x21, 0x01], // old = brk
    ...[0x20, 0x00, 0x41, 0xff, 0xff, 0x03, 0x71, 0x04, 0x40, 0x00, 0x0b], // if (increment & 0xffff) unreachable
    ...[0x20, 0x00, 0x41, 0x10, 0x76, 0x20, 0x01, 0x6a, 0x22, 0x00], // new = old + (increment >>> 16)
    ...[0x3f, 0x00, 0x4b, 0x04, 0x40], // if (new > memory.size) {
    ...[0x41, ...varint(PAGES_AT_ONCE), 0x40, 0x00, 0x1a], //   memory.grow(many), which may fail or not be enough
    ...[0x20, 0x00, 0x3f, 0x00, 0x4b, 0x04, 0x40, ...growMissing, 0x0b], //   if (new > memory.size) grow by what is missing
    0x0b, // }
    ...[0x20, 0x00, 0x24, ...brk], // brk = new
    ...[0x20, 0x01, 0x41, 0x10, 0x74, 0x0b], // return old << 16
  ];
}

function section(id: number, contents: readonly (Uint8Array | readonly number[])[]): Uint8Array[] {
  const parts = contents.map((part) => Uint8Array.from(part));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [Uint8Array.from([id, ...varuint(length)]), ...parts];
}

/** Unsigned LEB128. */
function varuint(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...varuint(value >>> 7)];
}

/** Signed LEB128 of a value that is not negative. */
function varint(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)];
}

class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  varuint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
}
