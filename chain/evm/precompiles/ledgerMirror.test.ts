import { describe, expect, test } from 'vitest';
import { bytesToBigint, bytesToHex } from '../../../protocol/bytes.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import { LEDGER_READ, MODEL_ATTESTATION } from '../../../protocol/lane/addresses.ts';
import { AT, look } from '../../../protocol/testing/market.ts';
import type { Account, Field } from '../../../protocol/types.ts';
import { applyLedgerMirror } from './ledgerMirror.ts';
import type { ContractStorage } from './storage.ts';
import { leafOf, marketLeaves, marketTree } from './testing/ledger.ts';

/** Storage that counts accesses. */
class CountingStorage implements ContractStorage {
  readonly words = new Map<string, bigint>();
  reads = 0;
  writes = 0;

  getStorage(address: string, slot: Uint8Array): Promise<Uint8Array> {
    this.reads += 1;
    const value = this.words.get(`${address} ${bytesToHex(slot)}`);
    return Promise.resolve(Buffer.from(value === undefined ? '' : value.toString(16).padStart(64, '0'), 'hex'));
  }

  putStorage(address: string, slot: Uint8Array, value: Uint8Array): Promise<void> {
    this.writes += 1;
    expect(slot.length).toBe(32);
    if (value.length > 0) expect(value[0]).not.toBe(0);
    this.words.set(`${address} ${bytesToHex(slot)}`, bytesToBigint(value));
    return Promise.resolve();
  }

  at(address: string, slot: bigint): bigint | undefined {
    return this.words.get(`${address} ${slot.toString(16).padStart(64, '0')}`);
  }
}

const model = look(marketTree, AT.model) as Account;

describe('the mirror', () => {
  test('puts the words of an account into four slots from four times its index on', async () => {
    const storage = new CountingStorage();
    await applyLedgerMirror(storage, { leaves: marketLeaves, claims: [] });
    for (const { index, state, a, b, c } of marketLeaves) {
      const slot = 4n * BigInt(index);
      expect([0n, 1n, 2n, 3n].map((i) => storage.at(LEDGER_READ, slot + i) ?? 0n)).toEqual([state, a, b, c]);
    }
  });

  test('leaves what did not change alone: a read each and no write', async () => {
    const storage = new CountingStorage();
    await applyLedgerMirror(storage, { leaves: marketLeaves, claims: [] });
    storage.reads = storage.writes = 0;
    await applyLedgerMirror(storage, { leaves: marketLeaves, claims: [] });
    expect([storage.reads, storage.writes]).toEqual([marketLeaves.length, 0]);
    await applyLedgerMirror(storage, { leaves: [leafOf(AT.model, { ...model, balance: 7n })], claims: [] });
    expect(storage.writes).toBe(1);
  });

  test('enters an attestation once, not whenever its account changes', async () => {
    const storage = new CountingStorage();
    for (const balance of [1n, 2n, 3n]) {
      await applyLedgerMirror(storage, { leaves: [leafOf(AT.model, { ...model, balance })], claims: [] });
    }
    const heads = [...storage.words].filter(([key]) => key.startsWith(MODEL_ATTESTATION));
    // index | lane 0 | count 1
    expect(heads.map(([, value]) => value)).toEqual([BigInt(AT.model) | (1n << 72n)]);
  });

  test('comes out the same whatever the order of the leaves', async () => {
    const [forth, back] = [new CountingStorage(), new CountingStorage()];
    const leaves = [...marketLeaves, ...[60, 61, 62].map((index) => leafOf(index, model))];
    await applyLedgerMirror(forth, { leaves, claims: [] });
    await applyLedgerMirror(back, { leaves: [...leaves].reverse(), claims: [] });
    expect(new Map([...back.words].sort())).toEqual(new Map([...forth.words].sort()));
  });

  test('keeps the newest total of a root, also of several claims in one block', async () => {
    const storage = new CountingStorage();
    const claim = (total: bigint) => ({ channel: accountIndex(AT.channel), receiptsRoot: 5n as Field, total });
    await applyLedgerMirror(storage, { leaves: [], claims: [claim(10n), claim(12n)] });
    expect([...storage.words.values()]).toEqual([(1n << 96n) | 12n]);
  });
});
