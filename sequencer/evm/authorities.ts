import type { Hex } from '../../protocol/lane/types.ts';
import type { PoolEntry } from './poolEntry.ts';

/** Which accounts the pool's EIP-7702 transactions delegate. */
export class Authorities {
  readonly #entries = new Map<Hex, Map<PoolEntry, bigint>>();

  add(entry: PoolEntry): void {
    for (const { authority, nonce } of entry.authorizations) {
      let entries = this.#entries.get(authority);
      if (entries === undefined) {
        entries = new Map();
        this.#entries.set(authority, entries);
      }
      const other = entries.get(entry);
      if (other === undefined || other < nonce) entries.set(entry, nonce);
    }
  }

  remove(entry: PoolEntry): void {
    for (const { authority } of entry.authorizations) {
      const entries = this.#entries.get(authority);
      entries?.delete(entry);
      if (entries?.size === 0) this.#entries.delete(authority);
    }
  }

  /**
   * Could a transaction here still delegate this account, whose nonce is `nonce`? An authorization for a used nonce is without effect:
   * anybody can send an old one again, so it must not restrict its signer.
   */
  has(address: Hex, nonce: number): boolean {
    for (const authorized of this.#entries.get(address)?.values() ?? []) if (authorized >= BigInt(nonce)) return true;
    return false;
  }
}
