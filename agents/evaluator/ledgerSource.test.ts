import { describe, expect, test } from 'vitest';
import { put } from '../../chain/db.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { bodyOf, encodeBody } from '../../protocol/codec/body.ts';
import { headerOf } from '../../protocol/codec/header.ts';
import { E, EPOCH, P, SERVICE, ServiceWorld, START, w } from '../../protocol/epochs/testing/serviceWorld.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor, claim, open, signed, TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { closedBatches } from '../../protocol/testing/exampleBatches.ts';
import type { Field } from '../../protocol/types.ts';
import { LedgerFollower } from './ledgerFollower.ts';
import { l1Source } from './ledgerSource.ts';
import { expectError } from './testing/expectError.ts';
import { WorldChain } from './testing/worldChain.ts';

function examples() {
  const { first, second, third, fourth } = closedBatches();
  return [first, second, third, fourth];
}

type Rollup = Parameters<typeof l1Source>[0];

/** L1 with the batches of the vectors. */
function rollup(change: (posted: Record<string, unknown>) => object = () => ({})): Rollup {
  const batches = examples();
  return {
    parameters: async () => ({ domain: TEST_DOMAIN }),
    state: async () => ({ proven: { batch: batches.length } }),
    readBatch: async (number: number) => {
      const closed = batches[number - 1];
      if (closed === undefined) throw new RangeError('no such batch');
      const { batch, exits, commitment } = closed;
      const { number: n, shape, domain: _, oldRoot, ...header } = headerOf(batch, exits.length);
      const body = encodeBody(bodyOf(batch, exits));
      const stored = { c: commitment.c, r: commitment.r, y: commitment.y };
      const posted = { number: n, shape, header, oldRoot, body, stored };
      return { ...posted, ...change(posted) };
    },
  } as unknown as Rollup; // the members that are read
}

describe('batches from L1', () => {
  test('are what was executed', async () => {
    const source = l1Source(rollup());
    const batches = examples();
    expect(await source.last()).toBe(batches.length);
    for (const { batch } of batches) {
      const { number, timestamp, l1Ops, oldRoot, newRoot } = batch;
      const ops = batch.txs.map((tx) => tx.ops);
      expect(await source.batch(number)).toEqual({ number, timestamp, l1Ops, ops, oldRoot, newRoot });
    }
  });

  test.each<[string, (posted: Record<string, unknown>) => object]>([
    ['another body', ({ body }) => ({ body: (body as Uint8Array).map((byte, i) => (i === 40 ? byte ^ 1 : byte)) })],
    ['another timestamp', ({ header }) => ({ header: { ...(header as object), timestamp: 1 } })],
    ['another commitment', () => ({ stored: { c: 1n as Field, r: 1n as Field } })],
  ])('%s than L1 took is refused', async (_, change) => {
    await expectError('BAD_SOURCE', l1Source(rollup(change)).batch(2));
  });
});

describe('a follower', () => {
  const options = (world: ServiceWorld) => ({ service: SERVICE, document: world.document, domain: TEST_DOMAIN });

  test('goes on from its snapshot, and asks for few batches twice', async () => {
    const world = new ServiceWorld().begin().join([500n], 2);
    const chain = new WorldChain(world);
    const asked: number[] = [];
    const source = {
      last: () => chain.last(),
      batch: (number: number) => {
        asked.push(number);
        return chain.batch(number);
      },
    };
    const db = memoryDb();
    await (await LedgerFollower.open(options(world), { source, db })).sync();
    const seen = world.batches.length;
    expect(asked).toHaveLength(seen);
    world.judge(0, { 1: w([1, 5]) });
    const again = await LedgerFollower.open(options(world), { source, db });
    await again.sync();
    expect(asked.slice(seen)).toEqual(world.batches.map(({ number }) => number).slice(1));
    expect(again.ledger.payout(0)).toEqual(world.ledger.payout(0));
  });

  test('begins anew where batches were given up', async () => {
    const world = new ServiceWorld().begin().join([500n], 2);
    let chain = new WorldChain(world);
    const source = { last: () => chain.last(), batch: (number: number) => chain.batch(number) };
    const follower = await LedgerFollower.open(options(world), { source, db: memoryDb() });
    world.judge(0, { 1: w([1, 5]) });
    await follower.sync();
    // The same until the join; another batch after it, and one more.
    const other = new ServiceWorld()
      .begin()
      .join([900n], 2)
      .at(START)
      .at(START + 1);
    chain = new WorldChain(other);
    await follower.sync();
    expect(follower.ledger.state()).toEqual(other.ledger.state());
    other.judge(0, { 1: w([2, 5]) });
    await follower.sync();
    expect(follower.ledger.payout(0)).toEqual(other.ledger.payout(0));
  });

  test('batches that never follow each other are refused', async () => {
    const world = new ServiceWorld().begin();
    const chain = new WorldChain(world);
    const source = {
      last: () => chain.last(),
      batch: async (number: number) => ({ ...(await chain.batch(number)), oldRoot: 5n as Field }),
    };
    const follower = await LedgerFollower.open(options(world), { source, db: memoryDb() });
    await expectError('BAD_SOURCE', follower.sync());
  });

  test('a damaged snapshot, or one of another service, is refused', async () => {
    const world = new ServiceWorld().begin();
    const source = new WorldChain(world);
    const db = memoryDb();
    await (await LedgerFollower.open(options(world), { source, db })).sync();
    const other = { ...options(world), service: accountIndex(101) };
    await expectError('BAD_STORE', LedgerFollower.open(other, { source, db }));
    await db.write([put('claims', '[1]')]);
    await expectError('BAD_STORE', LedgerFollower.open(options(world), { source, db }));
    await db.write([put('ledger', '{"')]);
    await expectError('BAD_STORE', LedgerFollower.open(options(world), { source, db }));
  });

  test('keeps the newest claim of each channel of a provider that takes part', async () => {
    const world = new ServiceWorld().begin().join([500n], 1);
    const wallet = actor(77);
    const terms = { voucherKey: wallet, amount: 5_000n, expiry: START + EPOCH };
    world.at(START, [
      E(2),
      open(E(2), 610, { provider: P(1), ...terms }),
      open(E(2), 611, { provider: P(2), ...terms }),
    ]);
    const take = (time: number, n: number, channel: number, total: bigint, claimed: bigint) =>
      world.batch(time, (batch) => {
        const nonce = batch.account(P(n))?.nonce ?? 0;
        const receiptsRoot = (total + 1n) as Field;
        const ops = [claim(channel, P(n), { total, claimed, receiptsRoot, voucherKey: wallet })];
        batch.applyTx(signed(actor(P(n)), { signer: P(n), nonce, ops, validUntil: 2 ** 40 - 1 }));
      });
    take(START + 1, 1, 610, 10n, 0n);
    take(START + 2, 1, 610, 30n, 10n);
    take(START + 2, 2, 611, 30n, 0n);
    const follower = await LedgerFollower.open(
      { ...options(world), keepClaims: true },
      { source: new WorldChain(world), db: memoryDb() },
    );
    await follower.sync();
    expect(follower.claims.map(({ channel, total, receiptsRoot }) => [channel, total, receiptsRoot])).toEqual([
      [610, 30n, 31n],
    ]);
    await follower.drop(follower.claims);
    expect(follower.claims).toEqual([]);
  });
});
