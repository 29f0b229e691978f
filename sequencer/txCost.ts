import { Opcode, type Shape, type Tx } from '../protocol/types.ts';

/** Length of the wire form: signer, nonce, validUntil, k and signature take 110 bytes; an op 30 and 32 a payload word. */
export function txBytes(tx: Tx): number {
  return tx.ops.reduce((sum, op) => sum + 30 + 32 * op.payload.length, 110);
}

/** What the signer must hold at most: amounts and fees of all ops. */
export function txCost(tx: Tx): bigint {
  return tx.ops.reduce((sum, op) => sum + op.amount + op.fee, 0n);
}

/**
 * Whether the transaction fits an otherwise empty batch. Each REGISTER touches an account of its own, and a fee may need the
 * slot of a fee account.
 */
export function fitsEmptyBatch(tx: Tx, shape: Shape): boolean {
  const touched = new Set<number>([tx.signer]);
  let created = 0;
  let exits = 0;
  for (const op of tx.ops) {
    touched.add(op.from);
    if (op.opcode === Opcode.REGISTER) created += 1;
    else if (op.to !== 0) touched.add(op.to);
    if (op.opcode === Opcode.EXIT) exits += 1;
  }
  const lanes = tx.ops.some((op) => op.fee > 0n) ? 1 : 0;
  return tx.ops.length <= shape.N && exits <= shape.E && touched.size + created + lanes <= shape.A;
}
