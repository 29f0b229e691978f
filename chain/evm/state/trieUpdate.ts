import { keccak } from '../crypto.ts';
import {
  type BranchNode,
  type ExtensionNode,
  encodeNode,
  keyOf,
  type LeafNode,
  type NodeKey,
  type NodeRef,
  nibbleOf,
  nibblesOf,
  type TrieNode,
} from './trieNode.ts';

/** One key of a batch. Keys are distinct, and none is a prefix of another (they are hashes, or RLP of integers). */
export interface TrieItem {
  readonly key: Uint8Array;
  /** Undefined: the key is removed. */
  readonly value: Uint8Array | undefined;
}

/** keccak256(RLP('')): the root of nothing. */
export const EMPTY_TRIE_ROOT: Uint8Array = keccak(new Uint8Array([0x80]));
const EMPTY_KEY = keyOf(EMPTY_TRIE_ROOT);

export interface NodeWrite {
  readonly node: TrieNode;
  readonly bytes: Uint8Array;
}

/**
 * Changes a trie by a batch: every node on the way is visited once and hashed once. It is synchronous and changes nothing that was
 * there; nodes that are not in memory are collected in `missing`, and then the result means nothing: load them and run it again.
 */
export class TrieUpdate {
  /** Nodes that are needed and not in memory. */
  readonly missing: NodeKey[] = [];
  readonly #node: (key: NodeKey) => TrieNode | undefined;

  constructor(node: (key: NodeKey) => TrieNode | undefined) {
    this.#node = node;
  }

  /** The root after the batch; new nodes are added to `writes`, if they are wanted. */
  apply(root: Uint8Array, items: readonly TrieItem[], writes?: Map<NodeKey, NodeWrite>): Uint8Array {
    const key = keyOf(root);
    const result = this.#put(key === EMPTY_KEY ? undefined : key, items, 0);
    if (this.missing.length > 0) return root;
    if (result === undefined) return EMPTY_TRIE_ROOT;
    if (typeof result === 'string') return result === key ? root : Buffer.from(result, 'latin1');
    return finish(result, writes);
  }

  /** The node, or undefined if it has to be loaded first. */
  #resolve(ref: NodeRef): TrieNode | undefined {
    if (typeof ref !== 'string') return ref;
    const node = this.#node(ref);
    if (node === undefined) this.missing.push(ref);
    return node;
  }

  /** What becomes of `ref`, which holds the keys that agree in their first `depth` nibbles. The same `ref`: nothing changed. */
  #put(ref: NodeRef | undefined, items: readonly TrieItem[], depth: number): NodeRef | undefined {
    if (items.length === 0) return ref;
    if (ref === undefined) return build(items, depth);
    const node = this.#resolve(ref);
    if (node === undefined) return ref;
    switch (node.kind) {
      case 'leaf':
        return this.#putLeaf(ref, node, items, depth);
      case 'extension':
        return this.#putExtension(ref, node, items, depth);
      case 'branch':
        return this.#putBranch(ref, node, items, depth);
    }
  }

  #putLeaf(ref: NodeRef, leaf: LeafNode, items: readonly TrieItem[], depth: number): NodeRef | undefined {
    const same = items.find((item) => hasPath(item.key, depth, leaf.path));
    if (items.length === 1 && same?.value !== undefined && Buffer.compare(same.value, leaf.value) === 0) return ref;
    if (same !== undefined) return build(items, depth);
    const rest = items.filter((item) => item.value !== undefined);
    if (rest.length === 0) return ref;
    const key = leafKey((rest[0] as TrieItem).key, depth, leaf.path); // rest is not empty
    return build([...rest, { key, value: leaf.value }], depth);
  }

  #putExtension(ref: NodeRef, node: ExtensionNode, items: readonly TrieItem[], depth: number): NodeRef | undefined {
    const { path, child } = node;
    let common = path.length;
    const relevant: TrieItem[] = [];
    for (const item of items) {
      const shared = sharedLength(item.key, depth, path);
      if (shared < path.length && item.value === undefined) continue; // it was never there
      relevant.push(item);
      if (shared < common) common = shared;
    }
    if (relevant.length === 0) return ref;
    if (common === path.length) {
      const next = this.#put(child, relevant, depth + common);
      return next === child ? ref : extend(path, next);
    }
    const children: (NodeRef | undefined)[] = new Array(16).fill(undefined);
    const rest = path.subarray(common + 1);
    children[path[common] as number] = rest.length === 0 ? child : { kind: 'extension', path: rest, child };
    const branch: BranchNode = { kind: 'branch', children };
    return extend(path.subarray(0, common), this.#putBranch(branch, branch, relevant, depth + common));
  }

  #putBranch(ref: NodeRef, node: BranchNode, items: readonly TrieItem[], depth: number): NodeRef | undefined {
    const buckets = bucketsOf(items, depth);
    let children: (NodeRef | undefined)[] | undefined;
    for (let nibble = 0; nibble < 16; nibble++) {
      const bucket = buckets[nibble];
      if (bucket === undefined) continue;
      const before = node.children[nibble];
      const after = this.#put(before, bucket, depth + 1);
      if (after === before) continue;
      children ??= node.children.slice();
      children[nibble] = after;
    }
    if (children === undefined) return ref;
    return this.#collapse(children);
  }

  /** A branch with one child is none. */
  #collapse(children: readonly (NodeRef | undefined)[]): TrieNode | undefined {
    let only = -1;
    for (let nibble = 0; nibble < 16; nibble++) {
      if (children[nibble] === undefined) continue;
      if (only >= 0) return { kind: 'branch', children };
      only = nibble;
    }
    if (only < 0) return undefined;
    const child = this.#resolve(children[only] as NodeRef); // the one that is there
    if (child === undefined) return { kind: 'branch', children }; // of no use: it is in `missing`
    return extend(new Uint8Array([only]), child) as TrieNode; // a node in, a node out
  }
}

/** A trie of new keys. */
function build(items: readonly TrieItem[], depth: number): TrieNode | undefined {
  const present = items.filter((item) => item.value !== undefined);
  const first = present[0];
  if (first === undefined) return undefined;
  return buildPresent(present, first, depth);
}

function buildPresent(items: readonly TrieItem[], first: TrieItem, depth: number): TrieNode {
  const path = nibblesOf(first.key, depth);
  if (items.length === 1) return { kind: 'leaf', path, value: first.value as Uint8Array }; // only present ones get here
  let common = path.length;
  for (let i = 1; i < items.length && common > 0; i++) {
    common = Math.min(common, sharedLength((items[i] as TrieItem).key, depth, path)); // i < length
  }
  const children = bucketsOf(items, depth + common).map(
    (bucket) => bucket && buildPresent(bucket, bucket[0] as TrieItem, depth + common + 1), // a bucket is never empty
  );
  return extend(path.subarray(0, common), { kind: 'branch', children }) as TrieNode; // a node in, a node out
}

function bucketsOf(items: readonly TrieItem[], depth: number): (TrieItem[] | undefined)[] {
  const buckets: (TrieItem[] | undefined)[] = new Array(16).fill(undefined);
  for (const item of items) {
    const nibble = nibbleOf(item.key, depth);
    const bucket = buckets[nibble];
    if (bucket === undefined) buckets[nibble] = [item];
    else bucket.push(item);
  }
  return buckets;
}

/** `ref` below a path: leaves and extensions take the path into their own. */
function extend(path: Uint8Array, ref: NodeRef | undefined): NodeRef | undefined {
  if (path.length === 0 || ref === undefined) return ref;
  if (typeof ref === 'string' || ref.kind === 'branch') return { kind: 'extension', path, child: ref };
  const joined = new Uint8Array(path.length + ref.path.length);
  joined.set(path);
  joined.set(ref.path, path.length);
  return { ...ref, path: joined };
}

function sharedLength(key: Uint8Array, depth: number, path: Uint8Array): number {
  const most = Math.min(path.length, 2 * key.length - depth);
  let i = 0;
  while (i < most && path[i] === nibbleOf(key, depth + i)) i++;
  return i;
}

function hasPath(key: Uint8Array, depth: number, path: Uint8Array): boolean {
  return 2 * key.length - depth === path.length && sharedLength(key, depth, path) === path.length;
}

/** The key of a leaf at `depth`, whose first nibbles are those of `prefix`. */
function leafKey(prefix: Uint8Array, depth: number, path: Uint8Array): Uint8Array {
  const key = new Uint8Array((depth + path.length) >> 1);
  for (let i = 0; i < 2 * key.length; i++) {
    const nibble = i < depth ? nibbleOf(prefix, i) : (path[i - depth] as number); // i - depth < path.length
    key[i >> 1] = (key[i >> 1] as number) | ((i & 1) === 0 ? nibble << 4 : nibble); // i >> 1 < key.length
  }
  return key;
}

type NodeWrites = Map<NodeKey, NodeWrite> | undefined;

/** Hashes what is new from the leaves up and returns the root's hash. */
function finish(root: TrieNode, writes: NodeWrites): Uint8Array {
  const node = settleChildren(root, writes);
  const bytes = encodeNode(node);
  const hash = keccak(bytes);
  writes?.set(keyOf(hash), { node, bytes });
  return hash;
}

/** A child as its parent holds it: by its hash, or itself if its encoding is shorter than 32 bytes. */
function settle(ref: NodeRef, writes: NodeWrites): NodeRef {
  if (typeof ref === 'string') return ref;
  const node = settleChildren(ref, writes);
  const bytes = encodeNode(node);
  if (bytes.length < 32) return node;
  const key = keyOf(keccak(bytes));
  writes?.set(key, { node, bytes });
  return key;
}

function settleChildren(node: TrieNode, writes: NodeWrites): TrieNode {
  if (node.kind === 'leaf') return node;
  if (node.kind === 'extension') return { ...node, child: settle(node.child, writes) };
  const children = node.children.slice();
  for (let i = 0; i < 16; i++) {
    const child = children[i];
    if (typeof child === 'object') children[i] = settle(child, writes);
  }
  return { kind: 'branch', children };
}
