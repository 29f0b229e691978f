/** Items behind the signed part of a transaction: v or yParity, r, s. */
const SIGNATURE_ITEMS = 3;
const FIRST_LIST = 0xc0;

/**
 * The bytes a transaction's signer hashed, cut out of its EIP-2718 bytes: the items without the signature, under a list header of their
 * own; for EIP-155 with the chain's id and two empty items behind. The bytes must be those of a transaction that was decoded (shortest
 * form): anything that does not look so gives undefined.
 */
export function signedBytes(raw: Uint8Array, v: bigint): Uint8Array | undefined {
  const isTyped = (raw[0] ?? 0) < FIRST_LIST;
  const list = headerOf(raw, isTyped ? 1 : 0);
  if (list === undefined || !list.isList || list.end !== raw.length) return undefined;
  const starts: number[] = [];
  for (let at = list.start; at < list.end; ) {
    const item = headerOf(raw, at);
    if (item === undefined || item.end > list.end) return undefined;
    starts.push(at);
    at = item.end;
  }
  const signatureAt = starts.at(-SIGNATURE_ITEMS);
  if (signatureAt === undefined) return undefined;
  const tail = !isTyped && v >= 35n ? replayTail((v - 35n) >> 1n) : [];
  const length = signatureAt - list.start + tail.length;
  const header = listHeader(length);
  const prefix = isTyped ? 1 : 0;
  const bytes = new Uint8Array(prefix + header.length + length);
  if (isTyped) bytes[0] = raw[0] ?? 0;
  bytes.set(header, prefix);
  bytes.set(raw.subarray(list.start, signatureAt), prefix + header.length);
  bytes.set(tail, bytes.length - tail.length);
  return bytes;
}

interface Header {
  readonly isList: boolean;
  readonly start: number;
  readonly end: number;
}

/** Where the content of the RLP item at `at` starts and ends. */
function headerOf(bytes: Uint8Array, at: number): Header | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { isList: false, start: at, end: at + 1 };
  const isList = first >= FIRST_LIST;
  const size = first - (isList ? FIRST_LIST : 0x80);
  if (size <= 55) return { isList, start: at + 1, end: at + 1 + size };
  const sizeBytes = size - 55;
  let length = 0;
  for (let i = 1; i <= sizeBytes; i++) length = length * 256 + (bytes[at + i] ?? 0);
  return { isList, start: at + 1 + sizeBytes, end: at + 1 + sizeBytes + length };
}

function listHeader(length: number): number[] {
  if (length <= 55) return [FIRST_LIST + length];
  const size = bigEndian(BigInt(length));
  return [FIRST_LIST + 55 + size.length, ...size];
}

/** chainId, 0, 0 as RLP items (EIP-155). */
function replayTail(chainId: bigint): number[] {
  const id = bigEndian(chainId);
  const item = id.length === 1 && (id[0] ?? 0) < 0x80 ? id : [0x80 + id.length, ...id];
  return [...item, 0x80, 0x80];
}

/** Without leading zeros; 0 is empty. */
function bigEndian(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  return bytes;
}
