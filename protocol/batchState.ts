import { checkOp } from './codec/opWords.ts';
import { claimCount } from './codec/tx.ts';
import { ProtocolError } from './errors.ts';
import { FeeLaneSet } from './feeLanes.ts';
import { NO_ACCOUNT } from './ids.ts';
import { applyL1Op, applyOp } from './ops/applyOp.ts';
import { credited } from './ops/balance.ts';
import { padSlots } from './slots.ts';
import { Stage } from './stage.ts';
import type { AccountTree } from './tree.ts';
import type { Account, AccountIndex, AccountSlot, Exit, FeeLanes, Field, L1Op, Op, QueueItem, Shape } from './types.ts';

/** `birth` of an account slot that is not live after the batch. */
const NOT_LIVE = 65535;

interface Touched {
  readonly before: Account | undefined;
  now: Account | undefined;
  /** As `AccountSlot.birth`, except that it is meaningless while `now` is undefined. */
  birth: number;
}

export interface Settlement {
  readonly newRoot: Field;
  /** Nodes of height 6 before the batch; empty without slots. */
  readonly subroots: readonly Field[];
  readonly slots: readonly AccountSlot[];
}

/** Slots used so far. `signatures`: one a transaction and one a CLAIM, for its voucher. */
export interface BatchCounts {
  readonly l1Ops: number;
  readonly ops: number;
  readonly txs: number;
  readonly signatures: number;
  readonly exits: number;
  readonly accounts: number;
}

type Authorize = (signer: Account, get: (index: AccountIndex) => Account | undefined) => void;

/**
 * The rules of a batch without signatures, nonces checks and bytes: accounts, slots, fee lanes, royalties. Used by OpenBatch (which adds
 * the transaction's own rules) and by the replay of posted data (which has no signatures).
 */
export class BatchState {
  readonly #shape: Shape;
  readonly #timestamp: number;
  readonly #tree: AccountTree;
  readonly #oldRoot: Field;
  readonly #touched = new Map<AccountIndex, Touched>();
  readonly #lanes: FeeLaneSet;
  readonly #royalties = new Map<AccountIndex, bigint>();
  readonly l1Ops: L1Op[] = [];
  readonly exits: Exit[] = [];
  #opCount = 0;
  #txCount = 0;
  #signatureCount = 0;
  #isSettled = false;
  /** The tree as it would be without fees; catches up with `#unpreviewed` when asked. */
  #preview: AccountTree | undefined;
  readonly #unpreviewed = new Set<AccountIndex>();

  /** With `declaredLanes` (re-execution) the lanes are what the header says, and are judged when the batch settles. */
  constructor(
    options: { shape: Shape; timestamp: number; declaredLanes?: FeeLanes | undefined },
    deps: { tree: AccountTree },
  ) {
    this.#shape = options.shape;
    this.#timestamp = options.timestamp;
    this.#tree = deps.tree;
    this.#oldRoot = deps.tree.root;
    this.#lanes = new FeeLaneSet(options.declaredLanes);
    const stage = this.#stage();
    for (const index of options.declaredLanes ?? []) stage.touch(index);
    this.#checkFit(stage, 0, 0);
    this.#take(stage, 0);
  }

  get oldRoot(): Field {
    return this.#oldRoot;
  }

  get lanes(): FeeLanes {
    return this.#lanes.indices();
  }

  get counts(): BatchCounts {
    return {
      l1Ops: this.l1Ops.length,
      ops: this.#opCount,
      txs: this.#txCount,
      signatures: this.#signatureCount,
      exits: this.exits.length,
      accounts: this.#touched.size,
    };
  }

  get(index: AccountIndex): Account | undefined {
    const touched = this.#touched.get(index);
    return touched === undefined ? this.#tree.get(index) : touched.now;
  }

  applyL1(item: QueueItem, assigned: AccountIndex = NO_ACCOUNT): L1Op {
    this.#checkOpen();
    const { L } = this.#shape;
    const number = this.l1Ops.length;
    // L1 operations come before all ops of a batch; a later one has to wait for the next.
    if (this.#opCount > 0) throw new ProtocolError('BATCH_FULL', { slots: 'l1Ops', wanted: 1, free: 0, capacity: L });
    checkSlots('l1Ops', 1, number, L);
    const stage = this.#stage();
    const op = applyL1Op(stage, item, assigned);
    this.#checkFit(stage, 0, 0);
    this.#take(stage, number + 1);
    this.l1Ops.push(op);
    return op;
  }

  /**
   * Applies the ops of one transaction, all or none. `authorize` runs after every rule has held, sees the signer's account
   * as it was before the transaction and all others as they are after it, and may still refuse by throwing.
   */
  applyOps(signer: AccountIndex, ops: readonly Op[], authorize: Authorize): void {
    this.#checkOpen();
    const before = this.get(signer);
    const stage = this.#stage();
    stage.touch(signer);
    for (const op of ops) {
      checkOp(op);
      applyOp(stage, op, signer);
      stage.opNumber += 1;
    }
    const after = stage.get(signer);
    if (before === undefined || after === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index: signer });
    for (const token of stage.fees.keys()) this.#lanes.checkAccepts(token);
    const signatures = 1 + claimCount(ops);
    this.#checkFit(stage, ops.length, signatures);
    authorize(before, (index) => stage.get(index));
    stage.set(signer, { ...after, nonce: before.nonce + 1 });
    this.#take(stage, this.#shape.L + 1 + this.#opCount);
    this.#opCount += ops.length;
    this.#txCount += 1;
    this.#signatureCount += signatures;
  }

  nameFeeAccount(index: AccountIndex): void {
    this.#checkOpen();
    if (this.#lanes.has(index)) return;
    const token = this.#lanes.checkName(index, this.get(index));
    const stage = this.#stage();
    stage.touch(index);
    this.#checkFit(stage, 0, 0);
    this.#take(stage, 0);
    this.#lanes.name(index, token);
  }

  previewRoot(): Field {
    this.#checkOpen();
    this.#preview ??= this.#tree.fork();
    for (const index of this.#unpreviewed) {
      const now = this.#touched.get(index)?.now;
      if (now !== undefined) this.#preview.set(index, now);
    }
    this.#unpreviewed.clear();
    return this.#preview.root;
  }

  /**
   * Credits the fees and royalties and writes the accounts to the tree: slot by slot in index order, recording each path against the
   * running root, or (`slots: false`) all at once, which hashes shared nodes only once.
   * @throws ProtocolError FEE_ACCOUNT_INVALID, FEE_TOKEN_NOT_ACCEPTED, ROOT_MISMATCH (someone else changed the tree); unchanged then
   */
  settle(options: { slots: boolean }): Settlement {
    this.#checkOpen();
    if (this.#tree.root !== this.#oldRoot) {
      throw new ProtocolError('ROOT_MISMATCH', { expected: this.#oldRoot, found: this.#tree.root });
    }
    // Fee accounts are KEY accounts and models ATTEST accounts: no account is in both lists.
    const credits = [...this.#lanes.credits((index) => this.get(index)), ...this.#royaltyCredits()];
    for (const [index, account] of credits) {
      const touched = this.#touched.get(index);
      if (touched !== undefined) touched.now = account;
    }
    this.#isSettled = true;
    this.#preview = undefined;
    const subroots = options.slots ? this.#tree.subroots() : [];
    const slots = options.slots ? this.#writeSlots() : this.#writeAll();
    return { newRoot: this.#tree.root, subroots, slots };
  }

  #stage(): Stage {
    return new Stage(this, { timestamp: this.#timestamp });
  }

  /** The models' accounts with what they earned. @throws ProtocolError AMOUNT_OUT_OF_RANGE (see `credited`) */
  #royaltyCredits(): [AccountIndex, Account][] {
    return [...this.#royalties].map(([index, royalty]) => {
      const account = this.get(index);
      if (account === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index });
      return [index, credited(account, royalty)];
    });
  }

  #writeSlots(): AccountSlot[] {
    return padSlots([...this.#touched.keys()], this.#shape.A).map((index) => {
      const touched = this.#touched.get(index);
      const current = this.#tree.get(index);
      const before = touched === undefined ? current : touched.before;
      const after = touched === undefined ? current : touched.now;
      const children = this.#tree.children(index);
      if (after !== undefined && after !== before) this.#tree.set(index, after);
      return { index, before, after, birth: after === undefined ? NOT_LIVE : (touched?.birth ?? 0), children };
    });
  }

  #writeAll(): AccountSlot[] {
    for (const [index, { before, now }] of this.#touched) {
      if (now !== undefined && now !== before) this.#tree.set(index, now);
    }
    return [];
  }

  #checkOpen(): void {
    if (this.#isSettled) throw new ProtocolError('INVALID_ARGUMENT', { batch: 'already closed' });
  }

  #checkFit(stage: Stage, ops: number, signatures: number): void {
    const { N, S, A, E } = this.#shape;
    checkSlots('ops', ops, this.#opCount, N);
    checkSlots('signatures', signatures, this.#signatureCount, S);
    checkSlots('exits', stage.exits.length, this.exits.length, E);
    let added = 0;
    for (const index of stage.touched) if (!this.#touched.has(index)) added += 1;
    checkSlots('accounts', added, this.#touched.size, A);
  }

  /** `firstBirth`: the birth of an account created by the stage's first op. */
  #take(stage: Stage, firstBirth: number): void {
    for (const index of stage.touched) {
      if (this.#touched.has(index)) continue;
      const before = this.#tree.get(index);
      this.#touched.set(index, { before, now: before, birth: 0 });
    }
    for (const [index, account] of stage.accounts) {
      const touched = this.#touched.get(index);
      if (touched === undefined) throw new ProtocolError('INVALID_ARGUMENT', { changedButNotTouched: index });
      touched.now = account;
      const creator = stage.created.get(index);
      if (creator !== undefined) touched.birth = firstBirth + creator;
      this.#unpreviewed.add(index);
    }
    this.exits.push(...stage.exits);
    for (const [token, fee] of stage.fees) this.#lanes.collect(token, fee);
    for (const [model, royalty] of stage.royalties) {
      this.#royalties.set(model, (this.#royalties.get(model) ?? 0n) + royalty);
    }
  }
}

/**
 * The data tells a caller whether another batch of this shape could take the operation: never if `wanted > capacity`.
 * @throws ProtocolError BATCH_FULL
 */
function checkSlots(slots: string, wanted: number, used: number, capacity: number): void {
  if (used + wanted > capacity)
    throw new ProtocolError('BATCH_FULL', { slots, wanted, free: capacity - used, capacity });
}
