import { ProtocolError } from '../errors.ts';
import { field } from '../field.ts';
import { accountIndex, batchNumber } from '../ids.ts';
import type { Batch, BatchNumber, FeeLanes, Field, ShapeName } from '../types.ts';

export const HEADER_WORDS = 10;
const MASK_128 = (1n << 128n) - 1n;

/** What the ten header words say, plus the shape, which L1 is told beside them. */
export interface BatchHeader {
  readonly shape: ShapeName;
  readonly domain: Field;
  readonly oldRoot: Field;
  readonly newRoot: Field;
  readonly number: BatchNumber;
  readonly timestamp: number;
  readonly l1Count: number;
  readonly opCount: number;
  readonly exitCount: number;
  readonly feeAccounts: FeeLanes;
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  readonly evmCommitment: bigint;
}

export function headerOf(batch: Batch, exitCount: number): BatchHeader {
  const { shape, domain, oldRoot, newRoot, number, timestamp, feeAccounts, firstBlock, lastBlock, evmCommitment } =
    batch;
  const opCount = batch.txs.reduce((sum, tx) => sum + tx.ops.length, 0);
  const counts = { l1Count: batch.l1Ops.length, opCount, exitCount };
  return {
    shape,
    domain,
    oldRoot,
    newRoot,
    number,
    timestamp,
    ...counts,
    feeAccounts,
    firstBlock,
    lastBlock,
    evmCommitment,
  };
}

/** Packs unsigned integers, lowest first; each must fit its width. */
function packWords(parts: readonly (readonly [value: number | bigint, bits: number])[]): Field {
  let word = 0n;
  let offset = 0n;
  for (const [value, bits] of parts) {
    const integer = BigInt(value);
    if (integer < 0n || integer >> BigInt(bits) !== 0n) throw new ProtocolError('BAD_BATCH', { value: integer, bits });
    word |= integer << offset;
    offset += BigInt(bits);
  }
  return field(word);
}

/** Splits a word; bits above the layout must be 0. */
function splitWord(word: bigint, widths: readonly number[]): bigint[] {
  let rest = word;
  const parts = widths.map((bits) => {
    const part = rest & ((1n << BigInt(bits)) - 1n);
    rest >>= BigInt(bits);
    return part;
  });
  if (rest !== 0n) throw new ProtocolError('MALFORMED_BYTES', { word });
  return parts;
}

/** @throws ProtocolError BAD_BATCH if a field does not fit its bits */
export function headerWords(header: BatchHeader): Field[] {
  return [
    field(header.domain),
    field(header.oldRoot),
    field(header.newRoot),
    packWords([[header.number, 64]]),
    packWords([[header.timestamp, 40]]),
    packWords([
      [header.l1Count, 16],
      [header.opCount, 16],
      [header.exitCount, 16],
    ]),
    packWords(header.feeAccounts.map((index) => [accountIndex(index), 32])),
    packWords([
      [header.firstBlock, 64],
      [header.lastBlock, 64],
    ]),
    packWords([[header.evmCommitment >> 128n, 128]]),
    packWords([[header.evmCommitment & MASK_128, 128]]),
  ];
}

/** @throws ProtocolError MALFORMED_BYTES, WORD_NOT_CANONICAL, INDEX_OUT_OF_RANGE */
export function headerFromWords(words: readonly bigint[], shape: ShapeName): BatchHeader {
  if (words.length !== HEADER_WORDS) throw new ProtocolError('MALFORMED_BYTES', { words: words.length });
  const word = (i: number): Field => field(words[i] ?? -1n);
  const [l1Count = 0n, opCount = 0n, exitCount = 0n] = splitWord(word(5), [16, 16, 16]);
  const [lane0 = 0n, lane1 = 0n, lane2 = 0n, lane3 = 0n] = splitWord(word(6), [32, 32, 32, 32]);
  const [firstBlock = 0n, lastBlock = 0n] = splitWord(word(7), [64, 64]);
  const [number = 0n] = splitWord(word(3), [64]);
  const [timestamp = 0n] = splitWord(word(4), [40]);
  const [high = 0n] = splitWord(word(8), [128]);
  const [low = 0n] = splitWord(word(9), [128]);
  const lane = (value: bigint) => accountIndex(Number(value));
  return {
    shape,
    domain: word(0),
    oldRoot: word(1),
    newRoot: word(2),
    number: batchNumber(Number(number)),
    timestamp: Number(timestamp),
    l1Count: Number(l1Count),
    opCount: Number(opCount),
    exitCount: Number(exitCount),
    feeAccounts: [lane(lane0), lane(lane1), lane(lane2), lane(lane3)],
    firstBlock,
    lastBlock,
    evmCommitment: (high << 128n) | low,
  };
}
