import { beforeEach, describe, expect, it } from 'vitest';
import type { FakeClock } from '../chain/testing/fakeClock.ts';
import { memoryDb } from '../chain/testing/memoryDb.ts';
import { GRACE_SECONDS } from '../protocol/account.ts';
import { accountIndex } from '../protocol/ids.ts';
import {
  attest,
  claim,
  close,
  open,
  type SignedClaim,
  signed,
  TEST_DOMAIN,
  TEST_TIME,
  transfer,
} from '../protocol/testing/actors.ts';
import { txHash } from '../protocol/tx.ts';
import type { Op, SignedTx } from '../protocol/types.ts';
import type { DroppedTx } from './mempool.ts';
import type { Sequencer } from './sequencer.ts';
import { FakeL1 } from './testing/fakeL1.ts';
import { ALICE, BOB, CAROL, DEPOSITS, startProcess, testClock } from './testing/life.ts';

/** Alice (2) pays, Bob (3) provides; Carol's key signs the vouchers of channel 8; model 4 is Bob's and earns 10 %. */
const EXPIRY = TEST_TIME + 100;
const OVER = EXPIRY + GRACE_SECONDS;
const CHANNEL = 8;

let db: ReturnType<typeof memoryDb>;
let l1: FakeL1;
let clock: FakeClock;
let dropped: DroppedTx[];
let sequencer: Sequencer;
let nonces: Map<number, number>;

beforeEach(async () => {
  db = memoryDb();
  l1 = new FakeL1();
  clock = testClock();
  dropped = [];
  nonces = new Map();
  l1.enqueue(...DEPOSITS);
  l1.mine(2);
  sequencer = await start();
  await sequencer.pollQueue();
  await tick();
  await tick();
  await sequencer.submit(by(3, attest(3, 0, { royaltyBps: 1000 })));
  await tick();
  await sequencer.submit(
    by(2, open(2, 0, { provider: 3, voucherKey: CAROL, amount: 1000n, expiry: EXPIRY, model: 4 })),
  );
  await tick();
  await sequencer.closeBatch();
  expect(sequencer.account(accountIndex(CHANNEL))?.balance).toBe(1000n);
});

async function start(): Promise<Sequencer> {
  const process = await startProcess({ db, l1, clock, options: { timing: { batchTimeMs: 3_600_000 } } });
  process.sequencer.events.on('txDropped', (drop) => void dropped.push(drop));
  return process.sequencer;
}

async function tick(): Promise<void> {
  await sequencer.tick();
  clock.advance(1000);
}

/** The account's next transaction. */
function by(signer: 2 | 3, ...ops: (Op | SignedClaim)[]): SignedTx {
  const nonce = nonces.get(signer) ?? 0;
  nonces.set(signer, nonce + 1);
  return signed(signer === 2 ? ALICE : BOB, { signer, nonce, ops, validUntil: 2 ** 40 - 1 });
}

const take = (total: bigint, claimed = 0n, more: { fee?: bigint; royaltyBps?: number } = {}) =>
  claim(CHANNEL, 3, { voucherKey: CAROL, total, claimed, royaltyBps: 1000, ...more });

async function codeOf(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

const balances = () => [CHANNEL, 3, 4].map((index) => sequencer.account(accountIndex(index))?.balance);

describe('claims', () => {
  it('pay the provider at once and the model when the batch closes', async () => {
    await sequencer.submit(by(3, take(105n)));
    await tick();
    expect(balances()).toEqual([895n, 500n + 95n, 0n]);
    await sequencer.closeBatch();
    expect(balances()).toEqual([895n, 595n, 10n]);
  });

  it('with a fee need no balance of the provider, and feed the fee account', async () => {
    await sequencer.submit(by(3, transfer(3, 2, 500n)));
    await tick();
    await sequencer.submit(by(3, take(100n, 0n, { fee: 7n })));
    await tick();
    expect(balances()).toEqual([900n, 83n, 0n]);
    await sequencer.closeBatch();
    expect(sequencer.account(accountIndex(1))?.balance).toBe(17n);
  });

  it('can be spent in the same transaction', async () => {
    await sequencer.submit(by(3, take(100n), transfer(3, 2, 590n)));
    await tick();
    expect(balances()).toEqual([900n, 0n, 0n]);
    expect(await codeOf(sequencer.submit(by(3, transfer(3, 2, 90n), take(200n, 100n))))).toBe('INSUFFICIENT_BALANCE');
  });

  it('that another claim made stale are dropped with their code', async () => {
    await sequencer.submit(by(3, take(100n)));
    await sequencer.submit(by(3, take(150n)));
    await tick();
    expect(balances()).toEqual([900n, 590n, 0n]);
    expect(dropped.map(({ code }) => code)).toEqual(['CLAIM_MISMATCH']);
    nonces.set(3, 2);
    await sequencer.submit(by(3, take(150n, 100n)));
    await sequencer.submit(by(3, take(120n, 100n)));
    await tick();
    expect(dropped.map(({ code }) => code)).toEqual(['CLAIM_MISMATCH', 'VOUCHER_STALE']);
    nonces.set(3, 3);
    expect(await codeOf(sequencer.submit(by(3, take(120n, 100n))))).toBe('VOUCHER_STALE');
  });

  it.each<[string, () => SignedTx]>([
    ['BAD_VOUCHER', () => by(3, { ...take(100n), voucher: take(101n).voucher })],
    ['BAD_VOUCHER', () => by(3, take(50n), { ...take(100n, 50n), voucher: take(50n).voucher })],
    ['BAD_SIGNATURE', () => ({ ...by(3, take(100n)), signature: take(100n).voucher })],
    ['INSUFFICIENT_BALANCE', () => by(3, take(1001n))],
    ['CLAIM_MISMATCH', () => by(3, take(100n, 0n, { royaltyBps: 999 }))],
    ['CHANNEL_NOT_OVER', () => by(2, close(CHANNEL, 2, 1n))],
    ['UNKNOWN_ACCOUNT', () => by(3, claim(77, 3, { voucherKey: CAROL, total: 1n }))],
    ['INVALID_ARGUMENT', () => ({ ...by(3, take(100n)), vouchers: [] })],
    ['TX_TOO_LARGE', () => by(3, take(10n), take(20n, 10n), take(30n, 20n), take(40n, 30n))],
  ])('%s is answered at once and changes nothing', async (code, tx) => {
    const before = balances();
    expect(await codeOf(sequencer.submit(tx()))).toBe(code);
    expect(sequencer.mempool.size).toBe(0);
    await tick();
    expect(balances()).toEqual(before);
  });

  it('are not known as bad because somebody sent a copy with a forged voucher', async () => {
    const tx = by(3, take(100n));
    expect(await codeOf(sequencer.submit({ ...tx, vouchers: [take(101n).voucher] }))).toBe('BAD_VOUCHER');
    const hash = txHash(tx, TEST_DOMAIN);
    expect(await sequencer.status(hash)).toEqual({ status: 'unknown' });
    expect(await sequencer.submit(tx)).toEqual({ hash });
    await tick();
    expect(await sequencer.status(hash)).toMatchObject({ status: 'included' });
    expect(balances()).toEqual([900n, 590n, 0n]);
  });

  it('end a batch whose signature slots they fill, and the next one takes them', async () => {
    const batch = sequencer.ledger.open?.record.number;
    expect(batch).toBeUndefined();
    const claims = (from: bigint) => [take(from + 10n, from), take(from + 20n, from + 10n)];
    await sequencer.submit(by(3, ...claims(0n)));
    await tick();
    const first = sequencer.ledger.open?.record.number ?? 0;
    // three of four slots are used; this one needs three more
    expect(sequencer.ledger.open?.batch.counts.signatures).toBe(3);
    await sequencer.submit(by(3, ...claims(20n)));
    await tick();
    expect(sequencer.ledger.open?.record.number).toBe(first + 1);
    expect(sequencer.account(accountIndex(CHANNEL))).toMatchObject({ claimed: 40n, nonce: 4 });
  });

  it('survive a restart with their vouchers, and are proven', async () => {
    const { hash } = await sequencer.submit(by(3, take(100n)));
    await tick();
    const root = sequencer.ledger.open?.batch.previewRoot();
    await sequencer.stop();
    sequencer = await start();
    expect(sequencer.ledger.open?.batch.previewRoot()).toBe(root);
    await sequencer.closeBatch();
    expect(balances()).toEqual([900n, 590n, 10n]);
    for (let i = 0; i < 30; i += 1) {
      await sequencer.publish();
      l1.mine();
    }
    expect(await sequencer.status(hash)).toMatchObject({ status: 'proven' });
  });
});

describe('the batch’s timestamp', () => {
  /** A batch is open from just before the channel is over; now it is over. */
  async function openBatchFromBefore(): Promise<void> {
    clock.advance((OVER - 2) * 1000 - clock.nowMs());
    await sequencer.submit(by(2, transfer(2, 3, 1n)));
    await tick();
    clock.advance(60_000);
  }

  it('keeps a close waiting for the next batch, with all that its payer sends after it', async () => {
    await openBatchFromBefore();
    const { hash } = await sequencer.submit(by(2, close(CHANNEL, 2, 1000n)));
    const { hash: later } = await sequencer.submit(by(2, transfer(2, 3, 5n)));
    await tick();
    expect(dropped).toEqual([]);
    expect(await sequencer.status(hash)).toEqual({ status: 'pending' });
    expect(await sequencer.status(later)).toEqual({ status: 'pending' });
    // others are not held up
    await sequencer.submit(by(3, transfer(3, 2, 1n)));
    await tick();
    expect(sequencer.mempool.size).toBe(2);
    await sequencer.closeBatch();
    await tick();
    expect(sequencer.mempool.size).toBe(0);
    expect(balances()[0]).toBe(0n);
  });

  it('lets a claim win the race against a close that waits', async () => {
    await openBatchFromBefore();
    const { hash } = await sequencer.submit(by(2, close(CHANNEL, 2, 1000n)));
    await sequencer.submit(by(3, take(100n)));
    await tick();
    expect(balances()[0]).toBe(900n);
    await sequencer.closeBatch();
    await tick();
    // the payer wanted more than is left
    expect(await sequencer.status(hash)).toEqual({ status: 'dropped', code: 'INSUFFICIENT_BALANCE' });
    nonces.set(2, 2);
    await sequencer.submit(by(2, close(CHANNEL, 2, 900n)));
    await tick();
    expect(balances()[0]).toBe(0n);
  });

  it('ends claims with the batch: one that missed it is dropped', async () => {
    await openBatchFromBefore();
    const { hash } = await sequencer.submit(by(3, take(100n)));
    await sequencer.closeBatch();
    await tick();
    expect(await sequencer.status(hash)).toEqual({ status: 'dropped', code: 'CHANNEL_OVER' });
    expect(await codeOf(sequencer.submit(by(3, take(100n))))).toBe('CHANNEL_OVER');
  });

  it('takes no transaction that needs both times', async () => {
    const mine = open(3, 0, { provider: 2, voucherKey: CAROL, amount: 50n, expiry: EXPIRY });
    await sequencer.submit(by(3, mine));
    await tick();
    await sequencer.closeBatch();
    const own = 16; // Alice's channels have a group of their own
    expect(sequencer.account(accountIndex(own))?.balance).toBe(50n);
    await openBatchFromBefore();
    const both = by(3, take(10n), close(own, 3, 50n));
    expect(await codeOf(sequencer.submit(both))).toBe('CHANNEL_OVER');
  });
});

describe('work between batches', () => {
  it('runs once the open batch is closed, and its failure is the caller’s alone', async () => {
    await sequencer.submit(by(2, transfer(2, 3, 1n)));
    await tick();
    const seen = await sequencer.betweenBatches(async () => sequencer.ledger.open);
    expect(seen).toBeUndefined();
    const failing = sequencer.betweenBatches(async () => {
      throw new RangeError('mine');
    });
    await expect(failing).rejects.toThrow(RangeError);
    await sequencer.submit(by(2, transfer(2, 3, 1n)));
    await tick();
    expect(sequencer.mempool.size).toBe(0);
  });
});
