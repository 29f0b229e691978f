import { beforeEach, describe, expect, test } from 'vitest';
import { leafHash } from './account.ts';
import { poseidon } from './crypto/poseidon.ts';
import { accountIndex } from './ids.ts';
import { actor } from './testing/actors.ts';
import { expectCode } from './testing/expectCode.ts';
import { SeededRandom } from './testing/random.ts';
import { AccountTree, DEPTH, EMPTY_ROOT, verifyAccountProof } from './tree.ts';
import type { Account, AccountIndex, Field } from './types.ts';

const LAST = accountIndex(2 ** 24 - 1);

function account(balance: bigint): Account {
  const [a, b] = actor(1).key;
  return { kind: 1, token: 0, nonce: 0, balance, claimed: 0n, a, b, c: 1n as Field };
}

/** The definition, without sparseness: hashes a subtree from its leaves. */
function naiveRoot(leaves: ReadonlyMap<AccountIndex, Account>): Field {
  let level = new Map<number, Field>();
  for (const [index, leaf] of leaves) level.set(index, leafHash(leaf));
  let empty = 0n as Field;
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const parents = new Set([...level.keys()].map((position) => Math.floor(position / 8)));
    const next = new Map<number, Field>();
    for (const parent of parents) {
      next.set(parent, poseidon(Array.from({ length: 8 }, (_, i) => level.get(8 * parent + i) ?? empty)));
    }
    empty = poseidon(Array.from({ length: 8 }, () => empty));
    level = next;
  }
  return level.get(0) ?? empty;
}

let tree: AccountTree;
beforeEach(() => {
  tree = new AccountTree();
});

describe('hashing', () => {
  test('the empty tree has the root of eight levels of empty nodes', () => {
    expect(tree.root).toBe(naiveRoot(new Map()));
    expect(tree.root).toBe(EMPTY_ROOT);
    expect(tree.size).toBe(0);
  });

  test('the root is that of the definition, at the edges of the index range', () => {
    const leaves = new Map([1, 7, 8, 511, 512, LAST].map((at) => [accountIndex(at), account(BigInt(at))]));
    for (const [index, leaf] of leaves) tree.set(index, leaf);
    expect(tree.root).toBe(naiveRoot(leaves));
    expect(tree.size).toBe(6);
  });

  test('asking for the root between changes gives the same root as asking once', () => {
    const eager = new AccountTree();
    for (const at of [3, 4, 5, 70_000, 3]) {
      tree.set(accountIndex(at), account(BigInt(at + tree.size)));
      eager.set(accountIndex(at), account(BigInt(at + eager.size)));
      expect(eager.root).not.toBe(EMPTY_ROOT);
    }
    expect(tree.root).toBe(eager.root);
  });

  test('children are the path: each level holds the hash of the level below at the index’s digit', () => {
    tree.set(accountIndex(0o12345671), account(5n));
    const children = tree.children(accountIndex(0o12345671));
    const digits = [1, 7, 6, 5, 4, 3, 2, 1];
    let hash = leafHash(account(5n));
    children.forEach((group, level) => {
      expect(group[digits[level] ?? 0]).toBe(hash);
      hash = poseidon(group);
    });
    expect(hash).toBe(tree.root);
  });

  test.each([0, 2 ** 24, -1, 1.5])('index %d cannot be set', (at) => {
    expectCode('INDEX_OUT_OF_RANGE', () => tree.set(at as AccountIndex, account(1n)));
  });
});

describe('proofs', () => {
  test('show a live account and an absent one, and nothing else', () => {
    tree.set(accountIndex(9), account(5n));
    const live = tree.proof(accountIndex(9));
    const absent = tree.proof(accountIndex(10));
    expect(verifyAccountProof(live, tree.root)).toBe(true);
    expect(verifyAccountProof(absent, tree.root)).toBe(true);
    expect(verifyAccountProof({ ...live, account: account(6n) }, tree.root)).toBe(false);
    expect(verifyAccountProof({ ...live, account: undefined }, tree.root)).toBe(false);
    expect(verifyAccountProof({ ...live, index: accountIndex(10) }, tree.root)).toBe(false);
    expect(verifyAccountProof({ ...absent, account: account(0n) }, tree.root)).toBe(false);
    expect(verifyAccountProof(live, EMPTY_ROOT)).toBe(false);
  });

  test('of another depth or with an index beyond it are refused', () => {
    tree.set(accountIndex(9), account(5n));
    const proof = tree.proof(accountIndex(9));
    expect(verifyAccountProof({ ...proof, children: proof.children.slice(1) }, tree.root)).toBe(false);
    expect(verifyAccountProof({ ...proof, index: (2 ** 24 + 9) as AccountIndex }, tree.root)).toBe(false);
  });
});

describe('undo', () => {
  test('revert restores accounts, root, size and paths', () => {
    tree.set(accountIndex(1), account(1n));
    const before = { root: tree.root, path: tree.children(accountIndex(2)) };
    const id = tree.checkpoint();
    tree.set(accountIndex(1), account(2n));
    tree.set(accountIndex(2), account(3n));
    expect(tree.root).not.toBe(before.root);
    tree.set(LAST, account(4n));
    tree.revert(id);
    expect({ root: tree.root, path: tree.children(accountIndex(2)) }).toEqual(before);
    expect(tree.get(accountIndex(1))?.balance).toBe(1n);
    expect(tree.get(LAST)).toBeUndefined();
    expect(tree.size).toBe(1);
  });

  test('an outer checkpoint undoes what an inner one kept', () => {
    const outer = tree.checkpoint();
    const inner = tree.checkpoint();
    tree.set(accountIndex(1), account(1n));
    tree.commit(inner);
    tree.set(accountIndex(2), account(1n));
    tree.revert(outer);
    expect(tree.root).toBe(EMPTY_ROOT);
    expect(tree.size).toBe(0);
  });

  test('what an inner checkpoint kept does not hide what the outer one has to restore', () => {
    tree.set(accountIndex(1), account(1n));
    const before = { root: tree.root, path: tree.children(accountIndex(1)) };
    const outer = tree.checkpoint();
    tree.set(accountIndex(1), account(2n));
    const inner = tree.checkpoint();
    tree.set(accountIndex(1), account(3n));
    expect(tree.root).not.toBe(before.root);
    tree.commit(inner);
    tree.revert(outer);
    expect({ root: tree.root, path: tree.children(accountIndex(1)) }).toEqual(before);
  });

  test('reverting a fork brings back what it read through to', () => {
    tree.set(accountIndex(1), account(1n));
    const fork = tree.fork();
    const id = fork.checkpoint();
    fork.set(accountIndex(1), account(2n));
    fork.revert(id);
    expect(fork.get(accountIndex(1))).toEqual(account(1n));
    expect(fork.root).toBe(tree.root);
  });

  test('forgetting the oldest checkpoint leaves the newer ones able to undo', () => {
    const first = tree.checkpoint();
    tree.set(accountIndex(1), account(1n));
    const second = tree.checkpoint();
    const kept = tree.root;
    tree.set(accountIndex(1), account(9n));
    tree.commit(first);
    tree.revert(second);
    expect(tree.root).toBe(kept);
    expectCode('INVALID_ARGUMENT', () => tree.revert(first));
  });

  test('a fork keeps its changes to itself', () => {
    tree.set(accountIndex(1), account(1n));
    const { root } = tree;
    const fork = tree.fork();
    fork.set(accountIndex(1), account(2n));
    fork.set(accountIndex(2), account(3n));
    expect([...fork.entries()].map(([index, { balance }]) => [index, balance])).toEqual([
      [1, 2n],
      [2, 3n],
    ]);
    expect(fork.size).toBe(2);
    expect(tree.root).toBe(root);
    tree.set(accountIndex(1), account(2n));
    tree.set(accountIndex(2), account(3n));
    expect(fork.root).toBe(tree.root);
  });

  const seed = Number(process.env.SEED ?? 20261122);
  test(`random changes, checkpoints and reverts agree with the definition (SEED=${seed})`, () => {
    const random = new SeededRandom(seed);
    let model = new Map<AccountIndex, Account>();
    const saved: { id: number; model: Map<AccountIndex, Account> }[] = [];
    for (let step = 0; step < 120; step += 1) {
      const action = random.int(10);
      if (action < 6) {
        const index = accountIndex(1 + (random.oneIn(2) ? random.int(40) : random.int(2 ** 24 - 1)));
        const leaf = account(random.big(1n << 96n));
        tree.set(index, leaf);
        model.set(index, leaf);
      } else if (action === 6) {
        saved.push({ id: tree.checkpoint(), model: new Map(model) });
      } else if (action === 7 && saved.length > 0) {
        const back = saved.splice(random.int(saved.length));
        tree.revert(back[0]?.id ?? 0);
        model = new Map(back[0]?.model);
      } else if (action === 8 && saved.length > 0) {
        const [kept] = saved.splice(random.int(saved.length), 1);
        tree.commit(kept?.id ?? 0);
      } else {
        expect(tree.root).toBe(naiveRoot(model));
      }
    }
    expect(tree.root).toBe(naiveRoot(model));
    expect(new Map(tree.entries())).toEqual(model);
    expect(tree.size).toBe(model.size);
  });
});
