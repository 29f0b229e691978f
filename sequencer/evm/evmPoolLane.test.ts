import { eoaCode7702SignAuthorization } from '@ethereumjs/util';
import { expect, test } from 'vitest';
import { nextBaseFee } from '../../chain/evm/fees.ts';
import {
  account,
  inputOn,
  type LaneFixture,
  laneFixture,
  sign,
  WALLETS,
  type Wallet,
} from '../../chain/evm/testing/laneFixture.ts';
import type { ExecutedBlock } from '../../chain/evm/types.ts';
import { FakeClock } from '../../chain/testing/fakeClock.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { EvmPool } from './evmPool.ts';
import { RecoverPool } from './recoverPool.ts';

/** Sends all it has to whoever calls it. */
const SWEEPER: Hex = '0x5555555555555555555555555555555555555555';
const SWEEP = new Uint8Array([0x5f, 0x5f, 0x5f, 0x5f, 0x47, 0x33, 0x5a, 0xf1, 0x00]);
const [alice, bob, carol] = WALLETS as [Wallet, Wallet, Wallet]; // there are eight
const GWEI = 10n ** 9n;

interface World extends LaneFixture {
  readonly pool: EvmPool;
  readonly dropped: (readonly [Hex, string])[];
}

async function world(): Promise<World> {
  const fixture = await laneFixture({ accounts: [account(SWEEPER, { code: SWEEP })] });
  const { lane } = fixture;
  const recovery = new RecoverPool({ threads: 0 });
  const pool = new EvmPool(
    { gasLimit: lane.genesis.gasLimit },
    {
      common: lane.common,
      clock: new FakeClock(),
      state: () => lane.stateAt(lane.head.stateRoot),
      baseFee: () => nextBaseFee(lane.head),
      recover: (txs, raws) => recovery.recoverMany(txs, raws),
      authorities: (tx) => recovery.authorities(tx),
    },
  );
  const dropped: (readonly [Hex, string])[] = [];
  pool.onDropped = ({ tx, code }) => dropped.push([tx.hash, code]);
  return { ...fixture, pool, dropped };
}

/** A block of what the pool gives, stored. */
async function block({ lane, db, pool }: World, maxBytes = 100_000): Promise<ExecutedBlock> {
  const isFirst = lane.head.number === 0n;
  const source = pool.source({ baseFee: nextBaseFee(lane.head), maxBytes });
  const executed = await lane.build(inputOn(lane.head), source);
  await db.write([...(isFirst ? await lane.genesisWrites() : []), ...executed.writes]);
  executed.commit();
  await pool.onBlock({ txs: executed.txs, baseFee: nextBaseFee(lane.head) });
  return executed;
}

const FEES = { type: 2, maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI, gasLimit: 21_000n } as const;

test('blocks of the lane take what the pool gives, each transaction once and all in the end', async () => {
  const w = await world();
  const txs = WALLETS.flatMap((wallet, i) =>
    Array.from({ length: 5 }, (_, nonce) =>
      sign(w.lane, wallet, {
        ...FEES,
        nonce,
        to: bob.address,
        value: 1n,
        maxPriorityFeePerGas: BigInt(1 + ((i * 7 + nonce) % 5)),
      }),
    ),
  );
  await Promise.all(txs.map(({ raw }) => w.pool.add(raw)));
  const mined: Hex[] = [];
  while (w.pool.hasPending(nextBaseFee(w.lane.head))) {
    const { txs: taken, receipts } = await block(w, 1_000);
    expect(taken.length).toBeGreaterThan(0);
    expect(receipts.every(({ status }) => status === 1)).toBe(true);
    mined.push(...taken.map(({ hash }) => hash));
  }
  expect(mined.sort()).toEqual(txs.map(({ hash }) => hash).sort());
  expect(w.pool.status()).toEqual({ pending: 0, queued: 0, bytes: 0 });
  expect(w.dropped).toEqual([]);
});

test('money a block brings makes the next transaction of its recipient possible', async () => {
  const w = await world();
  const poor: Wallet = { key: new Uint8Array(32).fill(9), address: '0x' };
  const { sender } = sign(w.lane, poor, { ...FEES, nonce: 0 });
  const cost = 21_000n * FEES.maxFeePerGas;
  await w.pool.add(sign(w.lane, alice, { ...FEES, nonce: 0, to: sender, value: cost }).raw);
  await block(w);
  const first = sign(w.lane, poor, { ...FEES, nonce: 0, to: bob.address });
  const second = sign(w.lane, poor, { ...FEES, nonce: 1, to: bob.address });
  await w.pool.add(second.raw);
  await w.pool.add(first.raw);
  expect(w.pool.status()).toMatchObject({ pending: 1, queued: 1 });
  await w.pool.add(sign(w.lane, alice, { ...FEES, nonce: 1, to: sender, value: cost }).raw);
  await block(w);
  expect(w.pool.status()).toMatchObject({ pending: 1, queued: 0 });
  expect((await block(w)).txs.map(({ hash }) => hash)).toEqual([second.hash]);
});

test('an account that its delegation empties in the same block is rejected there, then dropped', async () => {
  const w = await world();
  const authorization = eoaCode7702SignAuthorization(
    { chainId: `0x${w.lane.common.chainId().toString(16)}`, address: SWEEPER, nonce: '0x' },
    carol.key,
  );
  await w.pool.add(
    sign(w.lane, alice, {
      ...FEES,
      type: 4,
      nonce: 0,
      gasLimit: 100_000n,
      to: bob.address,
      authorizationList: [authorization],
    }).raw,
  );
  expect((await block(w)).receipts.map(({ status }) => status)).toEqual([1]);

  const waiting = sign(w.lane, carol, { ...FEES, nonce: 1, to: bob.address });
  await w.pool.add(waiting.raw);
  const next = sign(w.lane, carol, { ...FEES, nonce: 2, to: bob.address });
  await expect(w.pool.add(next.raw)).rejects.toMatchObject({ code: 'IN_FLIGHT_LIMIT' });
  const sweeping = sign(w.lane, bob, {
    ...FEES,
    nonce: 0,
    gasLimit: 100_000n,
    to: carol.address,
    maxPriorityFeePerGas: 2n * GWEI,
  });
  await w.pool.add(sweeping.raw);
  expect((await block(w)).txs.map(({ hash }) => hash)).toEqual([sweeping.hash]);
  expect(w.dropped).toEqual([[waiting.hash, 'INSUFFICIENT_FUNDS']]);
  expect(w.pool.status()).toEqual({ pending: 0, queued: 0, bytes: 0 });
});

test('after blocks are given up, what they held comes again in its order, with what stood behind it', async () => {
  const w = await world();
  const txs = [0, 1, 2, 3].map((nonce) => sign(w.lane, alice, { ...FEES, nonce, to: bob.address, value: 1n }));
  const [first, second, third, fourth] = txs;
  const before = w.lane.head;
  for (const tx of [first, second]) {
    await w.pool.add(tx?.raw ?? new Uint8Array());
    await block(w);
  }
  for (const tx of [third, fourth]) await w.pool.add(tx?.raw ?? new Uint8Array());
  expect(w.pool.status()).toMatchObject({ pending: 2, queued: 0 });
  await w.lane.rewind(before);
  await w.pool.onRollback({ baseFee: nextBaseFee(w.lane.head) });
  // Nonces 0 and 1 are missing now.
  expect(w.pool.status()).toMatchObject({ pending: 0, queued: 2 });
  for (const tx of [first, second]) await w.pool.add(tx?.raw ?? new Uint8Array());
  expect(w.pool.status()).toMatchObject({ pending: 4, queued: 0 });
  const { txs: taken } = await block(w);
  expect(taken.map(({ hash }) => hash)).toEqual(txs.map(({ hash }) => hash));
  expect(w.dropped).toEqual([]);
});

test('what a sender can no longer pay once blocks are given up waits or goes', async () => {
  const w = await world();
  const rich = sign(w.lane, alice, { ...FEES, nonce: 0, to: carol.address, value: 10n ** 18n });
  const before = w.lane.head;
  await w.pool.add(rich.raw);
  await block(w);
  const state = w.lane.stateAt(w.lane.head.stateRoot);
  const balance = (await state.account(carol.address))?.balance ?? 0n;
  // Only with Alice's money can Carol pay for this.
  const dear = sign(w.lane, carol, { ...FEES, nonce: 0, to: bob.address, value: balance - 10n ** 17n });
  await w.pool.add(dear.raw);
  await w.lane.rewind(before);
  await w.pool.onRollback({ baseFee: nextBaseFee(w.lane.head) });
  expect(w.dropped).toEqual([[dear.hash, 'INSUFFICIENT_FUNDS']]);
  expect(w.pool.status()).toMatchObject({ pending: 0, queued: 0 });
});
