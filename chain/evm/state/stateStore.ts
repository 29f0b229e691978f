import { RLP } from '@ethereumjs/rlp';
import type { Db } from '../../db.ts';
import { bytesHex, keccak } from '../crypto.ts';
import { EvmError } from '../errors.ts';
import { type AccountRecord, decodeAccount, hasCode, hasStorage } from './accountRecord.ts';
import { CODES, NodeStore } from './nodeStore.ts';
import { keyOf } from './trieNode.ts';
import { TwoGenerations } from './twoGenerations.ts';

/** Bounds of what is kept in memory, in entries. */
export interface StateCacheOptions {
  /** Decoded trie nodes (0.6 kB each). */
  readonly nodes?: number;
  /** Accounts at the head (0.3 kB each). */
  readonly accounts?: number;
  /** Storage slots at the head (0.2 kB each). */
  readonly slots?: number;
  /** Contracts' code. */
  readonly codes?: number;
}

const DEFAULTS = { nodes: 100_000, accounts: 100_000, slots: 200_000, codes: 1_000 };
const NO_BYTES = new Uint8Array(0);

/** Text with one character a byte: what the Maps of the state are keyed by. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

export function codeDbKey(codeHash: Uint8Array): string {
  return `${CODES}${bytesHex(codeHash).slice(2)}`;
}

/** What a block leaves changed. Null: the account is gone; slots are the shortest bytes of their values. */
export interface StateDiff {
  readonly accounts: ReadonlyMap<string, AccountRecord | null>;
  readonly slots: ReadonlyMap<string, Uint8Array>;
  readonly codes: ReadonlyMap<string, Uint8Array>;
  /** Some account that had storage lost it. */
  readonly isStorageCleared: boolean;
}

/** The state of all roots in the database, and caches of accounts and slots as of the head. */
export class StateStore {
  readonly nodes: NodeStore;
  #headRoot: string;
  readonly #accounts: TwoGenerations<AccountRecord | null>;
  readonly #slots: TwoGenerations<Uint8Array>;
  readonly #codes: TwoGenerations<Uint8Array>;
  readonly #pinnedCodes = new Map<string, Uint8Array>();
  readonly #hashes = new TwoGenerations<Uint8Array>(100_000);

  constructor(options: StateCacheOptions & { headRoot: Uint8Array }, deps: { db: Db }) {
    const { nodes, accounts, slots, codes } = { ...DEFAULTS, ...options };
    this.nodes = new NodeStore({ capacity: nodes }, deps);
    this.#headRoot = keyOf(options.headRoot);
    this.#accounts = new TwoGenerations(accounts);
    this.#slots = new TwoGenerations(slots);
    this.#codes = new TwoGenerations(codes);
  }

  view(root: Uint8Array): StateView {
    return new StateView(this, root);
  }

  /** Moves the caches to the state after a block. */
  advance(root: Uint8Array, diff: StateDiff): void {
    this.#headRoot = keyOf(root);
    if (diff.isStorageCleared) this.#slots.clear();
    for (const [key, account] of diff.accounts) this.#accounts.set(key, account);
    for (const [key, value] of diff.slots) this.#slots.set(key, value);
    for (const [key, code] of diff.codes) this.#codes.set(key, code);
  }

  /** Moves the caches to a state of before. */
  rewind(root: Uint8Array): void {
    this.#headRoot = keyOf(root);
    this.#accounts.clear();
    this.#slots.clear();
  }

  /** Keccak of an address or slot: remembered, because the same ones come again and again. */
  hashed(bytes: Uint8Array, key: string): Uint8Array {
    const known = this.#hashes.get(key);
    if (known !== undefined) return known;
    const hash = keccak(bytes);
    this.#hashes.set(key, hash);
    return hash;
  }

  cachedAccount(root: string, key: string): AccountRecord | null | undefined {
    return root === this.#headRoot ? this.#accounts.get(key) : undefined;
  }

  cachedSlot(root: string, key: string): Uint8Array | undefined {
    return root === this.#headRoot ? this.#slots.get(key) : undefined;
  }

  async loadAccount(root: string, address: Uint8Array, key: string): Promise<AccountRecord | null> {
    const bytes = await this.nodes.get(root, this.hashed(address, key));
    const account = bytes === undefined ? null : decodeAccount(bytes);
    // The head may have moved while the database was asked.
    if (root === this.#headRoot && this.#accounts.get(key) === undefined) this.#accounts.set(key, account);
    return account;
  }

  async loadSlot(root: string, storageRoot: Uint8Array, slot: Uint8Array, key: string): Promise<Uint8Array> {
    const bytes = await this.nodes.get(keyOf(storageRoot), this.hashed(slot, textOf(slot)));
    const value = bytes === undefined ? NO_BYTES : (RLP.decode(bytes) as Uint8Array).slice(); // a slot is a byte string
    if (root === this.#headRoot && this.#slots.get(key) === undefined) this.#slots.set(key, value);
    return value;
  }

  cachedCode(codeHash: Uint8Array): Uint8Array | undefined {
    const key = textOf(codeHash);
    return this.#codes.get(key) ?? this.#pinnedCodes.get(key);
  }

  /** @throws EvmError STATE_MISSING */
  async loadCode(codeHash: Uint8Array): Promise<Uint8Array> {
    const code = await this.nodes.bytes(codeDbKey(codeHash));
    if (code === undefined) throw new EvmError('STATE_MISSING', { code: bytesHex(codeHash) });
    this.#codes.set(textOf(codeHash), code);
    return code;
  }

  /** Code that is not in the database yet, but will be with the first block. */
  pinCodes(codes: readonly Uint8Array[]): void {
    for (const code of codes) this.#pinnedCodes.set(textOf(keccak(code)), code);
  }
}

/** The state after one root. It stays what it is when the head moves on. */
export class StateView {
  readonly store: StateStore;
  readonly root: Uint8Array;
  readonly #key: string;

  constructor(store: StateStore, root: Uint8Array) {
    this.store = store;
    this.root = root;
    this.#key = keyOf(root);
  }

  /** Undefined: not in memory. */
  cachedAccount(key: string): AccountRecord | null | undefined {
    return this.store.cachedAccount(this.#key, key);
  }

  loadAccount(address: Uint8Array, key: string): Promise<AccountRecord | null> {
    return this.store.loadAccount(this.#key, address, key);
  }

  async account(address: Uint8Array): Promise<AccountRecord | null> {
    const key = textOf(address);
    const cached = this.cachedAccount(key);
    return cached === undefined ? this.loadAccount(address, key) : cached;
  }

  cachedSlot(addressKey: string, slotKey: string): Uint8Array | undefined {
    return this.store.cachedSlot(this.#key, addressKey + slotKey);
  }

  loadSlot(account: AccountRecord, addressKey: string, slot: Uint8Array, slotKey: string): Promise<Uint8Array> {
    return this.store.loadSlot(this.#key, account.storageRoot, slot, addressKey + slotKey);
  }

  /** The shortest bytes of a slot's value. */
  async slot(address: Uint8Array, slot: Uint8Array): Promise<Uint8Array> {
    const account = await this.account(address);
    if (account === null || !hasStorage(account)) return NO_BYTES;
    const addressKey = textOf(address);
    const slotKey = textOf(slot);
    return this.cachedSlot(addressKey, slotKey) ?? (await this.loadSlot(account, addressKey, slot, slotKey));
  }

  async code(account: AccountRecord | null): Promise<Uint8Array> {
    if (account === null || !hasCode(account)) return NO_BYTES;
    return this.store.cachedCode(account.codeHash) ?? (await this.store.loadCode(account.codeHash));
  }
}
