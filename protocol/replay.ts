import { controllerOf, LAST_NONCE, unpackChannel } from './account.ts';
import { checkSameL1Op, queueItemOf } from './applyBatch.ts';
import { BatchState } from './batchState.ts';
import { type BatchBody, decodeBody } from './codec/body.ts';
import type { BatchHeader } from './codec/header.ts';
import { commitTo } from './commitment.ts';
import { ProtocolError } from './errors.ts';
import { NO_ACCOUNT } from './ids.ts';
import { shape } from './shapes.ts';
import type { AccountTree } from './tree.ts';
import {
  type Account,
  type AccountIndex,
  type BatchCommitment,
  type Exit,
  type Field,
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

/** How much of a posted body belongs to one block. */
export interface SegmentCounts {
  readonly l1Count: number;
  readonly opCount: number;
}

/** The part of a body that belongs to one block. */
export interface Segment {
  readonly l1Ops: readonly L1Op[];
  /** The ops of each transaction. */
  readonly txOps: readonly (readonly Op[])[];
}

export interface ReplayedSegment {
  readonly l1Ops: readonly L1Op[];
  readonly txs: readonly ReplayedTx[];
  /** In the order of the ops, with the account each took from. */
  readonly exits: readonly (Exit & { readonly from: AccountIndex })[];
}

/** A replayed batch, and what its close did besides its operations. */
export interface SettledReplay extends ReplayedBatch {
  /** Accounts that got fees or royalties, in ascending order. */
  readonly credited: readonly AccountIndex[];
}

/**
 * The body cut into blocks, or undefined if the counts do not make one: they do not add up, an L1 operation would come after an op,
 * or a block would end inside a transaction.
 */
export function segmentsOf(body: BatchBody, counts: readonly SegmentCounts[]): readonly Segment[] | undefined {
  const segments: Segment[] = [];
  let l1 = 0;
  let tx = 0;
  for (const { l1Count, opCount } of counts) {
    if (l1Count > 0 && tx > 0) return undefined;
    const firstTx = tx;
    let rest = opCount;
    for (; rest > 0; tx += 1) rest -= body.txOps[tx]?.length ?? Number.POSITIVE_INFINITY;
    if (rest < 0) return undefined;
    segments.push({ l1Ops: body.l1Ops.slice(l1, l1 + l1Count), txOps: body.txOps.slice(firstTx, tx) });
    l1 += l1Count;
  }
  return l1 === body.l1Ops.length && tx === body.txOps.length ? segments : undefined;
}

/**
 * A posted batch, replayed piece by piece: what each block of it found and left can be seen in between. The tree is unchanged until
 * `settle`, so a replay can be dropped at any moment.
 */
export class BodyReplay {
  readonly body: BatchBody;
  readonly #tree: AccountTree;
  readonly #header: BatchHeader;
  readonly #state: BatchState;
  readonly #txs: ReplayedTx[] = [];
  /** Accounts that the close may credit. */
  readonly #creditors: Set<AccountIndex>;

  /** @throws ProtocolError ROOT_MISMATCH (the batch does not start from this tree), MALFORMED_BYTES, BAD_BATCH, BATCH_FULL */
  constructor(tree: AccountTree, header: BatchHeader, body: Uint8Array) {
    if (tree.root !== header.oldRoot)
      throw new ProtocolError('ROOT_MISMATCH', { expected: header.oldRoot, found: tree.root });
    this.body = decodeBody(body, header);
    const { timestamp, feeAccounts: declaredLanes } = header;
    this.#tree = tree;
    this.#header = header;
    this.#state = new BatchState({ shape: shape(header.shape), timestamp, declaredLanes }, { tree });
    this.#creditors = new Set(declaredLanes);
  }

  /** @throws ProtocolError with the code of the first operation that breaks a rule; the replay must be dropped then */
  apply({ l1Ops, txOps }: Segment): ReplayedSegment {
    const state = this.#state;
    for (const op of l1Ops) checkSameL1Op(state.applyL1(queueItemOf(op), op.index), op);
    const firstExit = state.exits.length;
    const txs = txOps.map((ops) => replayTx(state, ops));
    const ops = txOps.flat();
    for (const op of ops) if (op.opcode === Opcode.CLAIM) this.#creditors.add(this.#modelOf(op.from));
    const sources = ops.filter(({ opcode }) => opcode === Opcode.EXIT).map(({ from }) => from);
    const exits = state.exits.slice(firstExit).map((exit, i) => ({ ...exit, from: sources[i] ?? NO_ACCOUNT }));
    this.#txs.push(...txs);
    return { l1Ops, txs, exits };
  }

  /** The account as of now; what the close will credit is not there yet. */
  account(index: AccountIndex): Account | undefined {
    return this.#state.get(index);
  }

  /** Root as of now; as `account`. */
  previewRoot(): Field {
    return this.#state.previewRoot();
  }

  /**
   * Credits fees and royalties and brings the tree to the new root; on error it is unchanged.
   * @throws ProtocolError BAD_BATCH (segments are missing, other exits or another root result), FEE_ACCOUNT_INVALID,
   * FEE_TOKEN_NOT_ACCEPTED, ROOT_MISMATCH (the tree changed meanwhile)
   */
  settle(): SettledReplay {
    const { body } = this;
    const state = this.#state;
    const header = this.#header;
    if (state.l1Ops.length !== body.l1Ops.length || this.#txs.length !== body.txOps.length) {
      throw new ProtocolError('BAD_BATCH', { l1Ops: state.l1Ops.length, txs: this.#txs.length });
    }
    checkExits(state.exits, body);
    const commitment = commitTo(header, body);
    const before = new Map([...this.#creditors].map((index) => [index, state.get(index)]));
    this.#settle();
    const credited = [...before].flatMap(([index, account]) => (state.get(index) === account ? [] : [index]));
    credited.sort((x, y) => x - y);
    return { header, l1Ops: body.l1Ops, txs: this.#txs, exits: body.exits, commitment, credited };
  }

  #settle(): void {
    const said = this.#header.newRoot;
    const checkpoint = this.#tree.checkpoint();
    try {
      const { newRoot } = this.#state.settle({ slots: false });
      if (newRoot !== said) throw new ProtocolError('BAD_BATCH', { newRoot: said, found: newRoot });
    } catch (error) {
      this.#tree.revert(checkpoint);
      throw error;
    }
    this.#tree.commit(checkpoint);
  }

  #modelOf(channel: AccountIndex): AccountIndex {
    const account = this.#state.get(channel);
    return account === undefined ? NO_ACCOUNT : unpackChannel(account.c).model;
  }
}

/**
 * Rebuilds the ledger from what a batch posted on L1. Signatures and expiry are not posted: the caller relies on the batch's
 * proof for them and should take a batch as final only once that proof is on L1. The tree is unchanged on error.
 * @throws ProtocolError ROOT_MISMATCH, MALFORMED_BYTES, BAD_BATCH, and the code of the first operation that breaks a rule
 */
export function replayBody(tree: AccountTree, header: BatchHeader, body: Uint8Array): ReplayedBatch {
  const replay = new BodyReplay(tree, header, body);
  replay.apply(replay.body);
  return replay.settle();
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
