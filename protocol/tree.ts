import { leafHash } from './account.ts';
import { poseidon } from './crypto/poseidon.ts';
import { ProtocolError } from './errors.ts';
import { ZERO } from './field.ts';
import { accountIndex } from './ids.ts';
import { TreeJournal } from './treeJournal.ts';
import type { Account, AccountIndex, Field } from './types.ts';

export const DEPTH = 8;
export const ARITY = 8;

/** Eight siblings. Groups are never changed in place, so they can be handed out and journalled by reference. */
export type Group = readonly Field[];

/** EMPTY_GROUPS[level]: the eight children of an empty node whose children are at `level` (0: leaves). */
const EMPTY_GROUPS: readonly Group[] = (() => {
  const groups: Group[] = [];
  let hash = ZERO;
  for (let level = 0; level < DEPTH; level += 1) {
    const group = new Array<Field>(ARITY).fill(hash);
    groups.push(group);
    hash = poseidon(group);
  }
  return groups;
})();

/** Root of the tree without accounts. */
export const EMPTY_ROOT: Field = poseidon(emptyGroup(DEPTH - 1));

function emptyGroup(level: number): Group {
  const group = EMPTY_GROUPS[level];
  if (group === undefined) throw new ProtocolError('INVALID_ARGUMENT', { level });
  return group;
}

/** Positions at a level have at most 21 bits as groups, so level and position fit one small integer. */
function groupKey(level: number, position: number): number {
  return level * 2 ** 24 + position;
}

/** A leaf with all eight children of each node on its path, `children[0]` next to the leaf. */
export interface AccountProof {
  readonly root: Field;
  readonly index: AccountIndex;
  readonly account: Account | undefined;
  readonly children: readonly Group[];
}

/**
 * The account tree: sparse, arity 8, depth 8. Hashing is lazy: `set` only notes the leaf, and the next question about hashes
 * rehashes every node above the noted leaves once.
 */
export class AccountTree {
  readonly #base: AccountTree | undefined;
  readonly #accounts = new Map<AccountIndex, Account>();
  readonly #groups = new Map<number, Group>();
  readonly #dirty = new Set<AccountIndex>();
  readonly #journal = new TreeJournal();
  #root: Field;
  #size: number;

  constructor(base?: AccountTree) {
    this.#base = base;
    this.#root = base === undefined ? EMPTY_ROOT : base.root;
    this.#size = base === undefined ? 0 : base.size;
  }

  /**
   * A tree that starts as this one and keeps its own changes. It reads through to this tree,
   * so it is meaningless once this tree changes.
   */
  fork(): AccountTree {
    return new AccountTree(this);
  }

  get root(): Field {
    this.#rehash();
    return this.#root;
  }

  /** Number of live accounts. */
  get size(): number {
    return this.#size;
  }

  get(index: AccountIndex): Account | undefined {
    return this.#accounts.get(index) ?? this.#base?.get(index);
  }

  /** @throws ProtocolError INDEX_OUT_OF_RANGE (also for 0: index 0 is never created) */
  set(index: AccountIndex, account: Account): void {
    if (accountIndex(index) === 0) throw new ProtocolError('INDEX_OUT_OF_RANGE', { index });
    const before = this.get(index);
    if (before === undefined) this.#size += 1;
    this.#journal.account(index, this.#accounts.get(index));
    this.#accounts.set(index, account);
    this.#dirty.add(index);
  }

  /** All eight children of each node on the path of `index`: `[level][0…7]`, level 0 next to the leaf. */
  children(index: AccountIndex): Group[] {
    this.#rehash();
    let position: number = accountIndex(index);
    return Array.from({ length: DEPTH }, (_, level) => {
      position >>>= 3;
      return this.#group(level, position);
    });
  }

  /** The 64 nodes of height 6 (each over 8^6 leaves), in order. */
  subroots(): Field[] {
    this.#rehash();
    return Array.from({ length: ARITY }, (_, position) => this.#group(DEPTH - 2, position)).flat();
  }

  proof(index: AccountIndex): AccountProof {
    return { root: this.root, index, account: this.get(index), children: this.children(index) };
  }

  /** Starts a stretch of changes that `revert` can undo. Stretches nest. Returns its id. */
  checkpoint(): number {
    this.#rehash();
    return this.#journal.open({ root: this.#root, size: this.#size });
  }

  /** Undoes everything since the checkpoint, and forgets it and all later ones. */
  revert(id: number): void {
    for (const stretch of this.#journal.takeBack(id)) {
      for (const [index, account] of stretch.accounts) {
        if (account === undefined) this.#accounts.delete(index);
        else this.#accounts.set(index, account);
      }
      for (const [key, group] of stretch.groups) {
        if (group === undefined) this.#groups.delete(key);
        else this.#groups.set(key, group);
      }
      this.#root = stretch.start.root;
      this.#size = stretch.start.size;
    }
    // A checkpoint starts with every hash up to date, so nothing older can be dirty.
    this.#dirty.clear();
  }

  /** Forgets one checkpoint and keeps its changes: an earlier checkpoint can still undo them, later ones stay as they are. */
  commit(id: number): void {
    this.#journal.merge(id);
  }

  /** The live accounts, in no particular order. */
  *entries(): IterableIterator<[AccountIndex, Account]> {
    yield* this.#accounts;
    if (this.#base === undefined) return;
    for (const entry of this.#base.entries()) if (!this.#accounts.has(entry[0])) yield entry;
  }

  #group(level: number, position: number): Group {
    return this.#findGroup(groupKey(level, position)) ?? emptyGroup(level);
  }

  #findGroup(key: number): Group | undefined {
    const own = this.#groups.get(key);
    return own !== undefined || this.#base === undefined ? own : this.#base.#findGroup(key);
  }

  /** Level by level, so that a node shared by several changed leaves is hashed once. */
  #rehash(): void {
    if (this.#dirty.size === 0) return;
    let changed = new Map<number, Field>();
    for (const index of this.#dirty) changed.set(index, leafHash(this.#accounts.get(index)));
    for (let level = 0; level < DEPTH; level += 1) {
      const groups = new Map<number, Field[]>();
      for (const [position, hash] of changed) {
        const parent = position >>> 3;
        let group = groups.get(parent);
        if (group === undefined) {
          group = this.#group(level, parent).slice();
          groups.set(parent, group);
        }
        group[position & 7] = hash;
      }
      changed = new Map();
      for (const [parent, group] of groups) {
        const key = groupKey(level, parent);
        this.#journal.group(key, this.#groups.get(key));
        this.#groups.set(key, group);
        changed.set(parent, poseidon(group));
      }
    }
    this.#root = changed.get(0) ?? this.#root;
    this.#dirty.clear();
  }
}

/** Whether the proof shows its account (or its absence) under `root`, which the verifier knows from elsewhere. */
export function verifyAccountProof(proof: AccountProof, root: Field): boolean {
  if (proof.root !== root || proof.children.length !== DEPTH) return false;
  let position: number = proof.index;
  let hash = leafHash(proof.account);
  for (const group of proof.children) {
    if (group.length !== ARITY || group[position & 7] !== hash) return false;
    hash = poseidon(group);
    position >>>= 3;
  }
  // What is left over of the index would be digits that no level checked.
  return position === 0 && hash === root;
}
