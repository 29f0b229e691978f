import { keccak } from '../evm/crypto.ts';
import { hasCode, hasStorage } from '../evm/state/accountRecord.ts';
import { nodeDbKey } from '../evm/state/nodeStore.ts';
import { codeDbKey } from '../evm/state/stateStore.ts';
import { keyOf, type NodeKey, type TrieNode } from '../evm/state/trieNode.ts';
import { EMPTY_TRIE_ROOT } from '../evm/state/trieUpdate.ts';
import { invalid } from './invalid.ts';
import { accountOf, type Place, strictNode } from './strictNode.ts';

interface Awaited {
  readonly hash: NodeKey;
  /** Undefined: a contract's code. */
  readonly place: Place | undefined;
}

/**
 * All nodes and codes of a state in one order: depth first, by key; below an account its code, then its storage. Code and storage that several
 * accounts share come once. Maker and taker of a snapshot walk the same way, so what comes next is always known by its hash: nothing can be missing,
 * and nothing else gets in. Memory: one path, and 0.1 kB for each distinct code and storage.
 */
export class TrieWalk {
  /** What is still to come; the next one is last. */
  readonly #awaited: Awaited[] = [];
  readonly #seen = new Set<string>();
  #nodes = 0;
  #codes = 0;

  constructor(stateRoot: Uint8Array) {
    if (Buffer.compare(stateRoot, EMPTY_TRIE_ROOT) !== 0) {
      this.#awaited.push({ hash: keyOf(stateRoot), place: root({ isStorage: false }) });
    }
  }

  get isDone(): boolean {
    return this.#awaited.length === 0;
  }

  get counts(): { readonly nodes: number; readonly codes: number } {
    return { nodes: this.#nodes, codes: this.#codes };
  }

  /** Database keys of up to `most` that are known to come, the next one first: more may come in between. */
  ahead(most: number): string[] {
    return this.#awaited.slice(-most).reverse().map(dbKeyOf);
  }

  /**
   * The next node or code.
   * @returns its key in the database
   * @throws ChainError SNAPSHOT_INVALID: it is not
   */
  take(bytes: Uint8Array): string {
    const next = this.#awaited.pop();
    if (next === undefined) throw invalid('more than the state');
    if (keyOf(keccak(bytes)) !== next.hash) throw invalid('not what comes next in the state');
    if (next.place === undefined) {
      this.#codes += 1;
      return dbKeyOf(next);
    }
    this.#nodes += 1;
    const below: Awaited[] = [];
    this.#collect(strictNode(bytes, next.place), next.place, below);
    this.#awaited.push(...below.reverse());
    return dbKeyOf(next);
  }

  /** What a node leads to, in order. */
  #collect(node: TrieNode, place: Place, below: Awaited[]): void {
    const { isStorage, depth } = place;
    if (node.kind === 'leaf') {
      if (!isStorage) this.#collectAccount(node.value, below);
      return;
    }
    const isBelowExtension = node.kind === 'extension';
    const at = { isStorage, isBelowExtension, isRoot: false, depth: depth + (isBelowExtension ? node.path.length : 1) };
    for (const child of isBelowExtension ? [node.child] : node.children) {
      if (child === undefined) continue;
      if (typeof child === 'string') below.push({ hash: child, place: at });
      else this.#collect(child, at, below);
    }
  }

  #collectAccount(value: Uint8Array, below: Awaited[]): void {
    const account = accountOf(value);
    if (hasCode(account) && this.#isNew('code', account.codeHash)) {
      below.push({ hash: keyOf(account.codeHash), place: undefined });
    }
    if (hasStorage(account) && this.#isNew('storage', account.storageRoot)) {
      below.push({ hash: keyOf(account.storageRoot), place: root({ isStorage: true }) });
    }
  }

  #isNew(what: 'code' | 'storage', hash: Uint8Array): boolean {
    const before = this.#seen.size;
    this.#seen.add(what + keyOf(hash));
    return this.#seen.size > before;
  }
}

function root({ isStorage }: { isStorage: boolean }): Place {
  return { depth: 0, isStorage, isRoot: true, isBelowExtension: false };
}

function dbKeyOf({ hash, place }: Awaited): string {
  return place === undefined ? codeDbKey(Buffer.from(hash, 'latin1')) : nodeDbKey(hash);
}
