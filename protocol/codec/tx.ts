import { ByteReader, ByteWriter } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { accountIndex } from '../ids.ts';
import { type Op, Opcode, type SignedTx, type Tx } from '../types.ts';
import { readOp, writeOp } from './opBytes.ts';
import { hasAssignedIndex } from './opWords.ts';
import { readSignature, writeSignature } from './signature.ts';

export const MAX_TX_OPS = 255;
export const VALID_UNTIL_LIMIT = 2 ** 40;

/**
 * The fields of a transaction that no op carries.
 * @throws ProtocolError INDEX_OUT_OF_RANGE, BAD_NONCE, MALFORMED_BYTES (no ops or over 255, validUntil over 40 bits)
 */
export function checkTxHead(tx: Tx): void {
  accountIndex(tx.signer);
  if (!Number.isInteger(tx.nonce) || tx.nonce < 0 || tx.nonce >= 2 ** 32) {
    throw new ProtocolError('BAD_NONCE', { nonce: tx.nonce });
  }
  if (!Number.isInteger(tx.validUntil) || tx.validUntil < 0 || tx.validUntil >= VALID_UNTIL_LIMIT) {
    throw new ProtocolError('MALFORMED_BYTES', { validUntil: tx.validUntil });
  }
  if (tx.ops.length < 1 || tx.ops.length > MAX_TX_OPS) {
    throw new ProtocolError('MALFORMED_BYTES', { ops: tx.ops.length });
  }
}

/**
 * Users leave an index that the sequencer assigns at 0.
 * @throws ProtocolError ASSIGNED_INDEX_NOT_ZERO
 */
export function checkUnassigned(tx: Tx): void {
  for (const op of tx.ops) {
    if (hasAssignedIndex(op.opcode) && op.to !== 0)
      throw new ProtocolError('ASSIGNED_INDEX_NOT_ZERO', { index: op.to });
  }
}

/** The number of vouchers that ops need: one a CLAIM. */
export function claimCount(ops: readonly Op[]): number {
  return ops.filter((op) => op.opcode === Opcode.CLAIM).length;
}

/**
 * A transaction carries exactly one voucher signature a CLAIM.
 * @throws ProtocolError INVALID_ARGUMENT (bytes and JSON that say so are refused where they are decoded)
 */
export function checkVoucherCount(tx: SignedTx): void {
  const claims = claimCount(tx.ops);
  if (tx.vouchers.length !== claims) {
    throw new ProtocolError('INVALID_ARGUMENT', { vouchers: tx.vouchers.length, claims });
  }
}

/**
 * The wire form: `signer(4) ‖ nonce(4) ‖ validUntil(5) ‖ k(1) ‖ k × op ‖ R8x(32) ‖ R8y(32) ‖ S(32)`, then the signature of each
 * CLAIM's voucher in the same form.
 * @throws ProtocolError as `checkTxHead`, `checkVoucherCount` and `checkOp`; BAD_SIGNATURE, BAD_VOUCHER (S over 256 bits)
 */
export function encodeTx(tx: SignedTx): Uint8Array {
  checkTxHead(tx);
  checkVoucherCount(tx);
  const writer = new ByteWriter();
  writer.write(tx.signer, 4).write(tx.nonce, 4).write(tx.validUntil, 5).write(tx.ops.length, 1);
  tx.ops.forEach((op, i) => {
    writeOp(writer, op, i === tx.ops.length - 1);
  });
  writeSignature(writer, tx.signature, 'BAD_SIGNATURE');
  for (const voucher of tx.vouchers) writeSignature(writer, voucher, 'BAD_VOUCHER');
  return writer.bytes();
}

export interface DecodeTxOptions {
  /** The bytes come from a block, where assigned indices are filled in; default: from a user, who leaves them 0. */
  readonly isAssigned?: boolean;
}

/**
 * @throws ProtocolError MALFORMED_BYTES (length, also of the vouchers; trailing bytes; flags), UNKNOWN_OPCODE, INDEX_OUT_OF_RANGE,
 * WORD_NOT_CANONICAL, ASSIGNED_INDEX_NOT_ZERO
 */
export function decodeTx(bytes: Uint8Array, options: DecodeTxOptions = {}): SignedTx {
  const reader = new ByteReader(bytes);
  const signer = accountIndex(reader.int(4));
  const nonce = reader.int(4);
  const validUntil = reader.int(5);
  const count = reader.int(1);
  const ops: Op[] = [];
  for (let i = 0; i < count; i += 1) {
    const { op, isLast } = readOp(reader);
    if (isLast !== (i === count - 1)) throw new ProtocolError('MALFORMED_BYTES', { op: i, isLast: Number(isLast) });
    ops.push(op);
  }
  const signature = readSignature(reader);
  const vouchers = Array.from({ length: claimCount(ops) }, () => readSignature(reader));
  const tx: SignedTx = { signer, nonce, validUntil, ops, signature, vouchers };
  reader.end();
  checkTxHead(tx);
  if (options.isAssigned !== true) checkUnassigned(tx);
  return tx;
}
