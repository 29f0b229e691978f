import { describe, expect, it } from 'vitest';
import { LAST_NONCE } from '../protocol/account.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { accountIndex } from '../protocol/ids.ts';
import { exit, signed, TEST_TIME, transfer } from '../protocol/testing/actors.ts';
import { FeePolicy } from './feePolicy.ts';
import { ALICE, expectPoolCode, order, pay, poolWorld } from './testing/poolWorld.ts';

describe('admission', () => {
  it('takes a transaction in and knows it by its hash', async () => {
    const { pool } = poolWorld();
    const { hash } = await pool.add(pay(0));
    expect(pool.get(hash)?.tx.nonce).toBe(0);
    expect(pool.stats()).toEqual({ pending: 1, queued: 0, bytes: 110 + 30 });
  });

  it.each([
    ['ALREADY_KNOWN', () => pay(0)],
    ['REPLACEMENT_UNDERPRICED', () => pay(0, { amount: 2n })],
    ['NONCE_TOO_FAR', () => pay(66)],
    ['EXPIRED', () => pay(1, { validUntil: TEST_TIME - 1 })],
    ['UNKNOWN_ACCOUNT', () => pay(0, { signer: 9 })],
    ['INSUFFICIENT_BALANCE', () => pay(1, { amount: 999n })],
    ['NONCE_EXHAUSTED', () => pay(LAST_NONCE)],
  ])('refuses with %s and changes nothing', async (code, tx) => {
    const { pool } = poolWorld({ maxNonceGap: 64 });
    await pool.add(pay(0));
    const before = pool.stats();
    await expectPoolCode(pool.add(tx()), code);
    expect(pool.stats()).toEqual(before);
  });

  it('refuses a nonce that a block used up', async () => {
    const { pool, bump } = poolWorld();
    bump(2);
    await expectPoolCode(pool.add(pay(0)), 'NONCE_TOO_LOW');
  });

  it('refuses a bad signature, and asks for it only after the cheap checks', async () => {
    let asked = 0;
    const { pool } = poolWorld(
      {},
      {
        verify: async (items) => {
          asked += 1;
          return items.map(() => false);
        },
      },
    );
    await expectPoolCode(pool.add(pay(70)), 'NONCE_TOO_FAR');
    expect(asked).toBe(0);
    await expectPoolCode(pool.add(pay(0)), 'BAD_SIGNATURE');
    expect(asked).toBe(1);
  });

  it('passes on what the rules say of the operations', async () => {
    const check = (): never => {
      throw new ProtocolError('WRONG_TOKEN');
    };
    await expectPoolCode(poolWorld({}, { check }).pool.add(pay(0)), 'WRONG_TOKEN');
  });

  it('checks again after the signature: a block may have been built meanwhile', async () => {
    const later: { pass?: () => void } = {};
    const verify = (): Promise<boolean[]> =>
      new Promise((resolve) => {
        later.pass = () => resolve([true]);
      });
    const { pool, bump } = poolWorld({}, { verify });
    const adding = pool.add(pay(0));
    bump(2);
    later.pass?.();
    await expectPoolCode(adding, 'NONCE_TOO_LOW');
    expect(pool.size).toBe(0);
  });

  it('takes one of two equal transactions that arrive together', async () => {
    const { pool } = poolWorld();
    const results = await Promise.allSettled([pool.add(pay(0)), pool.add(pay(0))]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(pool.size).toBe(1);
  });

  it('wants the minimum fee from every op, by token', async () => {
    const fees = new FeePolicy({ defaultMinFeePerOp: 2n, minFeePerOp: new Map([[7, 0n]]) });
    const { pool } = poolWorld({}, { fees });
    await expectPoolCode(pool.add(pay(0, { fee: 1n })), 'FEE_TOO_LOW');
    const ops = [transfer(2, 3, 1n, { fee: 4n }), transfer(2, 3, 1n, { fee: 1n })];
    await expectPoolCode(pool.add(signed(ALICE, { signer: 2, nonce: 0, ops })), 'FEE_TOO_LOW');
    await pool.add(pay(0, { signer: 4, fee: 0n }));
    expect(pool.size).toBe(1);
  });

  it('counts amounts and fees of everything queued against the balance, to the last unit', async () => {
    const { pool } = poolWorld();
    await pool.add(pay(0, { amount: 499n, fee: 1n }));
    await pool.add(signed(ALICE, { signer: 2, nonce: 1, ops: [exit(2, 5n, 498n, 1n)] }));
    await expectPoolCode(pool.add(pay(2, { amount: 1n, fee: 1n })), 'INSUFFICIENT_BALANCE');
    await pool.add(pay(2, { amount: 1n, fee: 0n }));
    expect(pool.size).toBe(3);
  });

  it('does not count what a block took in twice', async () => {
    const { pool, accounts } = poolWorld();
    await pool.add(pay(0, { amount: 600n, fee: 0n }));
    // The block is built, but the pool has not heard of it yet.
    const alice = accounts.get(accountIndex(2));
    if (alice !== undefined) accounts.set(accountIndex(2), { ...alice, nonce: 1, balance: 400n });
    await pool.add(pay(1, { amount: 400n, fee: 0n }));
    expect(pool.size).toBe(2);
  });
});

describe('replacement', () => {
  it('takes 10 % more for the same nonce, and reports the one it replaced', async () => {
    const { pool, dropped } = poolWorld();
    const { hash } = await pool.add(pay(0, { fee: 10n }));
    await expectPoolCode(pool.add(pay(0, { fee: 10n, amount: 2n })), 'REPLACEMENT_UNDERPRICED');
    await pool.add(pay(0, { fee: 11n }));
    expect(dropped).toEqual([{ hash, code: 'REPLACED' }]);
    expect(pool.size).toBe(1);
  });

  it('wants more even than nothing', async () => {
    const { pool } = poolWorld();
    await pool.add(pay(0, { fee: 0n }));
    await expectPoolCode(pool.add(pay(0, { fee: 0n, amount: 2n })), 'REPLACEMENT_UNDERPRICED');
    await pool.add(pay(0, { fee: 1n }));
  });

  it('frees what the replaced one would have spent', async () => {
    const { pool } = poolWorld();
    await pool.add(pay(0, { amount: 900n, fee: 1n }));
    await pool.add(pay(0, { amount: 990n, fee: 10n }));
    expect(pool.size).toBe(1);
  });

  it('is possible in a full pool', async () => {
    const { pool } = poolWorld({ maxTxs: 1 });
    await pool.add(pay(0, { fee: 1n }));
    await pool.add(pay(0, { fee: 2n }));
    expect(pool.size).toBe(1);
  });
});

describe('limits', () => {
  it('holds at most maxPerSender of a sender', async () => {
    const { pool } = poolWorld({ maxPerSender: 2 });
    await pool.add(pay(0));
    await pool.add(pay(1));
    await expectPoolCode(pool.add(pay(2)), 'SENDER_LIMIT');
    await pool.add(pay(0, { signer: 3, to: 2 }));
  });

  it('when full, pushes out the cheapest last transaction of another sender for a better one', async () => {
    const { pool, dropped } = poolWorld({ maxTxs: 2 });
    await pool.add(pay(0, { fee: 9n }));
    const { hash } = await pool.add(pay(1, { fee: 2n }));
    await expectPoolCode(pool.add(pay(0, { signer: 3, to: 2, fee: 2n })), 'POOL_FULL');
    await pool.add(pay(0, { signer: 3, to: 2, fee: 3n }));
    expect(dropped).toEqual([{ hash, code: 'EVICTED' }]);
    expect(order(pool)).toEqual([
      [2, 0],
      [3, 0],
    ]);
  });

  it('limits the bytes too', async () => {
    const { pool } = poolWorld({ maxBytes: 200 });
    await pool.add(pay(0));
    await expectPoolCode(pool.add(pay(0, { signer: 3, to: 2 })), 'POOL_FULL');
    expect(pool.stats().bytes).toBe(140);
  });
});

describe('order', () => {
  it('is by fee, and by nonce within a sender', async () => {
    const { pool } = poolWorld();
    await pool.add(pay(1, { fee: 90n }));
    await pool.add(pay(0, { fee: 1n }));
    await pool.add(pay(0, { signer: 3, to: 2, fee: 5n }));
    await pool.add(pay(1, { signer: 3, to: 2, fee: 2n }));
    expect(order(pool)).toEqual([
      [3, 0],
      [3, 1],
      [2, 0],
      [2, 1],
    ]);
  });

  it('compares tokens by their minimum fee', async () => {
    const fees = new FeePolicy({ defaultMinFeePerOp: 1n, minFeePerOp: new Map([[7, 100n]]) });
    const { pool } = poolWorld({}, { fees });
    await pool.add(pay(0, { fee: 2n }));
    await pool.add(pay(0, { signer: 4, to: 4, fee: 150n }));
    expect(order(pool)).toEqual([
      [2, 0],
      [4, 0],
    ]);
  });

  it('holds what follows a nonce gap until the gap is filled', async () => {
    const { pool } = poolWorld();
    await pool.add(pay(1));
    expect(order(pool)).toEqual([]);
    expect(pool.stats()).toMatchObject({ pending: 0, queued: 1 });
    expect(pool.nextNonce(accountIndex(2))).toBe(0);
    await pool.add(pay(0));
    expect(order(pool)).toEqual([
      [2, 0],
      [2, 1],
    ]);
    expect(pool.nextNonce(accountIndex(2))).toBe(2);
  });

  it('makes a sender whose transaction was rejected wait', async () => {
    const { pool } = poolWorld();
    await pool.add(pay(0, { fee: 9n }));
    await pool.add(pay(1, { fee: 9n }));
    await pool.add(pay(0, { signer: 3, to: 2 }));
    const selection = pool.select();
    selection.reject();
    expect(selection.peek()?.tx.signer).toBe(3);
    selection.accept();
    expect(selection.peek()).toBeUndefined();
  });
});

describe('leaving', () => {
  it('forgets what a block took in, without calling it dropped', async () => {
    const { pool, bump, dropped } = poolWorld();
    const tx = pay(0);
    await pool.add(tx);
    await pool.add(pay(1));
    bump(2);
    pool.onBlock([tx]);
    expect(order(pool)).toEqual([[2, 1]]);
    expect(dropped).toEqual([]);
  });

  it('drops the rival of what a block took in', async () => {
    const { pool, bump, dropped } = poolWorld();
    const { hash } = await pool.add(pay(0, { fee: 5n }));
    bump(2);
    pool.onBlock([pay(0, { fee: 3n })]);
    expect(dropped).toEqual([{ hash, code: 'NONCE_TOO_LOW' }]);
  });

  it('drops what expired, at its last second not yet', async () => {
    const { pool, dropped } = poolWorld();
    const { hash } = await pool.add(pay(0, { validUntil: TEST_TIME + 5 }));
    pool.prune(TEST_TIME + 5);
    expect(pool.size).toBe(1);
    pool.prune(TEST_TIME + 6);
    expect(dropped).toEqual([{ hash, code: 'EXPIRED' }]);
    expect(pool.stats()).toEqual({ pending: 0, queued: 0, bytes: 0 });
  });

  it('drops what waited too long', async () => {
    const { pool, dropped, clock } = poolWorld({ lifetimeMs: 1000 });
    const { hash } = await pool.add(pay(3));
    clock.advance(1001);
    pool.prune(TEST_TIME);
    expect(dropped).toEqual([{ hash, code: 'STALE' }]);
  });
});
