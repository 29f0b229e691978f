/** RLP of byte strings and of lists whose items are encoded already. */

export function encodeBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 1 && (bytes[0] as number) < 0x80) return bytes;
  return withHead(0x80, bytes.length, [bytes]);
}

export function encodeList(items: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const item of items) length += item.length;
  return withHead(0xc0, length, items);
}

const EMPTY_STRING = new Uint8Array([0x80]);

export function encodeInteger(value: bigint): Uint8Array {
  if (value === 0n) return EMPTY_STRING;
  const hex = value.toString(16);
  return encodeBytes(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

function withHead(offset: number, length: number, parts: readonly Uint8Array[]): Uint8Array {
  const head = length < 56 ? 1 : 1 + lengthBytes(length);
  const out = new Uint8Array(head + length);
  if (head === 1) {
    out[0] = offset + length;
  } else {
    out[0] = offset + 54 + head;
    for (let i = head - 1, rest = length; i > 0; i--, rest = Math.floor(rest / 256)) out[i] = rest & 255;
  }
  let at = head;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function lengthBytes(length: number): number {
  if (length < 0x100) return 1;
  if (length < 0x10000) return 2;
  return length < 0x1000000 ? 3 : 4;
}
