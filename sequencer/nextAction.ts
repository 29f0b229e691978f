import type { ChainStore } from '../chain/store.ts';
import { SequencerError } from './errors.ts';
import type { L1Port, L1State, PostableBatch, ProvenBatch } from './l1Port.ts';
import type { ProofSource } from './proofSource.ts';
import type { Action } from './publisherState.ts';

export interface NextActionOptions {
  readonly maxProofsPerTx: number;
  readonly maxCommitAhead: number;
  /** Whether this node drops batches of others that were not proven in time. */
  readonly reverts: boolean;
  /** Seconds: L1 takes no batch that is older. undefined: not known. */
  readonly maxAgeSeconds: number | undefined;
}

export interface NextActionDeps {
  readonly store: ChainStore;
  readonly l1: Pick<L1Port, 'unproven'>;
  readonly proofs: ProofSource;
}

/** A batch that L1 will never take, whatever it is asked. */
export interface Uncommittable {
  readonly batch: number;
  /** too old: L1 takes no batch of its timestamp any more. queue: L1's queue holds other items than it took in. */
  readonly reason: 'too old' | 'queue';
}

/**
 * What L1 is to be told next. It follows from L1's heads and the store alone, never from what was sent before. Proving comes first: anyone
 * may, and it frees what others wait for.
 */
export class NextAction {
  readonly #options: NextActionOptions;
  readonly #deps: NextActionDeps;
  /** The deadline of the oldest unproven batch, which is asked for once. */
  #deadline: { readonly batch: number; readonly at: number; readonly isOurs: boolean } | undefined;

  constructor(options: NextActionOptions, deps: NextActionDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** undefined: nothing to do now. @throws L1Error; SequencerError PROOF_MISMATCH */
  async of(l1: L1State): Promise<Action | Uncommittable | undefined> {
    const committed = l1.committed.batch;
    const proven = l1.proven.batch;
    const last = await this.#lastProvable(proven, committed);
    if (last > proven) return { kind: 'prove', first: proven + 1, last };
    return (await this.#nextBatch(l1)) ?? this.#revert(l1);
  }

  /** A new deadline counts from now on (the batch may have been dropped and committed again). */
  forgetDeadline(): void {
    this.#deadline = undefined;
  }

  /** What L1 needs of a batch to prove it; undefined: there is no proof of it yet. @throws SequencerError PROOF_MISMATCH */
  async proven(number: number): Promise<ProvenBatch | undefined> {
    const postable = await this.postable(number);
    if (postable === undefined) return undefined;
    const { c, r, y } = postable.closed.commitment;
    const found = await this.#deps.proofs.proof(number, c);
    if (found === undefined) return undefined;
    const [foundC, foundR, foundY] = found.publicSignals;
    if (foundC !== c || foundR !== r || foundY !== y) throw new SequencerError('PROOF_MISMATCH', { batch: number });
    return { ...postable, proof: found.proof };
  }

  async postable(number: number): Promise<PostableBatch | undefined> {
    const { store } = this.#deps;
    const [closed, evm] = await Promise.all([store.batch(number), store.evmBatch(number)]);
    return closed === undefined || evm === undefined ? undefined : { closed, evm };
  }

  async #nextBatch(l1: L1State): Promise<Action | Uncommittable | undefined> {
    const { store } = this.#deps;
    const { maxCommitAhead, maxAgeSeconds = Number.POSITIVE_INFINITY } = this.#options;
    const committed = l1.committed.batch;
    const proven = l1.proven.batch;
    const next = committed + 1;
    if (next > store.head.closedBatch) return undefined;
    if (l1.canCommit) {
      if (next - proven > maxCommitAhead) return undefined;
    } else if (!l1.isOpen || committed !== proven) {
      // Without the seat a batch goes to L1 together with its proof, once nothing unproven is before it.
      return undefined;
    }
    const summary = await store.summary(next);
    if (summary === undefined) return undefined;
    if (summary.timestamp + maxAgeSeconds < l1.l1Timestamp) return { batch: next, reason: 'too old' };
    // L1 had it, and dropped it: known from its data alone, without signatures, it cannot be proven again. Who has them commits it; if
    // nobody does, it grows too old.
    if (await store.isPosted(next)) return undefined;
    if (l1.canCommit) return { kind: 'commit', first: next, last: next };
    return (await this.proven(next)) === undefined ? undefined : { kind: 'submit', first: next, last: next };
  }

  /** Not while the seat is ours: the reward is half of what it would cost. */
  async #revert(l1: L1State): Promise<Action | undefined> {
    const oldest = l1.proven.batch + 1;
    if (!this.#options.reverts || l1.canCommit || oldest > l1.committed.batch) return undefined;
    if (this.#deadline?.batch !== oldest) {
      const { proveDeadline, isOurs } = await this.#deps.l1.unproven(oldest);
      this.#deadline = { batch: oldest, at: proveDeadline, isOurs };
    }
    const { at, isOurs } = this.#deadline;
    return isOurs || l1.l1Timestamp <= at ? undefined : { kind: 'revert', first: oldest, last: l1.committed.batch };
  }

  /** The last batch up to which every committed one has a proof here. */
  async #lastProvable(proven: number, committed: number): Promise<number> {
    const limit = Math.min(committed, this.#deps.store.head.closedBatch, proven + this.#options.maxProofsPerTx);
    let last = proven;
    while (last < limit && (await this.proven(last + 1)) !== undefined) last += 1;
    return last;
  }
}
