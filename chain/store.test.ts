import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { computeDomain } from '../protocol/domain.ts';
import { accountIndex } from '../protocol/ids.ts';
import {
  actor,
  attest,
  claim,
  exit,
  open,
  register,
  signed,
  TEST_DOMAIN,
  TEST_TIME,
  transfer,
} from '../protocol/testing/actors.ts';
import { txHash } from '../protocol/tx.ts';
import type { Field, QueueItem } from '../protocol/types.ts';
import { type Db, openLevel } from './db.ts';
import { ChainError } from './errors.ts';
import { keys } from './keys.ts';
import { openChain } from './openChain.ts';
import { CrashError, CrashPoint, crashingDb } from './testing/crash.ts';
import { addBlock, openLedger, openTestStore } from './testing/fixture.ts';
import { tempDb } from './testing/tempDb.ts';
import { TEST_GENESIS } from './testing/testGenesis.ts';

const ALICE = actor(1);
const BOB = actor(2);
const CAROL = actor(3);

const deposit = (who: typeof ALICE, amount: bigint): QueueItem => ({
  opcode: 1,
  token: 0,
  amount,
  key: who.key,
  address: who.address,
});

let temp: Awaited<ReturnType<typeof tempDb>>;
let db: Db;

beforeEach(async () => {
  temp = await tempDb();
  db = temp.db;
});

afterEach(() => temp.remove());

async function expectChainError(act: () => Promise<unknown>, code: string): Promise<void> {
  const error = await act().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ChainError);
  expect((error as ChainError).code).toBe(code);
}

const PAY = signed(ALICE, { signer: 1, nonce: 0, ops: [transfer(1, 2, 10n, { fee: 1n })] });
const WELCOME = signed(ALICE, { signer: 1, nonce: 1, ops: [register(1, 3, CAROL, 20n, 1n)] });
const LEAVE = signed(BOB, { signer: 2, nonce: 0, ops: [exit(2, BOB.address, 5n)] });

/** Two blocks in a closed batch, one in the open one. */
async function story(): Promise<void> {
  const chain = await openLedger(db);
  await addBlock(chain, { deposits: [deposit(ALICE, 100n), deposit(BOB, 50n)] });
  await addBlock(chain, { txs: [PAY, WELCOME], feeAccounts: [accountIndex(2)] });
  await chain.ledger.close();
  await addBlock(chain, { txs: [LEAVE] });
}

describe('a chain on LevelDB', () => {
  it('is the same after it was opened again', async () => {
    await story();
    const before = await openLedger(db);
    const balances = [1, 2, 3].map((index) => before.ledger.account(accountIndex(index))?.balance);
    // Bob's fee lane was credited when the batch closed; his exit is in the open batch.
    expect(balances).toEqual([68n, 57n, 20n]);
    await db.close();
    db = await openLevel(temp.path);
    temp = { ...temp, db };
    const after = await openLedger(db);
    expect(after.store.head).toEqual(before.store.head);
    expect(after.ledger.open?.batch.previewRoot()).toBe(before.ledger.open?.batch.previewRoot());
    expect([1, 2, 3].map((index) => after.ledger.account(accountIndex(index))?.balance)).toEqual(balances);
  });

  it('finds blocks, batches, transactions, queue items and accounts', async () => {
    await story();
    const { store } = await openLedger(db);
    const block = await store.block(2n);
    expect(block).toMatchObject({ number: 2n, batch: 1, txs: [PAY, WELCOME] });
    expect(await store.blockByHash(block?.hash ?? 0n)).toEqual(block);
    expect((await store.block(1n))?.hash).toBe(block?.parentHash);
    expect(await store.block(4n)).toBeUndefined();
    expect(await store.tx(txHash(WELCOME, TEST_DOMAIN))).toEqual({ block: 2n, batch: 1, position: 1, created: [3] });
    expect(await store.tx(txHash(LEAVE, TEST_DOMAIN))).toEqual({ block: 3n, batch: 2, position: 0, created: [] });
    expect(await store.queueItem(1n)).toEqual({ block: 1n, batch: 1, position: 1 });
    expect(await store.queueItem(2n)).toBeUndefined();
    expect(await store.accountsByKey(CAROL.key)).toEqual([3]);
    expect(await store.accountsByAddress(ALICE.address)).toEqual([1]);
    expect(await store.accountsByKey(CAROL.key, { limit: 0 })).toEqual([]);
    expect(await store.accountsByAddress(ALICE.address, { limit: 1 })).toEqual([1]);
    expect(await store.accountsByAddress(7n)).toEqual([]);
    expect((await store.batch(1))?.batch.txs).toEqual([PAY, WELCOME]);
    expect(await store.batch(2)).toBeUndefined();
    expect(await store.summaries(1, 9)).toMatchObject([
      { number: 1, status: 'closed', firstBlock: 1n, lastBlock: 2n, firstQueueIndex: 0n, l1Ops: 2, txs: 2, ops: 2 },
    ]);
    // As of the last closed batch.
    expect((await store.account(accountIndex(2)))?.balance).toBe(62n);
  });

  it('moves batches between statuses, together with the record of the layer above', async () => {
    await story();
    const { store } = await openLedger(db);
    await store.setStatuses([{ batch: 1, status: 'committed', commitTx: '0x12' }], { name: 'x', value: 'y' });
    await store.setStatuses([{ batch: 1, status: 'proven', proveTx: '0x34' }]);
    expect(await store.summary(1)).toMatchObject({ status: 'proven', commitTx: '0x12', proveTx: '0x34' });
    expect(await store.getMeta('x')).toBe('y');
    await expectChainError(() => store.setStatuses([{ batch: 2, status: 'proven' }]), 'OUT_OF_ORDER');
  });
});

describe('channels and attestations', () => {
  const model = attest(2, 4, { royaltyBps: 500 });
  const channel = open(1, 3, { provider: 2, voucherKey: CAROL, amount: 40n, model: 4 });
  const root = 77n as Field; // canonical
  const claims = [
    claim(3, 2, { voucherKey: CAROL, total: 20n, royaltyBps: 500, receiptsRoot: root }),
    claim(3, 2, { voucherKey: CAROL, total: 30n, claimed: 20n, royaltyBps: 500, fee: 1n }),
  ];

  async function channelStory(): Promise<void> {
    const chain = await openLedger(db, ['small', 'dev']);
    await addBlock(chain, { deposits: [deposit(ALICE, 100n), deposit(BOB, 50n)] });
    await addBlock(chain, {
      txs: [signed(BOB, { signer: 2, nonce: 0, ops: [model] })],
      feeAccounts: [accountIndex(1)],
    });
    await addBlock(chain, { txs: [signed(ALICE, { signer: 1, nonce: 0, ops: [channel] })] });
    await addBlock(chain, { txs: [signed(BOB, { signer: 2, nonce: 1, ops: claims })] });
  }

  it('are found with what created them, and claims newest first, before and after their batch closes', async () => {
    await channelStory();
    const look = async (): Promise<void> => {
      const { store } = await openLedger(db, ['small', 'dev']);
      const origins = await all(store.origins());
      expect(origins.map(([index, { block, op }]) => [index, block, op])).toEqual([
        [3, 3n, 0],
        [4, 2n, 0],
      ]);
      expect(await store.origin(accountIndex(3))).toMatchObject({ batch: 1, position: 0, timestamp: TEST_TIME + 2 });
      expect(await store.origin(accountIndex(1))).toBeUndefined();
      const found = await all(store.claims(accountIndex(3)));
      const block = await store.block(4n);
      const [tx] = block?.txs ?? [];
      expect(found).toMatchObject([
        { block: 4n, position: 0, op: 1, total: 30n, amount: 9n, fee: 1n, royalty: 0n, receiptsRoot: 0n },
        { block: 4n, position: 0, op: 0, total: 20n, amount: 19n, fee: 0n, royalty: 1n, receiptsRoot: root },
      ]);
      expect(found[0]?.txHash).toBe(tx === undefined ? undefined : txHash(tx, TEST_DOMAIN));
      expect(await all(store.claims(accountIndex(4)))).toEqual([]);
      expect(tx?.vouchers).toEqual(claims.map(({ voucher }) => voucher));
    };
    await look();
    const { ledger } = await openLedger(db, ['small', 'dev']);
    const { closed } = await ledger.close();
    // three transactions would fit the small shape; with the vouchers of two claims they have a signature too many
    expect(closed.batch.shape).toBe('dev');
    await look();
    const { store, ledger: after } = await openLedger(db, ['small', 'dev']);
    expect(after.account(accountIndex(4))?.balance).toBe(1n);
    expect((await store.batch(1))?.batch.txs.at(-1)?.vouchers).toHaveLength(2);
  });

  it('a stored block whose voucher was exchanged is not a block', async () => {
    await channelStory();
    const key = keys.block(4n);
    const [first, second] = claims.map(({ voucher }) => voucher.s.toString());
    const text = (await db.get(key)) ?? '';
    const changed = text.replace(first ?? '?', second ?? '?');
    expect(changed).not.toBe(text);
    await db.write([{ type: 'put', key, value: changed }]);
    await expectChainError(() => openLedger(db, ['small', 'dev']), 'STORE_CORRUPT');
  });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Another digit in the middle of the header's bytes. */
function swapHeaderByte(text: string): string {
  const at = 200;
  return `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`;
}

describe('bad stores', () => {
  it('refuses the store of another chain', async () => {
    await story();
    const domain = computeDomain({ l1ChainId: 1n, rollup: 1n, l2ChainId: 1n });
    await expectChainError(() => openTestStore(db, domain), 'WRONG_CHAIN');
  });

  it('refuses the store of another chain spec', async () => {
    await story();
    const genesis = { ...TEST_GENESIS, gasLimit: TEST_GENESIS.gasLimit + 1n };
    await expectChainError(() => openChain({ domain: TEST_DOMAIN, genesis }, { db }), 'WRONG_CHAIN');
  });

  it('refuses a second process', async () => {
    await expectChainError(() => openLevel(temp.path), 'STORE_UNAVAILABLE');
  });

  it.each([
    ['an account that was changed', 'a/000001', (text: string) => text.replace('"balance":"68"', '"balance":"69"')],
    ['a lost account', 'a/000001', undefined],
    ['a block that was changed', 'b/0000000000000003', (text: string) => text.replace('"amount":"5"', '"amount":"6"')],
    ['a lost block', 'b/0000000000000003', undefined],
    ['a header that was changed', 'g/0000000000000003', swapHeaderByte],
    ['a lost header', 'g/0000000000000003', undefined],
    ['a lost EVM part', 'e/0000000000000003', undefined],
    ['lost receipts', 'r/0000000000000003', undefined],
    ['a record that is not JSON', 'm/head', () => 'nonsense'],
    ['a record of another version', 'm/head', (text: string) => text.replace('"version":3', '"version":2')],
  ])('refuses %s', async (_, key, change) => {
    await story();
    const text = (await db.get(key)) ?? '';
    expect(text).not.toBe('');
    if (change !== undefined) expect(change(text)).not.toBe(text);
    await db.write([change === undefined ? { type: 'del', key } : { type: 'put', key, value: change(text) }]);
    await expectChainError(() => openLedger(db), 'STORE_CORRUPT');
  });

  it('refuses a block that does not follow', async () => {
    await story();
    const { store } = await openLedger(db);
    const [first, last] = [await store.block(1n), await store.block(3n)];
    const { open } = store.head;
    if (first === undefined || last === undefined || open === undefined) throw new Error('the story has these');
    await expectChainError(() => store.appendBlock(first, open, []), 'OUT_OF_ORDER');
    const next = { ...last, number: 4n, parentHash: last.hash, timestamp: last.timestamp - 1 };
    await expectChainError(() => store.appendBlock(next, open, []), 'OUT_OF_ORDER');
  });

  it('refuses to close what is not open', async () => {
    await story();
    const { store } = await openLedger(db);
    const [closed, evm] = [await store.batch(1), await store.evmBatch(1)];
    if (closed === undefined || evm === undefined) throw new Error('the story has this batch');
    await expectChainError(() => store.closeBatch(closed, evm), 'OUT_OF_ORDER');
  });
});

describe('dying between two writes', () => {
  it('leaves a store that opens without repair, with every block that was accepted', async () => {
    const { db: whole, remove } = await tempDb();
    const counter = new CrashPoint();
    db = crashingDb(whole, counter);
    await story();
    const reference = (await openLedger(whole)).store.head;
    await remove();
    for (let dieAt = 0; dieAt < counter.steps; dieAt += 1) {
      const victim = await tempDb();
      db = crashingDb(victim.db, new CrashPoint(dieAt));
      await expect(story()).rejects.toBeInstanceOf(CrashError);
      const { store, ledger } = await openLedger(victim.db);
      // Five atomic writes, the first of which begins the chain; the point after a write has it, the point before has not.
      const writes = Math.floor((dieAt + 1) / 2);
      expect(store.head.block).toBe([0n, 0n, 1n, 2n, 2n, 3n][writes]);
      expect(store.head.closedBatch).toBe(writes >= 4 ? 1 : 0);
      expect(ledger.open === undefined).toBe(writes <= 1 || writes === 4);
      db = victim.db;
      const chain = { store, ledger };
      if (writes < 2) await addBlock(chain, { deposits: [deposit(ALICE, 100n), deposit(BOB, 50n)] });
      if (writes < 3) await addBlock(chain, { txs: [PAY, WELCOME], feeAccounts: [accountIndex(2)] });
      if (writes < 4) await ledger.close();
      if (writes < 5) await addBlock(chain, { txs: [LEAVE] });
      expect(store.head).toEqual(reference);
      await victim.remove();
    }
    db = temp.db;
  });
});

describe('shapes', () => {
  it('fills up to the largest and closes in the smallest that holds the batch', async () => {
    const chain = await openLedger(db, ['medium', 'small', 'dev']);
    expect(chain.ledger.largestShape).toBe('medium');
    await addBlock(chain, { deposits: [deposit(ALICE, 100n), deposit(BOB, 50n)] });
    await addBlock(chain, { txs: [PAY], feeAccounts: [accountIndex(2)] });
    const { closed } = await chain.ledger.close();
    expect(closed.batch.shape).toBe('small');
    await addBlock(chain, { deposits: [deposit(CAROL, 1n), deposit(CAROL, 1n), deposit(CAROL, 1n)] });
    expect((await chain.ledger.close()).closed.batch.shape).toBe('dev');
  });
});
