import type { AccountFields, StateManagerInterface } from '@ethereumjs/common';
import { Account, type Address, KECCAK256_NULL, KECCAK256_RLP } from '@ethereumjs/util';
import { bytesHex, keccak } from '../crypto.ts';
import { EvmError } from '../errors.ts';
import { type AccountRecord, encodeAccount, hasCode, hasStorage } from './accountRecord.ts';
import { encodeBytes } from './rlpWriter.ts';
import { type StateDiff, type StateView, textOf } from './stateStore.ts';
import type { NodeKey } from './trieNode.ts';
import { EMPTY_TRIE_ROOT, type NodeWrite, type TrieItem } from './trieUpdate.ts';

const NO_BYTES = new Uint8Array(0);

/** Changes of one account's storage. */
interface StorageChanges {
  /** What is below counts for nothing: the account was created or deleted. */
  readonly isCleared: boolean;
  readonly slots: Map<string, Uint8Array>;
}

/** How to take one change back. `before` is undefined where there was no change. */
type Undo =
  | { readonly account: string; readonly before: AccountRecord | null | undefined }
  | { readonly storage: string; readonly before: StorageChanges | undefined }
  | { readonly slots: Map<string, Uint8Array>; readonly slot: string; readonly before: Uint8Array | undefined };

export interface StateRoots {
  readonly root: Uint8Array;
  readonly nodes: ReadonlyMap<NodeKey, NodeWrite>;
  readonly diff: StateDiff;
}

/**
 * The state a block is executed on: a view of one root under changes kept in memory. A checkpoint is a position in the list of changes,
 * so that it costs nothing; the tries are touched once, by `roots`. It is what EthereumJS calls a state manager.
 */
export class LaneState implements StateManagerInterface {
  #view: StateView;
  readonly #accounts = new Map<string, AccountRecord | null>();
  /** What was read below the changes: the caches of the head may forget it at any time. */
  readonly #read = new Map<string, AccountRecord | null>();
  readonly #storage = new Map<string, StorageChanges>();
  readonly #codes = new Map<string, Uint8Array>();
  readonly #undo: Undo[] = [];
  readonly #checkpoints: number[] = [];
  readonly #originals = new Map<string, Uint8Array>();

  /** Values of slots before the transaction: refunds depend on them. The EVM asks before it writes. */
  readonly originalStorageCache = {
    get: async (address: Address, slot: Uint8Array): Promise<Uint8Array> => {
      const key = textOf(address.bytes) + textOf(slot);
      const known = this.#originals.get(key);
      if (known !== undefined) return known;
      const value = await this.getStorage(address, slot);
      this.#originals.set(key, value);
      return value;
    },
    clear: (): void => this.#originals.clear(),
  };

  constructor(view: StateView) {
    this.#view = view;
  }

  get view(): StateView {
    return this.#view;
  }

  /** Forgets all changes and stands on another root. */
  reset(view: StateView): void {
    this.#view = view;
    this.#accounts.clear();
    this.#read.clear();
    this.#storage.clear();
    this.#codes.clear();
    this.#undo.length = 0;
    this.#checkpoints.length = 0;
    this.#originals.clear();
  }

  /** The account as it is now, if that is known without asking the database. */
  peek(key: string): AccountRecord | null | undefined {
    const changed = this.#accounts.get(key);
    if (changed !== undefined) return changed;
    const read = this.#read.get(key);
    if (read !== undefined) return read;
    const cached = this.view.cachedAccount(key);
    if (cached !== undefined) this.#read.set(key, cached);
    return cached;
  }

  /** From here on `peek` knows it. */
  async record(address: Uint8Array): Promise<AccountRecord | null> {
    const key = textOf(address);
    const known = this.peek(key);
    if (known !== undefined) return known;
    const loaded = await this.view.loadAccount(address, key);
    this.#read.set(key, loaded);
    return loaded;
  }

  /** Null: the account is gone, with its storage. */
  setRecord(key: string, account: AccountRecord | null): void {
    if (this.#checkpoints.length > 0) this.#undo.push({ account: key, before: this.#accounts.get(key) });
    this.#accounts.set(key, account);
  }

  async getAccount(address: Address): Promise<Account | undefined> {
    const record = await this.record(address.bytes);
    if (record === null) return undefined;
    // A copy: the EVM changes what it is given, and does not always put it back.
    return new Account(record.nonce, record.balance, record.storageRoot, record.codeHash);
  }

  async putAccount(address: Address, account?: Account): Promise<void> {
    if (account === undefined) return this.deleteAccount(address);
    const { nonce, balance, storageRoot, codeHash } = account;
    const key = textOf(address.bytes);
    const now = this.peek(key);
    // A call without value puts back both accounts as they were: that is no change, and needs no way back.
    const isSame = now?.nonce === nonce && now.balance === balance;
    if (isSame && now.storageRoot === storageRoot && now.codeHash === codeHash) return;
    this.setRecord(key, { nonce, balance, storageRoot, codeHash });
  }

  async deleteAccount(address: Address): Promise<void> {
    const record = await this.record(address.bytes);
    if (record !== null) this.removeRecord(textOf(address.bytes), record);
  }

  /** @param record what the account is now */
  removeRecord(key: string, record: AccountRecord): void {
    this.#clearStorage(key, record);
    this.setRecord(key, null);
  }

  async modifyAccountFields(address: Address, fields: AccountFields): Promise<void> {
    const record = (await this.record(address.bytes)) ?? EMPTY_ACCOUNT;
    this.setRecord(textOf(address.bytes), {
      nonce: fields.nonce ?? record.nonce,
      balance: fields.balance ?? record.balance,
      storageRoot: fields.storageRoot ?? record.storageRoot,
      codeHash: fields.codeHash ?? record.codeHash,
    });
  }

  async putCode(address: Address, code: Uint8Array): Promise<void> {
    const codeHash = code.length === 0 ? KECCAK256_NULL : keccak(code);
    if (code.length > 0) this.#codes.set(textOf(codeHash), code);
    await this.modifyAccountFields(address, { codeHash });
  }

  async getCode(address: Address): Promise<Uint8Array> {
    const record = await this.record(address.bytes);
    if (record === null || !hasCode(record)) return NO_BYTES;
    return this.#codes.get(textOf(record.codeHash)) ?? this.view.code(record);
  }

  async getCodeSize(address: Address): Promise<number> {
    return (await this.getCode(address)).length;
  }

  async getStorage(address: Address, slot: Uint8Array): Promise<Uint8Array> {
    const addressKey = textOf(address.bytes);
    const slotKey = textOf(slot);
    const known = this.peekSlot(addressKey, slotKey);
    if (known !== undefined) return known;
    const record = await this.record(address.bytes);
    if (record === null || !hasStorage(record)) return NO_BYTES;
    return this.view.loadSlot(record, addressKey, slot, slotKey);
  }

  /** A slot's value now, if that is known without asking the database. */
  peekSlot(addressKey: string, slotKey: string): Uint8Array | undefined {
    const changes = this.#storage.get(addressKey);
    const changed = changes?.slots.get(slotKey);
    if (changed !== undefined) return changed;
    if (changes?.isCleared) return NO_BYTES;
    const cached = this.view.cachedSlot(addressKey, slotKey);
    if (cached !== undefined) return cached;
    const record = this.peek(addressKey);
    return record !== undefined && (record === null || !hasStorage(record)) ? NO_BYTES : undefined;
  }

  /** A slot's value before the transaction. @param now what it is, in case nobody has asked yet */
  originalSlot(addressKey: string, slotKey: string, now: Uint8Array): Uint8Array {
    const key = addressKey + slotKey;
    const known = this.#originals.get(key);
    if (known !== undefined) return known;
    this.#originals.set(key, now);
    return now;
  }

  /** @param value without leading zeros, and nobody else's; the account is there */
  storeSlot(addressKey: string, slotKey: string, value: Uint8Array): void {
    let changes = this.#storage.get(addressKey);
    if (changes === undefined) {
      changes = { isCleared: false, slots: new Map() };
      this.#setStorage(addressKey, changes);
    }
    const { slots } = changes;
    if (this.#checkpoints.length > 0) this.#undo.push({ slots, slot: slotKey, before: slots.get(slotKey) });
    slots.set(slotKey, value);
  }

  /** Leading zeros of a value do not count. @throws EvmError BAD_INPUT for an account that is not there */
  async putStorage(address: Address, slot: Uint8Array, value: Uint8Array): Promise<void> {
    const addressKey = textOf(address.bytes);
    const record = this.peek(addressKey) ?? (await this.record(address.bytes));
    if (record === null) throw new EvmError('BAD_INPUT', { reason: 'storage of an account that does not exist' });
    this.storeSlot(addressKey, textOf(slot), unpadded(value));
  }

  async clearStorage(address: Address): Promise<void> {
    const record = await this.record(address.bytes);
    const key = textOf(address.bytes);
    if (record === null || !this.#clearStorage(key, record)) return;
    this.setRecord(key, { ...record, storageRoot: KECCAK256_RLP });
  }

  /** Whether there was anything to clear. */
  #clearStorage(key: string, record: AccountRecord): boolean {
    const changes = this.#storage.get(key);
    if (changes === undefined ? !hasStorage(record) : changes.isCleared && changes.slots.size === 0) return false;
    this.#setStorage(key, { isCleared: true, slots: new Map() });
    return true;
  }

  #setStorage(key: string, changes: StorageChanges): void {
    if (this.#checkpoints.length > 0) this.#undo.push({ storage: key, before: this.#storage.get(key) });
    this.#storage.set(key, changes);
  }

  get depth(): number {
    return this.#checkpoints.length;
  }

  begin(): void {
    this.#checkpoints.push(this.#undo.length);
  }

  keep(): void {
    this.#checkpoints.pop();
    if (this.#checkpoints.length === 0) this.#undo.length = 0;
  }

  /** Takes back everything since the checkpoint. */
  undo(): void {
    const to = this.#checkpoints.pop() ?? 0;
    while (this.#undo.length > to) {
      const entry = this.#undo.pop() as Undo; // length > to >= 0
      if ('account' in entry) restore(this.#accounts, entry.account, entry.before);
      else if ('storage' in entry) restore(this.#storage, entry.storage, entry.before);
      else restore(entry.slots, entry.slot, entry.before);
    }
  }

  /** Takes back everything since the checkpoint at `depth`, however many were left open above it. */
  undoTo(depth: number): void {
    while (this.#checkpoints.length > depth) this.undo();
  }

  async checkpoint(): Promise<void> {
    this.begin();
  }

  async commit(): Promise<void> {
    this.keep();
  }

  async revert(): Promise<void> {
    this.undo();
  }

  /** The root after all changes, with the new nodes. @throws EvmError STATE_MISSING, STATE_UNAVAILABLE */
  async roots(): Promise<StateRoots> {
    const { store } = this.view;
    const nodes = new Map<NodeKey, NodeWrite>();
    const accounts = new Map(this.#accounts);
    const slots = new Map<string, Uint8Array>();
    let isStorageCleared = false;
    for (const [key, changes] of this.#storage) {
      const address = Buffer.from(key, 'latin1');
      isStorageCleared ||= changes.isCleared;
      const record = await this.record(address);
      if (record === null) continue;
      const items: TrieItem[] = [];
      for (const [slotKey, value] of changes.slots) {
        slots.set(key + slotKey, value);
        const slot = store.hashed(Buffer.from(slotKey, 'latin1'), slotKey);
        items.push({ key: slot, value: value.length === 0 ? undefined : encodeBytes(value) });
      }
      const base = changes.isCleared ? EMPTY_TRIE_ROOT : record.storageRoot;
      const storageRoot = await store.nodes.update(base, items, nodes);
      accounts.set(key, { ...record, storageRoot });
    }
    const items: TrieItem[] = [];
    const codes = new Map<string, Uint8Array>();
    for (const [key, account] of accounts) {
      items.push({
        key: store.hashed(Buffer.from(key, 'latin1'), key),
        value: account === null ? undefined : encodeAccount(account),
      });
      const code = account === null ? undefined : this.#codes.get(textOf(account.codeHash));
      if (account !== null && code !== undefined) codes.set(textOf(account.codeHash), code);
    }
    const root = await store.nodes.update(this.view.root, items, nodes);
    return { root, nodes, diff: { accounts, slots, codes, isStorageCleared } };
  }

  async getStateRoot(): Promise<Uint8Array> {
    return this.#accounts.size === 0 && this.#storage.size === 0 ? this.view.root : (await this.roots()).root;
  }

  /** Forgets all changes. @throws EvmError STATE_MISSING */
  async setStateRoot(root: Uint8Array): Promise<void> {
    if (!(await this.hasStateRoot(root))) throw new EvmError('STATE_MISSING', { root: bytesHex(root) });
    this.reset(this.#view.store.view(root));
  }

  async hasStateRoot(root: Uint8Array): Promise<boolean> {
    return this.view.store.nodes.has(textOf(root));
  }

  clearCaches(): void {
    this.#originals.clear();
  }

  /** A state on the same root, without the changes. */
  shallowCopy(): LaneState {
    return new LaneState(this.view);
  }
}

export const EMPTY_ACCOUNT: AccountRecord = {
  nonce: 0n,
  balance: 0n,
  storageRoot: KECCAK256_RLP,
  codeHash: KECCAK256_NULL,
};

function restore<V>(map: Map<string, V>, key: string, before: V | undefined): void {
  if (before === undefined) map.delete(key);
  else map.set(key, before);
}

function unpadded(value: Uint8Array): Uint8Array {
  let zeros = 0;
  while (zeros < value.length && value[zeros] === 0) zeros++;
  // A copy: the caller may go on writing into its bytes.
  return value.slice(zeros);
}
