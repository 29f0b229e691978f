import { claimCount } from '../protocol/codec/tx.ts';
import { Opcode, type Shape, type Tx } from '../protocol/types.ts';

/** Signatures of a transaction: its own and one for the voucher of each claim. */
export function txSignatures(tx: Tx): number {
  return 1 + claimCount(tx.ops);
}

/** Length of the wire form: signer, nonce, validUntil and k take 14 bytes; a signature 96; an op 30 and 32 a payload word. */
export function txBytes(tx: Tx): number {
  return tx.ops.reduce((sum, op) => sum + 30 + 32 * op.payload.length, 14 + 96 * txSignatures(tx));
}

/**
 * What the signer's own account must hold before the transaction: the most its debits are ahead of its credits (claims, closed
 * channels, transfers from its attestations) at any op.
 */
export function txCost(tx: Tx): bigint {
  let debt = 0n;
  let most = 0n;
  for (const { from, to, amount, fee } of tx.ops) {
    if (from === tx.signer) debt += amount + fee;
    if (debt > most) most = debt;
    if (to === tx.signer) debt -= amount;
  }
  return most;
}

/** Whether the slots of an otherwise empty batch suffice, as far as the operations alone tell. */
export function fitsSlots(tx: Tx, { N, S, E }: Shape): boolean {
  const exits = tx.ops.filter(({ opcode }) => opcode === Opcode.EXIT).length;
  return tx.ops.length <= N && txSignatures(tx) <= S && exits <= E;
}

/** Whether the account slots suffice. `touched`: accounts the rules name; a fee may need the slot of a fee account besides. */
export function fitsAccounts(tx: Tx, touched: number, { A }: Shape): boolean {
  const lanes = tx.ops.some((op) => op.fee > 0n) ? 1 : 0;
  return touched + lanes <= A;
}
