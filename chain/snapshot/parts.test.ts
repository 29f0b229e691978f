import { describe, expect, it } from 'vitest';
import { type OutboxLeaf, OutboxTree } from '../../genesis/predeploys/outbox.ts';
import { leafHash, packState } from '../../protocol/account.ts';
import { bigintToBytes, bytesToBigint } from '../../protocol/bytes.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { LEDGER_READ } from '../../protocol/lane/addresses.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { AT, market } from '../../protocol/testing/market.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import { AccountTree } from '../../protocol/tree.ts';
import { type Account, type Field, Kind } from '../../protocol/types.ts';
import { ChainError } from '../errors.ts';
import { hexBytes } from '../evm/crypto.ts';
import { leafSlot } from '../evm/precompiles/layout.ts';
import type { StateView } from '../evm/state/stateStore.ts';
import { decodeAccountItem, decodeWithdrawalItem, encodeAccountItem, encodeWithdrawalItem } from './items.ts';
import { decodeManifest, encodeManifest } from './manifest.ts';
import { carriedAccounts } from './mirrorCheck.ts';
import { OutboxFrontier } from './outboxFrontier.ts';
import { RootBuilder } from './rootBuilder.ts';
import { MAX_MANIFEST_BYTES, type SnapshotManifest } from './types.ts';

const WORD = `0x${'ab'.repeat(32)}` as const;
const MANIFEST: SnapshotManifest = {
  domain: 7n as Field,
  genesisHash: WORD,
  batch: 300,
  header: new Uint8Array(600).fill(1),
  outboxRoot: WORD,
  outboxCount: 2n,
  inboxCount: 70_000n,
  dataHash: WORD,
  accounts: 1,
  nodes: 1000,
  codes: 0,
  bytes: 2 ** 33,
  chunks: [WORD, WORD, WORD],
};

describe('RootBuilder', () => {
  it('finds the root of the tree', () => {
    const random = new SeededRandom(5);
    const tree = new AccountTree();
    expect(new RootBuilder().root()).toBe(tree.root);
    const account = market().get(accountIndex(AT.bob)) as Account; // bob is there
    const limits = [8, 64, 5_000, 2 ** 24];
    for (let round = 0; round < 8; round += 1) {
      const limit = limits[round % 4] ?? 8;
      const indices = new Set(Array.from({ length: 12 }, () => 1 + random.int(limit - 1)));
      const fresh = new AccountTree();
      const root = new RootBuilder();
      for (const index of [...indices].sort((x, y) => x - y).map(accountIndex)) {
        const leaf = { ...account, balance: random.big(1n << 90n) };
        fresh.set(index, leaf);
        root.add(index, leafHash(leaf));
      }
      expect(root.root()).toBe(fresh.root);
    }
  });
});

describe('OutboxFrontier', () => {
  it('finds the root of the tree after each leaf', () => {
    const tree = new OutboxTree();
    const frontier = new OutboxFrontier();
    for (let i = 0; i < 40; i += 1) {
      const to = `0x${i.toString(16).padStart(40, '0')}` as const;
      const leaf: OutboxLeaf = {
        index: BigInt(i),
        sender: to,
        token: i,
        amount: 5n ** BigInt(i),
        recipient: to,
        account: 40 - i,
      };
      expect(decodeWithdrawalItem(encodeWithdrawalItem(leaf), BigInt(i))).toEqual(leaf);
      tree.append(leaf);
      frontier.append(leaf);
      expect(frontier.root()).toBe(tree.root);
      expect(frontier.count).toBe(tree.count);
    }
  });
});

describe('an account on its way', () => {
  it('is the same again, whatever its kind', () => {
    for (const [index, account] of market().entries()) {
      expect(decodeAccountItem(encodeAccountItem(index, account))).toEqual([index, account]);
    }
  });
});

describe('a manifest on its way', () => {
  it('is the same again', () => {
    for (const manifest of [MANIFEST, { ...MANIFEST, chunks: [], header: new Uint8Array(0) }]) {
      expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
    }
  });

  it('is refused in any other form, with nothing but BAD_WIRE', () => {
    const bytes = encodeManifest(MANIFEST);
    const random = new SeededRandom(6);
    const wrong: Uint8Array[] = [
      new Uint8Array(0),
      new Uint8Array(MAX_MANIFEST_BYTES + 1),
      new Uint8Array(5_000).fill(0xc1),
    ];
    wrong.push(
      Buffer.concat([bytes, Uint8Array.of(0)]),
      encodeManifest({ ...MANIFEST, header: new Uint8Array(5_000) }),
    );
    for (let length = 0; length < bytes.length; length += 7) wrong.push(bytes.subarray(0, length));
    for (const each of wrong) expect(codeOf(() => decodeManifest(each))).toBe('BAD_WIRE');
    for (let round = 0; round < 2_000; round += 1) {
      const changed = new Uint8Array(bytes);
      const at = random.int(changed.length);
      changed[at] = (changed[at] ?? 0) ^ (1 << random.int(8));
      // Either nothing, or another manifest in its only form.
      const found = tried(() => decodeManifest(changed));
      if (found instanceof ChainError) expect(found.code).toBe('BAD_WIRE');
      else expect(Buffer.compare(encodeManifest(found as SnapshotManifest), changed)).toBe(0);
    }
  });
});

describe('the mirror of the ledger', () => {
  const accounts = new Map(market().entries());
  const feeAccounts = [AT.fees, 0, 0, 0].map(accountIndex) as [never, never, never, never]; // four indices

  /** LedgerRead's storage with these words, whose states stand for the accounts. */
  function carried(change: (index: number, account: Account) => Partial<Account> | undefined, words: object = {}) {
    const slots = new Map<bigint, bigint>();
    for (const [index, account] of accounts) {
      const seen = change(index, account);
      const { a, b, c } = account;
      const leaf = seen === undefined ? [] : [packState({ ...account, ...seen }), a, b, c];
      for (const [i, word] of leaf.entries()) slots.set(leafSlot(index) + BigInt(i), word);
    }
    for (const [slot, word] of Object.entries(words)) slots.set(BigInt(slot), word);
    // The cast: all that is asked of a view.
    const view = {
      slot: async (address: Uint8Array, slot: Uint8Array) => {
        expect(address).toEqual(hexBytes(LEDGER_READ));
        return bigintToBytes(slots.get(bytesToBigint(slot)) ?? 0n, 32);
      },
    } as unknown as StateView;
    return carriedAccounts(all(), { view, feeAccounts });
  }

  async function* all() {
    yield* [...accounts].sort(([x], [y]) => x - y);
  }

  it('may lack what the close credited to fee accounts and models', async () => {
    expect(await carried(() => ({}))).toEqual([]);
    const less = { ...account(AT.model), balance: 49n };
    expect(await carried((index) => (index === AT.model ? less : {}))).toEqual([AT.model]);
    accounts.set(accountIndex(AT.fees), { ...account(AT.fees), balance: 9n });
    expect(await carried((index) => (index === AT.fees ? { balance: 3n } : {}))).toEqual([AT.fees]);
  });

  it('is refused where it says anything else', async () => {
    const lies: [number, Partial<Account> | undefined][] = [
      [AT.bob, undefined],
      [AT.bob, { balance: account(AT.bob).balance - 1n }],
      [AT.channel, { balance: 1n }],
      [AT.model, { balance: account(AT.model).balance + 1n }],
      [AT.model, { balance: 1n, token: 5 }],
      [AT.fees, { balance: 1n, nonce: 1 }],
      [AT.channel, { claimed: 1n }],
      [AT.model, { kind: Kind.KEY }],
    ];
    for (const [who, lie] of lies) {
      await expect(carried((index) => (index === who ? lie : {}))).rejects.toMatchObject({
        code: 'SNAPSHOT_INVALID',
        data: { index: who },
      });
    }
    for (const word of [1n, 2n, 3n]) {
      const slot = (leafSlot(accountIndex(AT.bob)) + word).toString();
      await expect(carried(() => ({}), { [slot]: actor(9).address })).rejects.toMatchObject({
        data: { index: AT.bob },
      });
    }
  });

  function account(index: number): Account {
    return accounts.get(accountIndex(index)) as Account; // one of the market
  }
});

function tried<T>(run: () => T): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

function codeOf(run: () => unknown): string {
  const error = tried(run);
  return error instanceof ChainError ? error.code : String(error);
}
