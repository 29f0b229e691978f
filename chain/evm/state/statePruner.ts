import { setImmediate } from 'node:timers/promises';
import { type Db, type DbOp, prefixRange } from '../../db.ts';
import { EvmError } from '../errors.ts';
import { decodeAccount, hasCode, hasStorage } from './accountRecord.ts';
import { CODES, NODES, type NodeStore, nodeDbKey } from './nodeStore.ts';
import { codeDbKey } from './stateStore.ts';
import { keyOf, type NodeKey, type NodeRef, type TrieNode } from './trieNode.ts';
import { EMPTY_TRIE_ROOT } from './trieUpdate.ts';

/** Nodes looked at, or removed, before others get their turn. */
const SLICE = 500;
const EMPTY_KEY = keyOf(EMPTY_TRIE_ROOT);

export interface PruneResult {
  /** Nodes and codes that are part of a retained state. */
  readonly kept: number;
  readonly removed: number;
}

/**
 * Removes the nodes and codes that no retained state reaches: mark, then sweep. Only what is unreachable is ever removed, so that it may
 * be killed at any point. Blocks go on meanwhile: what they write is noted and stays, even if it is what an old state had.
 */
export class StatePruner {
  readonly #db: Db;
  readonly #nodes: NodeStore;
  /** Keys in the database; undefined while nothing is pruned. */
  #written: Set<string> | undefined;
  #removal: Promise<void> | undefined;

  constructor(deps: { db: Db; nodes: NodeStore }) {
    this.#db = deps.db;
    this.#nodes = deps.nodes;
  }

  /**
   * To be called with what a block is going to write, before it does. When it resolves no removal is under way that could hit one of them.
   */
  async note(keys: Iterable<string>): Promise<void> {
    if (this.#written === undefined) return;
    for (const key of keys) this.#written.add(key);
    // If it failed, nothing was removed, and `prune` says so.
    await this.#removal?.catch(() => undefined);
  }

  /**
   * @param pending keys of a block that was executed, but perhaps not written yet
   * @param onMarked everything that stays is found: what is written before anything is removed
   * @throws EvmError BUSY; STATE_MISSING if a root is not there (then nothing was removed); STATE_UNAVAILABLE
   */
  async prune(
    roots: readonly Uint8Array[],
    pending: Iterable<string>,
    onMarked: () => readonly DbOp[],
  ): Promise<PruneResult> {
    if (this.#written !== undefined) throw new EvmError('BUSY');
    const written = new Set(pending);
    this.#written = written;
    try {
      const marked = await this.#mark(roots);
      await this.#write(onMarked());
      let removed = 0;
      for (const prefix of [NODES, CODES])
        removed += await this.#sweep(prefix, (key) => marked.has(key) || written.has(key));
      return { kept: marked.size, removed };
    } finally {
      this.#written = undefined;
    }
  }

  get isRunning(): boolean {
    return this.#written !== undefined;
  }

  async #write(ops: readonly DbOp[]): Promise<void> {
    try {
      await this.#db.write(ops);
    } catch (cause) {
      throw new EvmError('STATE_UNAVAILABLE', {}, { cause });
    }
  }

  /** Database keys of all that the roots reach. */
  async #mark(roots: readonly Uint8Array[]): Promise<Set<string>> {
    const marked = new Set<string>();
    const stack: (readonly [ref: NodeRef, isStorage: boolean])[] = roots.map((root) => [keyOf(root), false]);
    for (let seen = 1; ; seen++) {
      const next = stack.pop();
      if (next === undefined) return marked;
      if (seen % SLICE === 0) await setImmediate();
      const [ref, isStorage] = next;
      const node = typeof ref === 'string' ? await this.#markNode(ref, marked) : ref;
      if (node === undefined) continue;
      if (node.kind === 'extension') stack.push([node.child, isStorage]);
      if (node.kind === 'branch')
        for (const child of node.children) if (child !== undefined) stack.push([child, isStorage]);
      if (node.kind === 'leaf' && !isStorage) {
        const account = decodeAccount(node.value);
        if (hasCode(account)) marked.add(codeDbKey(account.codeHash));
        if (hasStorage(account)) stack.push([keyOf(account.storageRoot), true]);
      }
    }
  }

  /** The node, if it was not marked before. */
  async #markNode(key: NodeKey, marked: Set<string>): Promise<TrieNode | undefined> {
    const dbKey = nodeDbKey(key);
    if (key === EMPTY_KEY || marked.has(dbKey)) return undefined;
    const node = await this.#nodes.find(key);
    if (node === undefined) throw new EvmError('STATE_MISSING', { node: dbKey });
    marked.add(dbKey);
    return node;
  }

  async #sweep(prefix: string, isKept: (key: string) => boolean): Promise<number> {
    let removed = 0;
    let slice: string[] = [];
    const remove = async (): Promise<void> => {
      // Decided and begun without a pause in between: a block that notes a key later waits for the end of this.
      const keys = slice.filter((key) => !isKept(key));
      slice = [];
      if (keys.length === 0) return;
      this.#removal = this.#write(keys.map((key) => ({ type: 'del', key })));
      try {
        await this.#removal;
      } finally {
        this.#removal = undefined;
      }
      if (prefix === NODES) for (const key of keys) this.#nodes.forget(key);
      removed += keys.length;
    };
    let looked = 0;
    for await (const [key] of this.#db.range(prefixRange(prefix))) {
      if (++looked % SLICE === 0) await setImmediate();
      if (isKept(key)) continue;
      slice.push(key);
      if (slice.length === SLICE) await remove();
    }
    await remove();
    return removed;
  }
}
