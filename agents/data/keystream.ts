import { AT, type KeccakExports, keccakModule, RATE } from './keccakModule.ts';

const BLOCK = 32;
const MAX_MESSAGE = 0x1_0000 - AT.data - RATE;

let made: { readonly wasm: KeccakExports; readonly bytes: Uint8Array; readonly view: DataView } | undefined;

/** Made once: its memory holds nothing between two calls. */
function keccak() {
  if (made === undefined) {
    // exactly the exports of the module above
    const wasm = new WebAssembly.Instance(new WebAssembly.Module(keccakModule())).exports as unknown as KeccakExports;
    made = { wasm, bytes: new Uint8Array(wasm.memory.buffer), view: new DataView(wasm.memory.buffer) };
  }
  return made;
}

/** Keccak-256 of at most 65,000 bytes, given in parts. */
export function hash(...parts: readonly Uint8Array[]): Uint8Array {
  const { wasm, bytes } = keccak();
  let end: number = AT.data;
  for (const part of parts) {
    if (end + part.length > AT.data + MAX_MESSAGE) throw new RangeError('a longer message than chunks and nodes are');
    bytes.set(part, end);
    end += part.length;
  }
  const blocks = Math.floor((end - AT.data) / RATE) + 1;
  const last = AT.data + blocks * RATE - 1;
  bytes.fill(0, end, last + 1);
  bytes[end] = 0x01;
  bytes[last] = (bytes[last] ?? 0) | 0x80;
  wasm.absorb(blocks);
  return bytes.slice(AT.digest, AT.digest + 32);
}

/**
 * Encrypts and decrypts chunks in place: block j of chunk i is combined with `keccak256(key ‖ uint32 i ‖ uint32 j)`. One key encrypts one
 * file: a second one under it would give away the difference of the two.
 */
export class Keystream {
  readonly #key: Uint8Array;

  /** @param key 32 bytes */
  constructor(key: Uint8Array) {
    if (key.length !== BLOCK) throw new RangeError('a key has 32 bytes');
    this.#key = key.slice();
  }

  /** @param chunk at most 8 KiB: the number of its blocks has one byte */
  apply(chunk: Uint8Array, index: number): void {
    if (chunk.length > 256 * BLOCK) throw new RangeError('a longer chunk than there are');
    if (chunk.length === 0) return;
    const { wasm, bytes, view } = keccak();
    bytes.set(this.#key, AT.key);
    bytes.set(chunk, AT.data);
    // four big-endian bytes, read as the little-endian lane has them
    view.setUint32(AT.digest, index);
    wasm.mask(Math.ceil(chunk.length / BLOCK), view.getInt32(AT.digest, true));
    chunk.set(bytes.subarray(AT.data, AT.data + chunk.length));
    bytes.fill(0, AT.key, AT.key + BLOCK);
  }
}
