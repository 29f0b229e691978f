import { expect, test } from 'vitest';
import type { EvmTx } from '../../chain/evm/types.ts';
import { PoolFixture, takeAll } from './testing/poolFixture.ts';
import { Wallet } from './testing/txs.ts';

const [alice, bob, carol] = [new Wallet(1), new Wallet(2), new Wallet(3)];

function funded(): PoolFixture {
  const f = new PoolFixture();
  for (const wallet of [alice, bob, carol]) f.fund(wallet);
  return f;
}

test('the best effective tip comes first, a sender’s nonces in order, the earlier one among equals', async () => {
  const f = funded();
  const a0 = await f.add(alice, { nonce: 0, feeCap: 1_000n, tip: 3n });
  const a1 = await f.add(alice, { nonce: 1, feeCap: 1_000n, tip: 50n });
  const b0 = await f.add(bob, { nonce: 0, feeCap: 14n, tip: 14n }); // pays 4 at a base fee of 10
  const c0 = await f.add(carol, { nonce: 0, feeCap: 1_000n, tip: 3n });
  expect(f.take()).toEqual([b0, a0, a1, c0]);
  expect(f.take({ baseFee: 12n })).toEqual([a0, a1, c0, b0]);
});

test('a fee cap below the base fee waits, and what comes after it', async () => {
  const f = funded();
  await f.add(alice, { nonce: 0, feeCap: 9n });
  await f.add(alice, { nonce: 1, feeCap: 1_000n });
  expect(f.take()).toEqual([]);
  expect(f.pool.hasPending(10n)).toBe(false);
  expect(f.pool.hasPending(9n)).toBe(true);
  expect(f.take({ baseFee: 9n })).toHaveLength(2);
  expect(f.pool.status()).toMatchObject({ pending: 2, queued: 0 });
});

test('what does not fit into the gas or the bytes is passed over with its sender', async () => {
  const f = funded();
  const data = new Uint8Array(500).fill(1);
  const big = await f.add(alice, { nonce: 0, gas: 100_000n, feeCap: 900n, data });
  await f.add(alice, { nonce: 1, feeCap: 900n });
  const small = await f.add(bob, { feeCap: 100n });
  expect(f.take({ gas: 60_000n })).toEqual([small]);
  expect(f.take({ maxBytes: 400 })).toEqual([small]);
  expect(f.take({ maxBytes: big.raw.length })).toEqual([big]);
});

test('a rejected sender gives no more in this block and is given again in the next', async () => {
  const f = funded();
  const a0 = await f.add(alice, { nonce: 0, feeCap: 900n });
  const a1 = await f.add(alice, { nonce: 1, feeCap: 900n });
  const b0 = await f.add(bob);
  const source = f.pool.source({ baseFee: 10n, maxBytes: 10_000 });
  expect(source.next(10n ** 8n)).toBe(b0);
  source.accept(b0);
  expect(source.next(10n ** 8n)).toBe(a0);
  source.reject(a0, 'INSUFFICIENT_FUNDS');
  expect(source.next(10n ** 8n)).toBeUndefined();
  expect(f.take()).toEqual([b0, a0, a1]);
});

test('what no block could take three times is dropped, what can never be taken at once', async () => {
  const f = funded();
  const a0 = await f.add(alice);
  const b0 = await f.add(bob);
  for (let i = 0; i < 3; i++) {
    expect(f.pool.get(a0.hash)).toBe(a0);
    const source = f.pool.source({ baseFee: 10n, maxBytes: 10_000 });
    for (let tx = source.next(10n ** 8n); tx !== undefined; tx = source.next(10n ** 8n)) {
      source.reject(tx, tx === b0 ? 'EXECUTION_FAILED' : 'INSUFFICIENT_FUNDS');
    }
    await f.mine();
  }
  expect([...f.dropped]).toEqual([
    [b0.hash, 'EXECUTION_FAILED'],
    [a0.hash, 'INSUFFICIENT_FUNDS'],
  ]);
});

test('a rejected sender’s account is read anew with the next block', async () => {
  const f = funded();
  const a0 = await f.add(alice);
  const source = f.pool.source({ baseFee: 10n, maxBytes: 10_000 });
  f.fund(alice, 0n);
  source.reject(a0, 'INSUFFICIENT_FUNDS');
  await f.mine();
  expect([...f.dropped]).toEqual([[a0.hash, 'INSUFFICIENT_FUNDS']]);
});

test('the pool may change while a block is built: replaced, evicted, added, mined', async () => {
  const f = funded();
  await f.add(alice, { nonce: 0, feeCap: 500n });
  const c0 = await f.add(carol, { feeCap: 200n });
  const b0 = await f.add(bob, { feeCap: 900n });
  const source = f.pool.source({ baseFee: 10n, maxBytes: 10_000 });
  expect(source.next(10n ** 8n)).toBe(b0);
  const better = await f.add(alice, { nonce: 0, feeCap: 2_000n });
  const a1 = await f.add(alice, { nonce: 1, feeCap: 300n });
  const b1 = await f.add(bob, { nonce: 1, feeCap: 250n });
  source.accept(b0);
  expect(takeAll(source, 10n ** 8n)).toEqual([better, a1, b1, c0]);

  const other = f.pool.source({ baseFee: 10n, maxBytes: 10_000 });
  await f.mine([better, a1, b0]);
  expect(takeAll(other, 10n ** 8n)).toEqual([c0]);
});

test('what is given out stays in the pool until a block has it', async () => {
  const f = funded();
  const txs: EvmTx[] = [await f.add(alice), await f.add(bob)];
  expect(f.take()).toEqual(txs);
  expect(f.take()).toEqual(txs);
  await f.mine(txs);
  expect(f.take()).toEqual([]);
  expect(f.pool.status()).toEqual({ pending: 0, queued: 0, bytes: 0 });
});
