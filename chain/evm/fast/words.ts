const NOTHING = Buffer.alloc(0);

function bufferOf(bytes: Uint8Array): Buffer {
  return bytes.length === 0 ? NOTHING : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function wordOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt(`0x${bufferOf(bytes).toString('hex')}`);
}

/** A word in memory; most are small. */
export function loadWord(view: DataView, at: number): bigint {
  const high =
    view.getUint32(at) |
    view.getUint32(at + 4) |
    view.getUint32(at + 8) |
    view.getUint32(at + 12) |
    view.getUint32(at + 16);
  if (high === 0 && view.getUint32(at + 20) === 0) return view.getBigUint64(at + 24);
  return wordOf(new Uint8Array(view.buffer, at, 32));
}

export function storeWord(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at + 24, value); // takes the lower 64 bits
  if (value <= 0xffff_ffff_ffff_ffffn) {
    view.setFloat64(at, 0);
    view.setFloat64(at + 8, 0);
    view.setFloat64(at + 16, 0);
    return;
  }
  view.setBigUint64(at + 16, value >> 64n);
  view.setBigUint64(at + 8, value >> 128n);
  view.setBigUint64(at, value >> 192n);
}

/** 32 bytes. */
export function wordBytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  storeWord(new DataView(bytes.buffer), 0, value);
  return bytes;
}

/** Without leading zeros. */
export function shortBytes(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  const hex = value.toString(16);
  return new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

/** Copies `bytes` bytes of a source from a position on; what lies behind its end is 0. */
export function copyTo(store: Uint8Array, at: number, bytes: number, source: Uint8Array, position: bigint): void {
  const from = position > source.length ? source.length : Number(position);
  const end = at + Math.min(bytes, source.length - from);
  store.set(source.subarray(from, from + end - at), at);
  store.fill(0, end, at + bytes);
}
