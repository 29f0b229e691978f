import { createMPT, type MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { describe, expect, it } from 'vitest';
import { putBytes } from '../../db.ts';
import { memoryDb } from '../../testing/memoryDb.ts';
import { bytesHex, keccak } from '../crypto.ts';
import { listRoot } from '../listRoot.ts';
import { NodeStore, nodeDbKey } from './nodeStore.ts';
import { keyOf, type NodeKey } from './trieNode.ts';
import { EMPTY_TRIE_ROOT, type NodeWrite, type TrieItem } from './trieUpdate.ts';

/** Seeded, so that a failure can be repeated. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A trie of ours in a database, where every batch is stored, beside one of EthereumJS. */
async function twins(capacity: number) {
  const db = memoryDb();
  const nodes = new NodeStore({ capacity }, { db });
  const reference = await createMPT();
  let root: Uint8Array = EMPTY_TRIE_ROOT;
  return {
    nodes,
    reference,
    root: () => root,
    apply: async (items: readonly TrieItem[]) => {
      const writes = new Map<NodeKey, NodeWrite>();
      root = await nodes.update(root, items, writes);
      await db.write([...writes].map(([key, { bytes }]) => putBytes(nodeDbKey(key), bytes)));
      for (const { key, value } of items) {
        if (value === undefined) await reference.del(key);
        else await reference.put(key, value);
      }
      return writes;
    },
  };
}

describe('batch updates of a trie', () => {
  it.each([1, 2, 3, 4])('give the root of one that is changed key by key (seed %i)', async (seed) => {
    const random = randomOf(seed);
    // Few different first bytes: long shared paths, splits and merges; short values: nodes inside of nodes.
    const keys = Array.from({ length: 300 }, (_, i) => {
      const key = keccak(Uint8Array.of(i & 255, i >> 8));
      if (i % 3 === 0) key.fill(seed, 0, random(31));
      return key;
    });
    const { apply, root, reference } = await twins(seed % 2 === 0 ? 8 : 10_000);
    for (let round = 0; round < 60; round++) {
      const batch = new Map<string, TrieItem>();
      for (let i = random(40); i >= 0; i--) {
        const key = keys[random(keys.length)] as Uint8Array; // below its length
        const value = random(3) === 0 ? undefined : new Uint8Array(1 + random(40)).fill(1 + random(250));
        batch.set(bytesHex(key), { key, value });
      }
      await apply([...batch.values()]);
      expect(bytesHex(root())).toBe(bytesHex(reference.root()));
    }
    await apply(keys.map((key) => ({ key, value: undefined })));
    expect(bytesHex(root())).toBe(bytesHex(EMPTY_TRIE_ROOT));
  });

  it('write nothing for values that are there already, and for keys that are not', async () => {
    const { apply, root } = await twins(100);
    const items = [1, 2, 3, 250].map((i) => ({ key: keccak(Uint8Array.of(i)), value: Uint8Array.of(i, 7) }));
    await apply(items);
    const before = root();
    expect(await apply(items)).toHaveLength(0);
    expect((await apply([{ key: keccak(Uint8Array.of(9)), value: undefined }])).size).toBe(0);
    expect(root()).toBe(before);
  });

  it('read what was written, and prove it as EthereumJS verifies it', async () => {
    const { apply, root, nodes, reference } = await twins(4);
    const items = Array.from({ length: 200 }, (_, i) => ({
      key: keccak(Uint8Array.of(i)),
      value: Uint8Array.of(i, 9),
    }));
    await apply(items);
    for (const { key, value } of items) expect(await nodes.get(keyOf(root()), key)).toEqual(value);
    const absent = keccak(Uint8Array.of(1, 2, 3));
    expect(await nodes.get(keyOf(root()), absent)).toBeUndefined();
    for (const key of [...items.slice(0, 20).map((item) => item.key), absent]) {
      const proof = await nodes.proof(keyOf(root()), key);
      expect(proof.map(bytesHex)).toEqual((await proofOf(reference, key)).map(bytesHex));
    }
  });
});

async function proofOf(trie: MerklePatriciaTrie, key: Uint8Array): Promise<Uint8Array[]> {
  const { stack } = await trie.findPath(key);
  return stack.map((node) => node.serialize()).filter((bytes, i) => i === 0 || bytes.length >= 32);
}

describe('the root of a list', () => {
  it.each([0, 1, 2, 16, 17, 127, 128, 129, 300])('of %i items is that of a trie', async (length) => {
    const items = Array.from({ length }, (_, i) => new Uint8Array(1 + (i % 70)).fill(i));
    const trie = await createMPT();
    for (const [i, item] of items.entries()) await trie.put(RLP.encode(i), item);
    expect(bytesHex(listRoot(items))).toBe(bytesHex(trie.root()));
  });
});
