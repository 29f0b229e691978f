import { describe, expect, it } from 'vitest';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { exampleAnnouncement } from '../../protocol/announcements/testing/exampleAnnouncement.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor, TEST_TIME } from '../../protocol/testing/actors.ts';
import { AnnouncementStore, MAX_ANNOUNCEMENTS, MAX_OF_OWNER } from './announcementStore.ts';
import { type Entry, entryOf } from './entry.ts';

const DAY = 86_400;
const alice = actor(1);
// The store believes whoever puts something: no signature is looked at.
const signature = { r8: alice.key, s: 1n };
const fresh = { now: TEST_TIME, isStale: () => false };

function example(agent: number, owner: number, expiry = TEST_TIME + 3_600, sequence = 1) {
  const announcement = exampleAnnouncement({
    agent: accountIndex(agent),
    owner: accountIndex(owner),
    expiry,
    sequence,
  });
  const signed = { announcement, signature };
  return { signed, entry: entryOf(signed, { key: alice.key, now: TEST_TIME }) };
}

async function open(capacity?: number, db = memoryDb()): Promise<AnnouncementStore> {
  return AnnouncementStore.open(capacity === undefined ? {} : { capacity }, { db });
}

async function add(store: AnnouncementStore, ...args: Parameters<typeof example>): Promise<void> {
  const { entry, signed } = example(...args);
  await store.put(entry, signed, fresh);
}

const agents = (store: AnnouncementStore): number[] => [...store.above(0)].map(({ agent }) => agent);

describe('the store of announcements', () => {
  it('has after a restart what it had before', async () => {
    const db = memoryDb();
    const store = await open(undefined, db);
    await add(store, 20, 3);
    await add(store, 0x10, 4, TEST_TIME + 60, 7);
    await add(store, 0x10, 4, TEST_TIME + 60, 8);
    const again = await open(undefined, db);
    expect(agents(again)).toEqual([16, 20]);
    expect(again.get(accountIndex(16))).toEqual(store.get(accountIndex(16)));
    const entry = again.get(accountIndex(16)) as Entry; // it is there
    expect((await again.read(entry))?.announcement.sequence).toBe(8);
    expect(await again.read({ ...entry, sequence: 7 })).toBeUndefined();
  });

  it('starts without records that are none by the rules of today, and drops them', async () => {
    const db = memoryDb();
    await add(await open(undefined, db), 20, 3);
    const good = (await db.get('announcement/000014')) ?? '';
    const bad = [good.replace('http://', 'gopher://'), 'no JSON', '{}'];
    await db.write(bad.map((value, i) => ({ type: 'put', key: `announcement/00001${i}`, value })));
    expect(agents(await open(undefined, db))).toEqual([20]);
    expect(await db.get('announcement/000010')).toBeUndefined();
  });

  it('takes 10,000, and the 10,001st only where it makes room fairly', async () => {
    const db = memoryDb();
    const store = await open(undefined, db);
    // 312 owners with 32 each, and one with 16
    for (let i = 0; i < MAX_ANNOUNCEMENTS; i += 1) {
      await add(store, 1_000 + i, 100 + Math.floor(i / MAX_OF_OWNER), TEST_TIME + 3_600 + i);
    }
    expect(store.size).toBe(MAX_ANNOUNCEMENTS);
    await add(store, 5, 99);
    expect(store.size).toBe(MAX_ANNOUNCEMENTS);
    // of the owners with 32, the one that ends first
    expect(store.get(accountIndex(1_000))).toBeUndefined();
    expect(store.get(accountIndex(5))).toBeDefined();
    await expect(add(store, 6, 101)).rejects.toMatchObject({ code: 'OWNER_LIMIT' });
    let stored = 0;
    for await (const _ of db.range({ gte: 'announcement/', lt: 'announcement/\x7f' })) stored += 1;
    expect(stored).toBe(MAX_ANNOUNCEMENTS);
  });

  it('an owner has 32 at most; those that the ledger no longer knows so give way', async () => {
    const store = await open();
    for (let i = 0; i < MAX_OF_OWNER; i += 1) await add(store, 10 + i, 3);
    await expect(add(store, 90, 3)).rejects.toMatchObject({ code: 'OWNER_LIMIT', data: { limit: 32 } });
    // one that it has is replaced
    await add(store, 10, 3, TEST_TIME + 3_600, 2);
    const { entry, signed } = example(90, 3);
    await store.put(entry, signed, { now: TEST_TIME, isStale: ({ agent }) => agent < 12 });
    expect(agents(store)).toEqual([...Array.from({ length: 30 }, (_, i) => 12 + i), 90]);
  });

  it('when full: who has most loses what ends first, and gains nothing by more', async () => {
    const store = await open(4);
    await add(store, 1, 50, TEST_TIME + 100);
    await add(store, 2, 60, TEST_TIME + 400);
    await add(store, 3, 60, TEST_TIME + 300);
    await add(store, 4, 60, TEST_TIME + 500);
    await expect(add(store, 5, 60, TEST_TIME + DAY)).rejects.toMatchObject({ code: 'FULL' });
    await add(store, 6, 70, TEST_TIME + 1);
    expect(agents(store)).toEqual([1, 2, 4, 6]);
    // 60 has two, 50 would have two: only for one that lasts longer
    await expect(add(store, 7, 50, TEST_TIME + 400)).rejects.toMatchObject({ code: 'FULL' });
    await add(store, 8, 50, TEST_TIME + 450);
    expect(agents(store)).toEqual([1, 4, 6, 8]);
    // its own is always replaced
    await add(store, 6, 70, TEST_TIME + 2, 9);
    expect(agents(store)).toEqual([1, 4, 6, 8]);
  });

  it('an attacker with one agent under each of many owners outlives only what ends before', async () => {
    const store = await open(3);
    for (const [agent, end] of [
      [1, 100],
      [2, 200],
      [3, 300],
    ] as const) {
      await add(store, agent, 50 + agent, TEST_TIME + end);
    }
    await expect(add(store, 9, 99, TEST_TIME + 100)).rejects.toMatchObject({ code: 'FULL' });
    await add(store, 9, 99, TEST_TIME + 101);
    expect(agents(store)).toEqual([2, 3, 9]);
  });

  it('forgets after seven days, and keeps what expired until then', async () => {
    const db = memoryDb();
    const store = await open(undefined, db);
    await add(store, 1, 3, TEST_TIME + 60);
    const later = example(2, 4, TEST_TIME + 8 * DAY);
    await store.put(later.entry, later.signed, { ...fresh, now: TEST_TIME + 7 * DAY - 1 });
    expect(agents(store)).toEqual([1, 2]);
    const last = example(3, 5, TEST_TIME + 9 * DAY);
    await store.put(last.entry, last.signed, { ...fresh, now: TEST_TIME + 7 * DAY + 60 });
    expect(agents(store)).toEqual([3]);
    expect(agents(await open(undefined, db))).toEqual([3]);
  });

  it('may change while it is walked', async () => {
    const store = await open();
    for (const agent of [1, 2, 3]) await add(store, agent, agent);
    const seen: number[] = [];
    for (const { agent } of store.above(0)) {
      seen.push(agent);
      if (agent === 1) await add(store, 4, 9);
    }
    expect(seen).toEqual([1, 2, 3]);
    expect([...store.above(3)].map(({ agent }) => agent)).toEqual([4]);
  });

  it('a failed write is told, and the next one goes on', async () => {
    const db = memoryDb();
    let isBroken = true;
    const store = await AnnouncementStore.open(
      {},
      { db: { ...db, write: async (ops) => (isBroken ? Promise.reject(new Error('disk full')) : db.write(ops)) } },
    );
    await expect(add(store, 1, 3)).rejects.toThrow('disk full');
    isBroken = false;
    await add(store, 2, 3);
    expect(agents(await open(undefined, db))).toEqual([2]);
  });
});
