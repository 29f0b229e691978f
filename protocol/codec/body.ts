import { ByteReader, ByteWriter } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { shape } from '../shapes.ts';
import type { Batch, Exit, L1Op, Op, ShapeName } from '../types.ts';
import { exitFromWords, exitWords, l1OpFromWords, l1OpWords } from './l1Words.ts';
import { readOp, writeOp } from './opBytes.ts';
import { claimCount } from './tx.ts';

/** What travels of a batch besides its header. Signatures (vouchers' too) and expiry are not posted: the proof vouches for them. */
export interface BatchBody {
  readonly l1Ops: readonly L1Op[];
  readonly exits: readonly Exit[];
  /** The ops of each transaction, in order. */
  readonly txOps: readonly (readonly Op[])[];
}

export interface BodyCounts {
  readonly shape: ShapeName;
  readonly l1Count: number;
  readonly exitCount: number;
  readonly opCount: number;
}

export function bodyOf(batch: Batch, exits: readonly Exit[]): BatchBody {
  return { l1Ops: batch.l1Ops, exits, txOps: batch.txs.map((tx) => tx.ops) };
}

/** `l1Count × 128 ‖ exitCount × 64 ‖ opCount × op`. @throws ProtocolError as the words of its parts */
export function encodeBody(body: BatchBody): Uint8Array {
  const writer = new ByteWriter();
  for (const op of body.l1Ops) for (const word of l1OpWords(op)) writer.write(word, 32);
  for (const exit of body.exits) for (const word of exitWords(exit)) writer.write(word, 32);
  for (const ops of body.txOps) {
    ops.forEach((op, i) => {
      writeOp(writer, op, i === ops.length - 1);
    });
  }
  return writer.bytes();
}

/** @throws ProtocolError BAD_BATCH (counts over the shape), MALFORMED_BYTES (also: the last op does not close its transaction) */
export function decodeBody(bytes: Uint8Array, counts: BodyCounts): BatchBody {
  const { L, N, S, E } = shape(counts.shape);
  if (counts.l1Count > L || counts.opCount > N || counts.exitCount > E) {
    throw new ProtocolError('BAD_BATCH', { l1Ops: counts.l1Count, ops: counts.opCount, exits: counts.exitCount });
  }
  const reader = new ByteReader(bytes);
  const words = (count: number) => Array.from({ length: count }, () => reader.big(32));
  const l1Ops = Array.from({ length: counts.l1Count }, () => l1OpFromWords(words(4)));
  const exits = Array.from({ length: counts.exitCount }, () => exitFromWords(words(2)));
  const txOps: Op[][] = [];
  let open: Op[] = [];
  for (let i = 0; i < counts.opCount; i += 1) {
    const { op, isLast } = readOp(reader);
    open.push(op);
    if (!isLast) continue;
    txOps.push(open);
    open = [];
  }
  reader.end();
  if (open.length > 0) throw new ProtocolError('MALFORMED_BYTES', { unclosedOps: open.length });
  const signatures = txOps.reduce((sum, ops) => sum + 1 + claimCount(ops), 0);
  if (signatures > S) throw new ProtocolError('BAD_BATCH', { signatures });
  return { l1Ops, exits, txOps };
}
