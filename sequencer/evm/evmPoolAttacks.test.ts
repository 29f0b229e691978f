import { describe, expect, test } from 'vitest';
import type { EvmTx } from '../../chain/evm/types.ts';
import { DELEGATION, ETHER, foreign, PoolFixture } from './testing/poolFixture.ts';
import { authorization, delegatingTx, feeTx, rawTx, Wallet } from './testing/txs.ts';

const alice = new Wallet(1);
const bob = new Wallet(2);
const carol = new Wallet(3);

function crowd(count: number, from = 100): Wallet[] {
  return Array.from({ length: count }, (_, i) => new Wallet(from + i));
}

describe('one sender', () => {
  test('with nonce gaps holds no more than its share, and nothing that can be executed goes for it', async () => {
    const f = new PoolFixture({ maxTxs: 20, maxQueued: 8, maxQueuedPerSender: 6 });
    f.fund(alice);
    f.fund(bob);
    const outcomes: string[] = [];
    for (let nonce = 2; nonce < 12; nonce++) outcomes.push(await f.outcome(alice, { nonce, feeCap: 10_000n }));
    expect(outcomes).toEqual([...new Array(6).fill('added'), ...new Array(4).fill('SENDER_FULL')]);
    expect(await f.outcome(bob)).toBe('added');
    expect(f.pool.status()).toMatchObject({ pending: 1, queued: 6 });
  });

  test('cannot fill the pool', async () => {
    const f = new PoolFixture({ maxPerSender: 30 });
    f.fund(alice);
    for (let nonce = 0; nonce < 30; nonce++) await f.add(alice, { nonce });
    const error: unknown = await f.add(alice, { nonce: 30 }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'SENDER_FULL', message: 'account limit exceeded: pooled 30 txs' });
    // Replacing is no growth.
    expect(await f.outcome(alice, { nonce: 7, feeCap: 2_000n })).toBe('added');
  });

  test('cannot make room for its next transaction by its own cheaper ones', async () => {
    const f = new PoolFixture({ maxTxs: 3 });
    f.fund(alice);
    for (let nonce = 0; nonce < 3; nonce++) await f.add(alice, { nonce, feeCap: 20n });
    expect(await f.outcome(alice, { nonce: 3, feeCap: 10_000n })).toBe('POOL_FULL');
    expect(f.pool.status()).toMatchObject({ pending: 3, queued: 0 });
  });

  test('pays more for every replacement and leaves no trace of those before', async () => {
    const f = new PoolFixture();
    f.fund(alice);
    let feeCap = 100n;
    let count = 0;
    while ((await f.outcome(alice, { feeCap })) === 'added') {
      feeCap = (feeCap * 110n + 99n) / 100n;
      count += 1;
      if (count === 100) break;
    }
    expect(feeCap).toBeGreaterThan(1_000_000n);
    expect(f.pool.status()).toMatchObject({ pending: 1, queued: 0 });
    expect(f.dropped.size).toBe(99);
    expect(f.take()).toHaveLength(1);
  });

  test('drained by another transaction keeps only what it can pay', async () => {
    const f = new PoolFixture();
    f.fund(alice);
    const txs: EvmTx[] = [];
    for (let nonce = 0; nonce < 10; nonce++) txs.push(await f.add(alice, { nonce }));
    f.fund(alice, 21_000_000n * 4n);
    await f.mine([foreign(alice, feeTx(alice, { nonce: 0, value: 7n }))]);
    // Three are still paid for together, the others could each be: they wait.
    expect(f.pool.status()).toMatchObject({ pending: 2, queued: 7 });
    expect(f.take()).toEqual(txs.slice(1, 3));
    f.fund(alice, 0n, { nonce: 1n });
    await f.mine();
    expect(f.pool.status()).toEqual({ pending: 0, queued: 0, bytes: 0 });
    expect([...f.dropped.values()].filter((code) => code === 'INSUFFICIENT_FUNDS')).toHaveLength(9);
  });

  test('without money never gets as far as to cost anything but the recovery', async () => {
    const f = new PoolFixture();
    const outcomes = await Promise.all(crowd(50).map((wallet) => f.outcome(wallet)));
    expect(new Set(outcomes)).toEqual(new Set(['INSUFFICIENT_FUNDS']));
    expect(f.pool.status()).toEqual({ pending: 0, queued: 0, bytes: 0 });
  });
});

describe('a full pool', () => {
  test('gives up the worst for a better one, queued ones before all', async () => {
    const f = new PoolFixture({ maxTxs: 4 });
    const [a, b, c, d, e] = crowd(5) as [Wallet, Wallet, Wallet, Wallet, Wallet]; // five were asked for
    for (const wallet of [a, b, c, d, e]) f.fund(wallet);
    const dearQueued = await f.add(a, { nonce: 5, feeCap: 9_000n });
    const cheap = await f.add(b, { feeCap: 100n, tip: 1n });
    await f.add(c, { feeCap: 100n, tip: 2n });
    await f.add(d, { feeCap: 100n, tip: 3n });
    expect(await f.outcome(e, { feeCap: 100n, tip: 1n })).toBe('added');
    expect(f.dropped.get(dearQueued.hash)).toBe('EVICTED');
    expect(await f.outcome(e, { nonce: 1, feeCap: 100n, tip: 1n })).toBe('UNDERPRICED');
    expect(await f.outcome(e, { nonce: 1, feeCap: 100n, tip: 2n })).toBe('added');
    expect(f.dropped.get(cheap.hash)).toBe('EVICTED');
    // Of equals none gives way.
    expect(await f.outcome(b, { feeCap: 100n, tip: 1n })).toBe('UNDERPRICED');
  });

  test('of executable transactions gives none for one behind a gap, whatever it pays', async () => {
    const f = new PoolFixture({ maxTxs: 3 });
    for (const wallet of crowd(3)) {
      f.fund(wallet);
      await f.add(wallet, { feeCap: 20n });
    }
    f.fund(alice);
    const error: unknown = await f.add(alice, { nonce: 1, feeCap: 10n ** 9n }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'FUTURE_REPLACES_PENDING',
      message: 'future transaction tries to replace pending',
    });
    expect(f.pool.status()).toMatchObject({ pending: 3, queued: 0 });
    expect(f.dropped.size).toBe(0);
    expect(f.take()).toHaveLength(3);
  });

  test('judges by what is paid at the present base fee: a high cap with no tip is cheap', async () => {
    const f = new PoolFixture({ maxTxs: 2 });
    for (const wallet of [alice, bob, carol]) f.fund(wallet);
    const sniper = await f.add(alice, { feeCap: 10n ** 9n, tip: 1n });
    const waiting = await f.add(bob, { feeCap: 9n, tip: 9n });
    const honest = await f.add(carol, { feeCap: 12n, tip: 2n });
    // At a base fee of 10 bob would pay −1.
    expect(f.dropped.get(waiting.hash)).toBe('EVICTED');
    f.baseFee = 11n;
    await f.mine();
    expect(await f.outcome(bob, { feeCap: 14n, tip: 3n })).toBe('added');
    // At 11 both pay 1: the one that could pay less at a higher base fee goes.
    expect(f.dropped.get(honest.hash)).toBe('EVICTED');
    expect(f.pool.get(sniper.hash)).toBe(sniper);
  });

  test('takes back the room a newcomer did not get', async () => {
    const f = new PoolFixture({ maxBytes: 3_000 });
    const wallets = crowd(8);
    for (const wallet of wallets) f.fund(wallet);
    const data = new Uint8Array(250).fill(1);
    const txs = await Promise.all(
      wallets.map((wallet, i) => f.add(wallet, { feeCap: 100n + BigInt(i), tip: 10n + BigInt(i), data, gas: 40_000n })),
    );
    const before = f.pool.status();
    f.fund(alice);
    // Better than the first four only; it would need all eight.
    const huge = { feeCap: 200n, tip: 14n, data: new Uint8Array(2_700).fill(1), gas: 200_000n };
    expect(await f.outcome(alice, huge)).toBe('UNDERPRICED');
    expect(f.pool.status()).toEqual(before);
    expect(f.dropped.size).toBe(0);
    expect(f.take()).toEqual([...txs].reverse());
    expect(await f.outcome(alice, { ...huge, feeCap: 900n, tip: 100n })).toBe('added');
    expect(f.pool.status()).toMatchObject({ pending: 1 });
  });

  test('loses no more than 16 to one newcomer, however large', async () => {
    const f = new PoolFixture({ maxBytes: 4_000 });
    const wallets = crowd(34);
    for (const wallet of wallets) {
      f.fund(wallet);
      await f.add(wallet, { feeCap: 100n, tip: 1n });
    }
    f.fund(alice);
    const huge = { feeCap: 900n, data: new Uint8Array(3_000).fill(1), gas: 300_000n };
    expect(await f.outcome(alice, huge)).toBe('POOL_FULL');
    expect(f.pool.status()).toMatchObject({ pending: 34, queued: 0 });
    expect(await f.outcome(alice, { ...huge, data: new Uint8Array(1_400).fill(1) })).toBe('added');
  });

  test('stays within its limits under a flood of ever better transactions', async () => {
    const f = new PoolFixture({ maxTxs: 50 });
    const wallets = crowd(300);
    for (const wallet of wallets) f.fund(wallet);
    for (const [i, wallet] of wallets.entries()) {
      expect(await f.outcome(wallet, { feeCap: 1_000n + BigInt(i), tip: 1n + BigInt(i) })).toBe('added');
      expect(f.pool.status().pending).toBeLessThanOrEqual(50);
    }
    expect(f.take().map(({ sender }) => sender)).toEqual(
      wallets
        .slice(250)
        .reverse()
        .map(({ address }) => address),
    );
  });
});

describe('delegated accounts (EIP-7702)', () => {
  test('have one transaction here, the next one; it can be replaced', async () => {
    const f = new PoolFixture();
    f.fund(alice, ETHER, { code: DELEGATION });
    const gapped: unknown = await f.add(alice, { nonce: 1 }).catch((caught: unknown) => caught);
    expect(gapped).toMatchObject({ code: 'DELEGATED_GAP', message: 'gapped-nonce tx from delegated accounts' });
    await f.add(alice);
    const second: unknown = await f.add(alice, { nonce: 1 }).catch((caught: unknown) => caught);
    expect(second).toMatchObject({
      code: 'IN_FLIGHT_LIMIT',
      message: 'in-flight transaction limit reached for delegated accounts',
    });
    expect(await f.outcome(alice, { feeCap: 2_000n })).toBe('added');
  });

  test('emptied by somebody else’s transaction lose what they had here with the next block', async () => {
    const f = new PoolFixture();
    const wallets = crowd(40);
    for (const wallet of wallets) {
      f.fund(wallet, ETHER, { code: DELEGATION });
      await f.add(wallet);
    }
    for (const wallet of wallets) f.fund(wallet, 5n, { code: DELEGATION });
    await f.mine([foreign(bob, feeTx(bob))]);
    expect(f.pool.status()).toEqual({ pending: 0, queued: 0, bytes: 0 });
    expect(f.dropped.size).toBe(40);
  });

  test('are so already while a transaction that delegates them waits', async () => {
    const f = new PoolFixture();
    for (const wallet of [alice, bob]) f.fund(wallet);
    const delegating = await f.pool.add(delegatingTx(alice, [authorization(bob)]).serialize());
    expect(await f.outcome(bob, { nonce: 1 })).toBe('DELEGATED_GAP');
    expect(await f.outcome(bob)).toBe('added');
    expect(await f.outcome(bob, { nonce: 1 })).toBe('IN_FLIGHT_LIMIT');
    // Gone, and bob is free again.
    expect(await f.outcome(alice, { feeCap: 2_000n })).toBe('added');
    expect(f.dropped.get(delegating.hash)).toBe('REPLACED');
    expect(await f.outcome(bob, { nonce: 1 })).toBe('added');
  });

  test('who has several transactions here cannot be delegated meanwhile', async () => {
    const f = new PoolFixture();
    for (const wallet of [alice, bob]) f.fund(wallet);
    await f.add(bob, { nonce: 0 });
    await f.add(bob, { nonce: 1 });
    const raw = delegatingTx(alice, [authorization(carol), authorization(bob)]).serialize();
    const error: unknown = await f.pool.add(raw).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'AUTHORITY_RESERVED', message: 'authority already reserved' });
  });

  test('an authorization of the past, sent again by anybody, restricts nobody', async () => {
    const f = new PoolFixture();
    f.fund(alice);
    f.fund(bob, ETHER, { nonce: 5n });
    await f.add(bob, { nonce: 5 });
    await f.add(bob, { nonce: 6 });
    const old = Array.from({ length: 5 }, (_, nonce) => authorization(bob, { nonce }));
    expect(await f.outcomeOf(delegatingTx(alice, old).serialize())).toBe('added');
    expect(await f.outcome(bob, { nonce: 7 })).toBe('added');
    const onOtherChain = [authorization(bob, { nonce: 5, chainId: 1n })];
    expect(await f.outcomeOf(delegatingTx(alice, onOtherChain, { nonce: 1 }).serialize())).toBe('added');
    expect(await f.outcome(bob, { nonce: 8 })).toBe('added');
  });

  test('hundreds of authorizations are not recovered for a sender who cannot pay for them', async () => {
    const f = new PoolFixture();
    const list = crowd(300).map((wallet) => authorization(wallet));
    let authorities = 0;
    const { authorities: recover } = f.recovery;
    f.recovery.authorities = (tx) => {
      authorities += 1;
      return recover.call(f.recovery, tx);
    };
    const raw = delegatingTx(alice, list).serialize();
    expect(await f.outcomeOf(raw)).toBe('INSUFFICIENT_FUNDS');
    expect(authorities).toBe(0);
    f.fund(alice);
    await f.mine();
    expect(await f.outcomeOf(raw)).toBe('added');
    expect(authorities).toBe(1);
  });

  test('an account that a block delegated is read anew, whoever sent the authorization', async () => {
    const f = new PoolFixture();
    f.fund(bob);
    const waiting = [await f.add(bob, { nonce: 0 }), await f.add(bob, { nonce: 1 })];
    f.fund(bob, 3n, { nonce: 1n, code: DELEGATION });
    await f.mine([foreign(carol, delegatingTx(carol, [authorization(bob)]))]);
    expect([...f.dropped]).toEqual([
      [waiting[0]?.hash, 'NONCE_TOO_LOW'],
      [waiting[1]?.hash, 'INSUFFICIENT_FUNDS'],
    ]);
  });
});

describe('load', () => {
  test('thousands of senders with one transaction each: the best come first, each once', async () => {
    const f = new PoolFixture();
    const wallets = crowd(2_000);
    for (const wallet of wallets) f.fund(wallet);
    const raws = wallets.map((wallet, i) => rawTx(wallet, { feeCap: 10_000n, tip: BigInt((i * 7_919) % 2_000) }));
    await Promise.all(raws.map((raw) => f.pool.add(raw)));
    const tips = f.take().map(({ tx }) => ('maxPriorityFeePerGas' in tx ? tx.maxPriorityFeePerGas : 0n));
    expect(tips).toEqual(Array.from({ length: 2_000 }, (_, i) => BigInt(1_999 - i)));
    expect(f.reads).toBe(2_000);
  });

  test('a state that fails is reported to whoever asked, and asked again', async () => {
    const f = new PoolFixture();
    f.fund(alice);
    const raw = rawTx(alice);
    f.failure = new Error('disk');
    await expect(f.pool.add(raw)).rejects.toThrow('disk');
    f.failure = undefined;
    expect(await f.outcomeOf(raw)).toBe('added');
  });

  test('more than may wait for recovery is a full pool', async () => {
    const f = new PoolFixture({}, { maxWaiting: 10 });
    const wallets = crowd(15);
    for (const wallet of wallets) f.fund(wallet);
    const outcomes = await Promise.all(wallets.map((wallet) => f.outcome(wallet)));
    expect(outcomes.filter((code) => code === 'added')).toHaveLength(10);
    expect(outcomes.filter((code) => code === 'POOL_FULL')).toHaveLength(5);
  });
});
