import { type SignedMessage, verifyMany } from './crypto/eddsa.ts';
import { ProtocolError } from './errors.ts';
import { OpenBatch } from './openBatch.ts';
import { shape } from './shapes.ts';
import type { AccountTree } from './tree.ts';
import { type Batch, type ClosedBatch, type Field, type L1Op, L1Opcode, type QueueItem } from './types.ts';
import { voucherItems } from './voucherItems.ts';

/** One signature to check: "the owner of `pub` signed `message`". */
export type SignatureItem = SignedMessage;

/** A signature of a batch, and what it belongs to. */
export interface BatchSignature extends SignatureItem {
  /** Number of its transaction within the batch, from 0. */
  readonly tx: number;
  /** Whether it is the voucher of a CLAIM and not the transaction's own. */
  readonly isVoucher: boolean;
}

export interface ApplyBatchOptions {
  /** Record account slots for the prover. Default true; validators that do not prove save most hashing with false. */
  readonly slots?: boolean;
  /** The caller vouches for the signatures (its own log, or data that a proof covers). */
  readonly signaturesChecked?: boolean;
}

/** A batch whose rules hold; its signatures are still to be checked and the tree is still untouched. */
export interface ExecutedBatch {
  /** In the order of the circuit's signature slots: a transaction's vouchers, then its own. */
  readonly signatures: readonly BatchSignature[];
  /** Tx hashes in order. */
  readonly hashes: readonly Field[];
  /** Writes the batch to the tree. @throws ProtocolError BAD_BATCH (another root results; the tree is unchanged) */
  finish(): ClosedBatch;
}

/** The queue item an executed L1 operation came from. */
export function queueItemOf(op: L1Op): QueueItem {
  const { token, amount, address, index } = op;
  if (op.opcode === L1Opcode.DEPOSIT_NEW) return { opcode: 1, token, amount, key: [op.x, op.y], address };
  if (op.opcode === L1Opcode.DEPOSIT_TO) return { opcode: 2, index, token, amount, address };
  return { opcode: 3, index, address };
}

/** @throws ProtocolError BAD_BATCH if execution found something else than the batch says */
export function checkSameL1Op(found: L1Op, said: L1Op): void {
  const keys = ['opcode', 'isVoid', 'index', 'token', 'amount', 'x', 'y', 'address'] as const;
  for (const key of keys) {
    if (found[key] !== said[key]) {
      throw new ProtocolError('BAD_BATCH', { l1Op: key, found: String(found[key]), said: String(said[key]) });
    }
  }
}

/**
 * Executes a batch up to, but without, its signatures and its effect on the tree, so that a caller can verify the signatures
 * elsewhere (worker threads) before it finishes.
 * @throws ProtocolError ROOT_MISMATCH, BAD_BATCH, and the code of the first operation that breaks a rule
 */
export function executeBatch(tree: AccountTree, batch: Batch, options: { slots?: boolean } = {}): ExecutedBatch {
  if (tree.root !== batch.oldRoot)
    throw new ProtocolError('ROOT_MISMATCH', { expected: batch.oldRoot, found: tree.root });
  const { domain, timestamp, firstBlock, feeAccounts, lastBlock, evmCommitment } = batch;
  const open = new OpenBatch(
    { number: batch.number, shape: shape(batch.shape), domain, timestamp, firstBlock, feeAccounts },
    { tree },
  );
  for (const op of batch.l1Ops) checkSameL1Op(open.applyL1(queueItemOf(op), op.index), op);
  const signatures: BatchSignature[] = [];
  const hashes: Field[] = [];
  for (const [number, tx] of batch.txs.entries()) {
    const { hash } = open.applyTx(tx, { signatureChecked: true });
    const signer = open.account(tx.signer);
    if (signer === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index: tx.signer });
    const vouchers = voucherItems(tx, domain, (index) => open.account(index));
    signatures.push(...vouchers.map((item) => ({ ...item, tx: number, isVoucher: true })));
    const pub = [signer.a, signer.b] as const;
    signatures.push({ pub, message: hash, signature: tx.signature, tx: number, isVoucher: false });
    hashes.push(hash);
  }
  const finish = (): ClosedBatch => {
    const checkpoint = tree.checkpoint();
    const closed = open.close({ lastBlock, evmCommitment, slots: options.slots ?? true });
    if (closed.batch.newRoot !== batch.newRoot) {
      tree.revert(checkpoint);
      throw new ProtocolError('BAD_BATCH', { newRoot: batch.newRoot, found: closed.batch.newRoot });
    }
    tree.commit(checkpoint);
    return closed;
  };
  return { signatures, hashes, finish };
}

/**
 * Re-executes a batch on the tree, signatures included; on any error the tree is unchanged.
 * @throws ProtocolError ROOT_MISMATCH, BAD_BATCH, BAD_SIGNATURE or BAD_VOUCHER (`tx` says which), and those of single operations
 */
export function applyBatch(tree: AccountTree, batch: Batch, options: ApplyBatchOptions = {}): ClosedBatch {
  const executed = executeBatch(tree, batch, { slots: options.slots ?? true });
  if (options.signaturesChecked !== true) {
    const bad = executed.signatures[verifyMany(executed.signatures).indexOf(false)];
    if (bad !== undefined) throw new ProtocolError(bad.isVoucher ? 'BAD_VOUCHER' : 'BAD_SIGNATURE', { tx: bad.tx });
  }
  return executed.finish();
}
