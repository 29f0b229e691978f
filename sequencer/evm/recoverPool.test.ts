import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { senderOf } from '../../chain/evm/crypto.ts';
import { tsWorker } from '../../circuits/build/tsWorker.ts';
import { RecoverPool } from './recoverPool.ts';
import { accessListTx, authorization, delegatingTx, feeTx, legacyTx, Wallet } from './testing/txs.ts';

const wallets = Array.from({ length: 7 }, (_, i) => new Wallet(i + 1));
const [alice, bob, carol] = wallets as [Wallet, Wallet, Wallet]; // seven were made

const signed = Array.from({ length: 700 }, (_, i) => feeTx(wallets[i % wallets.length] ?? alice, { nonce: i }));

function batch(count: number) {
  return signed.slice(0, count);
}

describe.each([0, 2])('RecoverPool with %i threads', (threads) => {
  let pool: RecoverPool;
  beforeAll(() => {
    pool = new RecoverPool({ threads });
  });
  afterAll(() => pool.stop());

  test('finds the senders of all types of transactions, in order', async () => {
    const txs = [feeTx(alice), legacyTx(bob), accessListTx(carol), delegatingTx(alice, [authorization(bob)])];
    expect(await pool.recoverMany(txs)).toEqual([alice.address, bob.address, carol.address, alice.address]);
    expect(await pool.recoverMany([])).toEqual([]);
  });

  test('takes what was signed from the bytes as well as from the transaction', async () => {
    const txs = [feeTx(alice), legacyTx(bob), accessListTx(carol), delegatingTx(alice, [authorization(bob)])];
    const raws = txs.map((tx) => tx.serialize());
    expect(await pool.recoverMany(txs, raws)).toEqual(txs.map(senderOf));
  });

  test('answers many requests of one turn in the order in which they came', async () => {
    const txs = batch(700);
    const order: number[] = [];
    const answers = await Promise.all(
      txs.map(async (tx, i) => {
        const answer = await pool.recoverMany([tx]);
        order.push(i);
        return answer;
      }),
    );
    expect(answers).toEqual(txs.map((_, i) => [wallets[i % wallets.length]?.address]));
    expect(order).toEqual(txs.map((_, i) => i));
    expect(pool.waiting).toBe(0);
  });

  test('an s above half the order is nobody’s, though the curve would find somebody', async () => {
    const tx = feeTx(alice);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const other = { ...tx, s: order - (tx.s ?? 0n), v: 1n - (tx.v ?? 0n), getHashedMessageToSign: () => hash };
    const hash = tx.getHashedMessageToSign();
    // A decoded transaction cannot be made so: this is what a forger would pass on.
    expect(await pool.recoverMany([other as typeof tx, tx])).toEqual([undefined, alice.address]);
  });

  test('r or s of 0, r that is no coordinate, and a parity of 2 are nobody’s', async () => {
    const tx = feeTx(alice);
    const hash = tx.getHashedMessageToSign();
    const forged = [{ r: 0n }, { s: 0n }, { r: 5n }, { r: 2n ** 256n - 1n }, { v: 2n }, { v: 34n }].map(
      (change) => ({ ...tx, ...change, getHashedMessageToSign: () => hash }) as typeof tx,
    );
    expect(await pool.recoverMany(forged)).toEqual(forged.map(() => undefined));
  });

  test('names the authorities whose authorizations can take effect on this chain', async () => {
    const tx = delegatingTx(alice, [
      authorization(bob, { nonce: 3 }),
      authorization(carol, { chainId: 0n }),
      authorization(carol, { chainId: 1n }),
    ]);
    if (!('authorizationList' in tx)) throw new TypeError('not of type 4');
    expect(await pool.authorities(tx)).toEqual([
      { authority: bob.address, nonce: 3n },
      { authority: carol.address, nonce: 0n },
    ]);
  });

  test('refuses what does not fit into the queue and goes on', async () => {
    const small = new RecoverPool({ threads, maxWaiting: 10 });
    const first = small.recoverMany(batch(8));
    await expect(small.recoverMany(batch(3))).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      data: { waiting: 8, limit: 10 },
    });
    expect(await first).toHaveLength(8);
    expect(await small.recoverMany(batch(10))).toHaveLength(10);
    await small.stop();
  });

  test('is stopped once, and refuses what comes later or is under way', async () => {
    const other = new RecoverPool({ threads });
    const underWay = other.recoverMany(batch(500)).then(
      () => 'recovered',
      (error: unknown) => error,
    );
    await other.stop();
    await other.stop();
    expect(await underWay).toMatchObject({ name: 'RecoverError', code: 'STOPPED' });
    await expect(other.recoverMany(batch(1))).rejects.toMatchObject({ code: 'STOPPED' });
  });
});

test('threads that die are replaced and their work is repeated, in the end without threads', async () => {
  const workers: Worker[] = [];
  const startThread = (): Worker => {
    const worker = tsWorker(new URL('./recoverWorker.ts', import.meta.url), undefined);
    workers.push(worker);
    return worker;
  };
  const pool = new RecoverPool({ threads: 2 }, { startThread });
  const recovering = pool.recoverMany(batch(600));
  // Each of the first six is ended as soon as it has started, some with a batch in hand.
  for (let i = 0; i < 6; i++) {
    while (workers[i] === undefined) await new Promise((resolve) => setImmediate(resolve));
    await workers[i]?.terminate();
  }
  expect(await recovering).toEqual(batch(600).map((_, i) => wallets[i % wallets.length]?.address));
  expect(await pool.recoverMany(batch(3))).toEqual([alice.address, bob.address, carol.address]);
  await pool.stop();
});

test('the bytes of a transaction are cut exactly: random fields, long data', async () => {
  const pool = new RecoverPool({ threads: 0 });
  const txs = Array.from({ length: 60 }, (_, i) => {
    const make = [feeTx, legacyTx, accessListTx][i % 3] ?? feeTx;
    const data = new Uint8Array([0, 1, 20, 54, 55, 56, 255, 256, 70_000][i % 9] ?? 0).fill(i);
    return make(alice, { nonce: 2 ** i % 2 ** 40, data, gas: 30_000_000n, feeCap: 7n ** BigInt(i % 20) });
  });
  const raws = txs.map((tx) => tx.serialize());
  expect(await pool.recoverMany(txs, raws)).toEqual(txs.map(() => alice.address));
  await pool.stop();
});
