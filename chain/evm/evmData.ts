import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { MAX_BATCH_BLOCKS, MAX_EVM_DATA, MAX_L1_MESSAGES } from '../../protocol/lane/constants.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { EvmError } from './errors.ts';
import { RlpCursor, RlpWriter } from './rlp.ts';

/** What a batch posts of one block (docs/protocol.md section 11). */
export interface EvmDataBlock {
  /** Seconds since the block before; 0 for the first of a batch. */
  readonly timestampDelta: number;
  readonly l1Count: number;
  readonly opCount: number;
  /** Fee lanes named by the end of the block. */
  readonly laneCount: number;
  /** L1 messages the block takes. */
  readonly inboxCount: number;
  /** The users' transactions as EIP-2718 bytes. */
  readonly txs: readonly Uint8Array[];
}

export interface EvmData {
  readonly beneficiary: Hex;
  readonly blocks: readonly EvmDataBlock[];
}

const VERSION = 0x01;
/** The most each number can be, in the order of the block's fields: 40 bits of seconds, 16-bit counts of the header, four lanes. */
const LIMITS = [2 ** 40 - 1, 65_535, 65_535, 4, MAX_L1_MESSAGES] as const;
/** No signed transaction is shorter (nine fields, a gas limit of 21,000 in three bytes); keeps a bomb from becoming millions of objects. */
export const MIN_TX_BYTES = 12;
/**
 * Bytes cost gas on L1, time a core here. Per MB of transfers and of contract calls: 4 takes 27 and 17 ms, 6 takes 155 and 60 ms for 1.5 % and
 * 5 % fewer bytes, 9 takes 270 and 160 ms for 0.5 % and 2 % more, 11 takes 2 s.
 */
const QUALITY = 6;
const WINDOW_BITS = 22;
const UNPACK = { maxOutputLength: MAX_EVM_DATA, chunkSize: 65_536, info: true };

/** `0x01 ‖ brotli(RLP)`. @throws EvmError BAD_EVM_DATA: too long, or a value out of its range (the caller's mistake) */
export async function encodeEvmData(data: EvmData): Promise<Uint8Array> {
  const bytes = encodeEvmRlp(data);
  const compressed = await compress(bytes);
  const posted = new Uint8Array(1 + compressed.length);
  posted[0] = VERSION;
  posted.set(compressed, 1);
  return posted;
}

/**
 * Exactly one reading for any bytes: shortest RLP, nothing behind it, nothing behind the compressed stream. Memory is bounded by
 * `MAX_EVM_DATA` whatever the bytes claim. The transactions are views of one buffer and may be anything.
 * @throws EvmError BAD_EVM_DATA {reason}
 */
export async function decodeEvmData(posted: Uint8Array): Promise<EvmData> {
  if (posted[0] !== VERSION) throw bad('version');
  return decodeRlp(await decompress(posted.subarray(1)));
}

/** What is compressed: the same bytes for the same data, whoever compresses them. @throws EvmError BAD_EVM_DATA, as above */
export function encodeEvmRlp({ beneficiary, blocks }: EvmData): Uint8Array {
  if (blocks.length > MAX_BATCH_BLOCKS) throw bad('blocks');
  if (!/^0x[0-9a-f]{40}$/i.test(beneficiary)) throw bad('beneficiary');
  const writer = new RlpWriter();
  writer.list(() => {
    writer.bytes(Buffer.from(beneficiary.slice(2), 'hex'));
    writer.list(() => {
      for (const block of blocks) writer.list(() => writeBlock(writer, block));
    });
  });
  const bytes = writer.finish();
  if (bytes.length > MAX_EVM_DATA) throw bad('too long');
  return bytes;
}

function writeBlock(writer: RlpWriter, block: EvmDataBlock): void {
  const { timestampDelta, l1Count, opCount, laneCount, inboxCount, txs } = block;
  [timestampDelta, l1Count, opCount, laneCount, inboxCount].forEach((value, i) => {
    if (!Number.isInteger(value) || value < 0 || value > (LIMITS[i] ?? 0)) throw bad('number out of range');
    writer.integer(value);
  });
  writer.list(() => {
    for (const tx of txs) {
      if (tx.length < MIN_TX_BYTES) throw bad('transaction too short');
      writer.bytes(tx);
    }
  });
}

function decodeRlp(bytes: Uint8Array): EvmData {
  const all = new RlpCursor(bytes);
  const top = all.list();
  all.end();
  const beneficiary = top.bytes();
  if (beneficiary.length !== 20) throw bad('beneficiary');
  const list = top.list();
  top.end();
  const blocks: EvmDataBlock[] = [];
  while (!list.isAtEnd) {
    if (blocks.length === MAX_BATCH_BLOCKS) throw bad('blocks');
    blocks.push(readBlock(list.list()));
  }
  return { beneficiary: `0x${Buffer.from(beneficiary).toString('hex')}`, blocks };
}

function readBlock(cursor: RlpCursor): EvmDataBlock {
  const [secondsLimit, l1Limit, opLimit, laneLimit, inboxLimit] = LIMITS;
  const timestampDelta = cursor.integer(secondsLimit);
  const l1Count = cursor.integer(l1Limit);
  const opCount = cursor.integer(opLimit);
  const laneCount = cursor.integer(laneLimit);
  const inboxCount = cursor.integer(inboxLimit);
  const list = cursor.list();
  cursor.end();
  const txs: Uint8Array[] = [];
  while (!list.isAtEnd) {
    const tx = list.bytes();
    if (tx.length < MIN_TX_BYTES) throw bad('transaction too short');
    txs.push(tx);
  }
  return { timestampDelta, l1Count, opCount, laneCount, inboxCount, txs };
}

function compress(bytes: Uint8Array): Promise<Uint8Array> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return new Promise((resolve, reject) => {
    brotliCompress(bytes, { params, chunkSize: 65_536 }, (error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
  });
}

function decompress(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    brotliDecompress(bytes, UNPACK, (error: NodeJS.ErrnoException | null, result) => {
      if (error) return reject(bad(error.code === 'ERR_BUFFER_TOO_LARGE' ? 'too long' : 'compression', error));
      // Node's types leave out what `info` asks for: the stream, which knows how much it has read.
      const { buffer, engine } = result as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
      if (engine.bytesWritten !== bytes.length) return reject(bad('trailing bytes'));
      // Not as a Buffer: its views would be ones too.
      resolve(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength));
    });
  });
}

function bad(reason: string, cause?: unknown): EvmError {
  return new EvmError('BAD_EVM_DATA', { reason }, { cause });
}
