import type { Db } from '../../db.ts';
import { EvmError } from '../errors.ts';
import { decodeNode, encodeNode, keyOf, type NodeKey, type NodeRef, nibbleOf, type TrieNode } from './trieNode.ts';
import { EMPTY_TRIE_ROOT, type NodeWrite, type TrieItem, TrieUpdate } from './trieUpdate.ts';
import { TwoGenerations } from './twoGenerations.ts';

/** Prefixes of the state's keys in the database. */
export const NODES = 'n/';
export const CODES = 'y/';

export function nodeDbKey(key: NodeKey): string {
  return NODES + Buffer.from(key, 'latin1').toString('hex');
}

/** Trie nodes: in the database by their hash, the ones in use decoded in memory. */
export class NodeStore {
  readonly #db: Db;
  readonly #cache: TwoGenerations<TrieNode>;
  /** Nodes that are not in the database yet, but will be with the first block. */
  readonly #pinned = new Map<NodeKey, TrieNode>();

  constructor({ capacity }: { capacity: number }, { db }: { db: Db }) {
    this.#db = db;
    this.#cache = new TwoGenerations(capacity);
  }

  cached(key: NodeKey): TrieNode | undefined {
    return this.#cache.get(key) ?? this.#pinned.get(key);
  }

  remember(key: NodeKey, node: TrieNode): void {
    this.#cache.set(key, node);
  }

  /** @param dbKey of a node that is not in the database any more */
  forget(dbKey: string): void {
    this.#cache.delete(Buffer.from(dbKey.slice(NODES.length), 'hex').toString('latin1'));
  }

  pin(writes: ReadonlyMap<NodeKey, NodeWrite>): void {
    for (const [key, { node }] of writes) this.#pinned.set(key, node);
  }

  /** @throws EvmError STATE_MISSING, STATE_UNAVAILABLE */
  async load(key: NodeKey): Promise<TrieNode> {
    const cached = this.cached(key);
    if (cached !== undefined) return cached;
    const node = await this.find(key);
    if (node === undefined) throw new EvmError('STATE_MISSING', { node: Buffer.from(key, 'latin1').toString('hex') });
    this.remember(key, node);
    return node;
  }

  /** As `load`, but undefined for a node that is not there, and without a trace in the cache. */
  async find(key: NodeKey): Promise<TrieNode | undefined> {
    const known = this.cached(key);
    if (known !== undefined) return known;
    const bytes = await this.bytes(nodeDbKey(key));
    return bytes === undefined ? undefined : decodeNode(bytes);
  }

  /** @throws EvmError STATE_UNAVAILABLE */
  async bytes(dbKey: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#db.getBytes(dbKey);
    } catch (cause) {
      throw new EvmError('STATE_UNAVAILABLE', { key: dbKey }, { cause });
    }
  }

  /** The value of a key under a root. @throws EvmError STATE_MISSING, STATE_UNAVAILABLE */
  async get(root: NodeKey, key: Uint8Array): Promise<Uint8Array | undefined> {
    let ref: NodeRef | undefined = root === EMPTY_ROOT_KEY ? undefined : root;
    let depth = 0;
    while (ref !== undefined) {
      const node: TrieNode = typeof ref !== 'string' ? ref : (this.cached(ref) ?? (await this.load(ref)));
      if (node.kind === 'branch') {
        ref = node.children[nibbleOf(key, depth++)];
        continue;
      }
      for (const nibble of node.path) if (nibble !== nibbleOf(key, depth++)) return undefined;
      if (node.kind === 'leaf') return node.value;
      ref = node.child;
    }
    return undefined;
  }

  /** The encoded nodes from the root to the key, or to where it is seen not to be there. */
  async proof(root: NodeKey, key: Uint8Array): Promise<Uint8Array[]> {
    if (root === EMPTY_ROOT_KEY) return [];
    const nodes: Uint8Array[] = [];
    let ref: NodeRef | undefined = root;
    let depth = 0;
    while (ref !== undefined) {
      const node: TrieNode = typeof ref === 'string' ? await this.load(ref) : ref;
      if (typeof ref === 'string') nodes.push(encodeNode(node));
      if (node.kind === 'branch') {
        ref = node.children[nibbleOf(key, depth++)];
        continue;
      }
      for (const nibble of node.path) if (nibble !== nibbleOf(key, depth++)) return nodes;
      ref = node.kind === 'leaf' ? undefined : node.child;
    }
    return nodes;
  }

  /** The root after a batch; new nodes go to `writes`. @throws EvmError STATE_MISSING, STATE_UNAVAILABLE */
  async update(root: Uint8Array, items: readonly TrieItem[], writes: Map<NodeKey, NodeWrite>): Promise<Uint8Array> {
    if (items.length === 0) return root;
    // What this update had to load stays in reach of it, however small the cache is.
    const loaded = new Map<NodeKey, TrieNode>();
    for (;;) {
      const update = new TrieUpdate((key) => loaded.get(key) ?? this.cached(key));
      const result = update.apply(root, items, writes);
      if (update.missing.length === 0) return result;
      await Promise.all([...new Set(update.missing)].map(async (key) => loaded.set(key, await this.load(key))));
    }
  }

  /** Whether the root node is there. */
  async has(root: NodeKey): Promise<boolean> {
    return root === EMPTY_ROOT_KEY || (await this.find(root)) !== undefined;
  }
}

const EMPTY_ROOT_KEY = keyOf(EMPTY_TRIE_ROOT);
