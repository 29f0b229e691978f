import type { Account, Address } from '@ethereumjs/util';
import { isEmptyAccount } from '../state/accountRecord.ts';
import type { LaneState } from '../state/laneState.ts';
import { textOf } from '../state/stateStore.ts';

/** EIP-161 on Ethereum: this precompile stays touched when its call fails (0x03). */
const RIPEMD = textOf(Uint8Array.from({ length: 20 }, (_, i) => (i === 19 ? 3 : 0)));

/** What a checkpoint can take back. */
interface Entry {
  readonly set: Set<string>;
  readonly key: string;
}

/**
 * The warm addresses and slots of a transaction (EIP-2929) and the accounts it touched (EIP-161), as EthereumJS's journal keeps them:
 * one list of what came in, in the place of three collections for each checkpoint.
 */
export class FastJournal {
  accessList?: Map<string, Set<string>>;
  preimages?: Map<`0x${string}`, Uint8Array>;
  readonly #state: LaneState;
  /** Always warm. */
  readonly #precompiles: ReadonlySet<string>;
  readonly #warm = new Set<string>();
  readonly #touched = new Set<string>();
  readonly #log: Entry[] = [];
  readonly #marks: number[] = [];

  constructor(state: LaneState, precompiles: Iterable<string>) {
    this.#state = state;
    this.#precompiles = new Set([...precompiles].map(keyOfHex));
  }

  startReportingAccessList(): void {
    this.accessList = new Map();
  }

  startReportingPreimages(): void {
    this.preimages = new Map();
  }

  async putAccount(address: Address, account: Account | undefined): Promise<void> {
    this.touch(textOf(address.bytes));
    return this.#state.putAccount(address, account);
  }

  async deleteAccount(address: Address): Promise<void> {
    this.touch(textOf(address.bytes));
    return this.#state.deleteAccount(address);
  }

  touch(key: string): void {
    this.#add(this.#touched, key);
  }

  begin(): void {
    this.#marks.push(this.#log.length);
    this.#state.begin();
  }

  keep(): void {
    this.#marks.pop();
    this.#state.keep();
  }

  undo(): void {
    const to = this.#marks.pop() ?? 0;
    for (let entry = this.#log.at(-1); this.#log.length > to && entry !== undefined; entry = this.#log.at(-1)) {
      this.#log.pop();
      if (entry.set !== this.#touched || entry.key !== RIPEMD) entry.set.delete(entry.key);
    }
    this.#state.undo();
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

  cleanJournal(): void {
    this.#warm.clear();
    this.#touched.clear();
    this.#log.length = 0;
    this.#marks.length = 0;
  }

  /** EIP-161: touched accounts that are empty go. */
  async cleanup(): Promise<void> {
    for (const key of this.#touched) {
      const record = this.#state.peek(key);
      if (record !== null && record !== undefined && isEmptyAccount(record)) this.#state.removeRecord(key, record);
    }
    this.cleanJournal();
    delete this.accessList;
    delete this.preimages;
  }

  /** @param hex with or without 0x */
  addAlwaysWarmAddress(hex: string, isListed = false): void {
    const key = keyOfHex(hex);
    if (!this.#precompiles.has(key)) this.#warm.add(key);
    if (isListed) this.#report(key);
  }

  addAlwaysWarmSlot(hex: string, slotHex: string, isListed = false): void {
    const [key, slot] = [keyOfHex(hex), keyOfHex(slotHex)];
    this.addAlwaysWarmAddress(hex, isListed);
    this.#warm.add(key + slot);
    if (isListed) this.#report(key, slot);
  }

  isWarmedAddress(address: Uint8Array): boolean {
    const key = textOf(address);
    return this.#warm.has(key) || this.#precompiles.has(key);
  }

  addWarmedAddress(address: Uint8Array): void {
    const key = textOf(address);
    if (!this.#precompiles.has(key)) this.#add(this.#warm, key);
    this.#report(key);
  }

  isWarmedStorage(address: Uint8Array, slot: Uint8Array): boolean {
    return this.#warm.has(textOf(address) + textOf(slot));
  }

  addWarmedStorage(address: Uint8Array, slot: Uint8Array): void {
    const key = textOf(address);
    if (!this.#precompiles.has(key)) this.#add(this.#warm, key);
    const slotKey = textOf(slot);
    this.#add(this.#warm, key + slotKey);
    this.#report(key, slotKey);
  }

  #add(set: Set<string>, key: string): void {
    if (set.has(key)) return;
    set.add(key);
    this.#log.push({ set, key });
  }

  #report(key: string, slot?: string): void {
    if (this.accessList === undefined) return;
    const address = hexOfKey(key);
    const slots = this.accessList.get(address) ?? new Set();
    this.accessList.set(address, slots);
    if (slot !== undefined) slots.add(hexOfKey(slot));
  }
}

function keyOfHex(hex: string): string {
  return Buffer.from(hex.startsWith('0x') ? hex.slice(2) : hex, 'hex').toString('latin1');
}

function hexOfKey(key: string): string {
  return Buffer.from(key, 'latin1').toString('hex');
}
