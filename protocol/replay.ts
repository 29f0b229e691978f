import { controllerOf, LAST_NONCE } from './account.ts';
import { checkSameL1Op, queueItemOf } from './applyBatch.ts';
import { BatchState } from './batchState.ts';
import { type BatchBody, decodeBody } from './codec/body.ts';
import type { BatchHeader } from './codec/header.ts';
import { commitTo } from './commitment.ts';
import { ProtocolError } from './errors.ts';
import { shape } from './shapes.ts';
import type { AccountTree } from './tree.ts';
import {
  type Account,
  type AccountIndex,
  type BatchCommitment,
  type Exit,
  Kind,
  type L1Op,
  type Op,
  Opcode,
} from './types.ts';

/** A transaction as L1 data shows it: without expiry and signatures, hence without its hash. */
export interface ReplayedTx {
  readonly signer: AccountIndex;
  readonly nonce: number;
  readonly ops: readonly Op[];
}

export interface ReplayedBatch {
  readonly header: BatchHeader;
  readonly l1Ops: readonly L1Op[];
  readonly txs: readonly ReplayedTx[];
  readonly exits: readonly Exit[];
  /** What L1 and the proof must agree with. */
  readonly commitment: BatchCommitment;
}

/**
 * Rebuilds the ledger from what a batch posted on L1. Signatures and expiry are not posted: the caller relies on the batch's
 * proof for them and should take a batch as final only once that proof is on L1. The tree is unchanged on error.
 * @throws ProtocolError ROOT_MISMATCH, MALFORMED_BYTES, BAD_BATCH, and the code of the first operation that breaks a rule
 */
export function replayBody(tree: AccountTree, header: BatchHeader, body: Uint8Array): ReplayedBatch {
  if (tree.root !== header.oldRoot)
    throw new ProtocolError('ROOT_MISMATCH', { expected: header.oldRoot, found: tree.root });
  const posted = decodeBody(body, header);
  const { timestamp, feeAccounts: declaredLanes } = header;
  const state = new BatchState({ shape: shape(header.shape), timestamp, declaredLanes }, { tree });
  for (const op of posted.l1Ops) checkSameL1Op(state.applyL1(queueItemOf(op), op.index), op);
  const txs = posted.txOps.map((ops) => replayTx(state, ops));
  checkExits(state.exits, posted);
  const commitment = commitTo(header, posted);
  const checkpoint = tree.checkpoint();
  const { newRoot } = state.settle({ slots: false });
  if (newRoot !== header.newRoot) {
    tree.revert(checkpoint);
    throw new ProtocolError('BAD_BATCH', { newRoot: header.newRoot, found: newRoot });
  }
  tree.commit(checkpoint);
  return { header, l1Ops: posted.l1Ops, txs, exits: posted.exits, commitment };
}

/**
 * Whose signature the op needs. All ops of a transaction need the same one, so the first op names the signer.
 * @throws ProtocolError UNKNOWN_ACCOUNT
 */
function signerOf(state: BatchState, op: Op): AccountIndex {
  if (op.opcode === Opcode.CLAIM) return op.to;
  const account = state.get(op.from);
  if (account === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index: op.from });
  return controllerOf(op.from, account);
}

function replayTx(state: BatchState, ops: readonly Op[]): ReplayedTx {
  const [first] = ops;
  if (first === undefined) throw new ProtocolError('MALFORMED_BYTES', { ops: 0 });
  const signer = signerOf(state, first);
  let nonce = 0;
  state.applyOps(signer, ops, (account: Account) => {
    if (account.kind !== Kind.KEY) throw new ProtocolError('WRONG_KIND', { index: signer, kind: account.kind });
    if (account.nonce === LAST_NONCE) throw new ProtocolError('NONCE_EXHAUSTED', { index: signer });
    nonce = account.nonce;
  });
  return { signer, nonce, ops };
}

function checkExits(found: readonly Exit[], posted: BatchBody): void {
  const isSame =
    found.length === posted.exits.length &&
    found.every((exit, i) => {
      const said = posted.exits[i];
      return said?.recipient === exit.recipient && said.token === exit.token && said.amount === exit.amount;
    });
  if (!isSame) throw new ProtocolError('BAD_BATCH', { exits: posted.exits.length, found: found.length });
}
