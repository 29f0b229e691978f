import { beforeEach, describe, expect, it } from 'vitest';
import type { Block } from '../chain/block.ts';
import type { Db } from '../chain/db.ts';
import { CrashPoint } from '../chain/testing/crash.ts';
import type { FakeClock } from '../chain/testing/fakeClock.ts';
import { memoryDb } from '../chain/testing/memoryDb.ts';
import type { BatchSummary } from '../chain/types.ts';
import { accountIndex } from '../protocol/ids.ts';
import { type Actor, actor, exit, register, signed, TEST_TIME, transfer } from '../protocol/testing/actors.ts';
import type { Op, SignedTx } from '../protocol/types.ts';
import { SequencerError } from './errors.ts';
import type { DroppedTx } from './mempool.ts';
import type { Sequencer } from './sequencer.ts';
import type { SequencerOptions } from './sequencerTypes.ts';
import { FakeL1 } from './testing/fakeL1.ts';
import {
  ALICE,
  BOB,
  CAROL,
  DEPOSITS,
  depositNew,
  instantProofs,
  OPERATOR,
  startProcess,
  testClock,
} from './testing/life.ts';

let db: Db;
let l1: FakeL1;
let clock: FakeClock;
let blocks: Block[];
let closed: BatchSummary[];
let dropped: DroppedTx[];

beforeEach(() => {
  db = memoryDb();
  l1 = new FakeL1();
  clock = testClock();
  blocks = [];
  closed = [];
  dropped = [];
});

async function start(options: Partial<SequencerOptions> = {}): Promise<Sequencer> {
  const { sequencer } = await startProcess({ db, l1, clock, options });
  sequencer.events.on('block', (block) => void blocks.push(block));
  sequencer.events.on('batchClosed', (summary) => void closed.push(summary));
  sequencer.events.on('txDropped', (drop) => void dropped.push(drop));
  return sequencer;
}

/** Operator 1, Alice 2, Bob 3 are there, in closed batches. */
async function started(options: Partial<SequencerOptions> = {}): Promise<Sequencer> {
  l1.enqueue(...DEPOSITS);
  l1.mine(2);
  const sequencer = await start(options);
  await sequencer.pollQueue();
  await tick(sequencer);
  await tick(sequencer);
  await sequencer.closeBatch();
  blocks = [];
  closed = [];
  return sequencer;
}

async function tick(sequencer: Sequencer): Promise<void> {
  await sequencer.tick();
  clock.advance(1000);
}

function by(who: Actor, signer: number, nonce: number, ...ops: Op[]): SignedTx {
  return signed(who, { signer, nonce, ops });
}

async function codeOf(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

describe('blocks', () => {
  it('are not built when there is nothing for them', async () => {
    const sequencer = await start();
    await tick(sequencer);
    await tick(sequencer);
    expect(blocks).toEqual([]);
  });

  it('take L1’s queue first, then transactions; the block closes when the L1 slots are used up', async () => {
    l1.enqueue(...DEPOSITS);
    l1.mine(2);
    const sequencer = await start();
    await sequencer.pollQueue();
    await tick(sequencer);
    expect(blocks.map(({ l1 }) => l1.ops.map((op) => op.index))).toEqual([[1, 2]]);
    expect(closed).toMatchObject([{ number: 1, l1Ops: 2 }]);
    await sequencer.submit(by(ALICE, 2, 0, transfer(2, 1, 5n)));
    await tick(sequencer);
    expect(blocks[1]).toMatchObject({ number: 2n, batch: 2, l1: { firstQueueIndex: 2n } });
    expect(blocks[1]?.l1.ops.map((op) => op.index)).toEqual([3]);
    expect(blocks[1]?.txs).toHaveLength(1);
    expect(blocks[1]?.parentHash).toBe(blocks[0]?.hash);
  });

  it('assign the next free indices', async () => {
    const sequencer = await started();
    const tx = by(ALICE, 2, 0, register(2, 0, CAROL, 5n), register(2, 0, actor(9), 6n));
    await sequencer.submit(tx);
    await tick(sequencer);
    expect(blocks[0]?.txs[0]?.ops.map((op) => op.to)).toEqual([4, 5]);
    expect(sequencer.account(accountIndex(5))?.balance).toBe(6n);
  });

  it('open a fee lane when a fee is paid, and credit it when the batch closes', async () => {
    const sequencer = await started();
    await sequencer.submit(by(ALICE, 2, 0, transfer(2, 3, 1n)));
    await tick(sequencer);
    expect(blocks[0]?.feeAccounts).toEqual([]);
    await sequencer.submit(by(ALICE, 2, 1, transfer(2, 3, 1n, { fee: 4n })));
    await tick(sequencer);
    expect(blocks[1]?.feeAccounts).toEqual([1]);
    expect(sequencer.account(accountIndex(1))?.balance).toBe(10n);
    await sequencer.closeBatch();
    expect(sequencer.account(accountIndex(1))?.balance).toBe(14n);
  });

  it('drop a fee in a token for which the sequencer has no account', async () => {
    const sequencer = await started({ feeAccounts: {} });
    const { hash } = await sequencer.submit(by(ALICE, 2, 0, transfer(2, 3, 1n, { fee: 4n })));
    await tick(sequencer);
    expect(blocks).toEqual([]);
    expect(await sequencer.status(hash)).toEqual({ status: 'dropped', code: 'FEE_TOKEN_NOT_ACCEPTED' });
  });

  it('drop what an earlier transaction of the block made impossible, and say why', async () => {
    const sequencer = await started();
    // Alone each is fine; Bob can pay for the second only if nobody paid before.
    await sequencer.submit(by(BOB, 3, 0, transfer(3, 2, 400n, { fee: 9n })));
    const { hash } = await sequencer.submit(by(BOB, 3, 1, transfer(3, 2, 80n)));
    l1.enqueue({ opcode: 3, index: accountIndex(3), address: BOB.address });
    l1.mine(2);
    await sequencer.pollQueue();
    await tick(sequencer);
    // The forced exit came first and emptied the account.
    expect(blocks[0]?.l1.ops).toMatchObject([{ opcode: 3, isVoid: false, amount: 500n }]);
    expect(blocks[0]?.txs).toEqual([]);
    expect(dropped.map(({ code }) => code)).toEqual(['INSUFFICIENT_BALANCE']);
    // Its successor has no predecessor any more and waits.
    expect(await sequencer.status(hash)).toEqual({ status: 'pending' });
  });
});

describe('batches', () => {
  it('close when the next transaction does not fit, and the next block takes it', async () => {
    const sequencer = await started();
    for (let nonce = 0; nonce < 5; nonce += 1) await sequencer.submit(by(ALICE, 2, nonce, transfer(2, 3, 1n)));
    await tick(sequencer);
    // Four signature slots.
    expect(blocks[0]?.txs).toHaveLength(4);
    expect(closed).toMatchObject([{ txs: 4 }]);
    await tick(sequencer);
    expect(blocks[1]).toMatchObject({ batch: (closed[0]?.number ?? 0) + 1 });
    expect(blocks[1]?.txs).toHaveLength(1);
  });

  it('close and go on in the same turn if nothing fits any more', async () => {
    const sequencer = await started();
    await sequencer.submit(by(ALICE, 2, 0, ...Array.from({ length: 6 }, () => transfer(2, 3, 1n))));
    await tick(sequencer);
    await sequencer.submit(by(ALICE, 2, 1, ...Array.from({ length: 6 }, () => transfer(2, 3, 1n))));
    await tick(sequencer);
    expect(blocks.map(({ batch }) => batch)).toEqual([3, 4]);
  });

  it('close when their time is up, and carry the timestamp of their first block', async () => {
    const sequencer = await started();
    await sequencer.submit(by(ALICE, 2, 0, transfer(2, 3, 1n)));
    const timestamp = Math.floor(clock.nowMs() / 1000);
    await tick(sequencer);
    await sequencer.submit(by(ALICE, 2, 1, transfer(2, 3, 1n)));
    await tick(sequencer);
    for (let i = 0; i < 2; i += 1) await tick(sequencer);
    expect(closed).toEqual([]);
    for (let i = 0; i < 2; i += 1) await tick(sequencer);
    expect(closed).toMatchObject([{ timestamp, txs: 2 }]);
  });

  it('end early for queue items that waited too long: L1 operations come before all transactions', async () => {
    const sequencer = await started();
    await sequencer.submit(by(ALICE, 2, 0, transfer(2, 3, 1n)));
    await tick(sequencer);
    l1.enqueue(depositNew(CAROL, 9n));
    l1.mine(2);
    await sequencer.pollQueue();
    await tick(sequencer);
    await tick(sequencer);
    expect(closed).toEqual([]);
    await tick(sequencer);
    expect(closed).toHaveLength(1);
    expect(blocks.at(-1)?.l1.ops).toMatchObject([{ index: 4, amount: 9n }]);
  });

  it('are not begun while too many wait for their proofs', async () => {
    const sequencer = await started({ maxUnproven: 3 });
    await sequencer.submit(by(ALICE, 2, 0, transfer(2, 3, 1n)));
    await tick(sequencer);
    await sequencer.closeBatch();
    await sequencer.submit(by(ALICE, 2, 1, transfer(2, 3, 1n)));
    await tick(sequencer);
    expect(blocks).toHaveLength(1);
    for (let i = 0; i < 20; i += 1) {
      await sequencer.publish();
      l1.mine();
    }
    await tick(sequencer);
    expect(blocks).toHaveLength(2);
  });
});

describe('submitting', () => {
  it.each<[string, () => SignedTx]>([
    ['UNKNOWN_ACCOUNT', () => by(ALICE, 2, 0, transfer(2, 77, 1n))],
    ['NOT_AUTHORIZED', () => by(ALICE, 2, 0, transfer(3, 2, 1n))],
    ['ASSIGNED_INDEX_NOT_ZERO', () => by(ALICE, 2, 0, register(2, 9, CAROL, 1n))],
    ['BAD_SIGNATURE', () => by(BOB, 2, 0, transfer(2, 3, 1n))],
    ['BAD_ADDRESS', () => by(ALICE, 2, 0, exit(2, 0n, 1n))],
    ['TX_TOO_LARGE', () => by(ALICE, 2, 0, ...Array.from({ length: 9 }, () => transfer(2, 3, 1n)))],
    ['KEY_OFF_CURVE', () => by(ALICE, 2, 0, register(2, 0, { ...CAROL, key: [CAROL.key[1], CAROL.key[0]] }, 1n))],
    ['INSUFFICIENT_BALANCE', () => by(ALICE, 2, 0, transfer(2, 3, 10_001n))],
    ['EXPIRED', () => signed(ALICE, { signer: 2, nonce: 0, validUntil: TEST_TIME, ops: [transfer(2, 3, 1n)] })],
  ])('answers %s at once and changes nothing', async (code, tx) => {
    const sequencer = await started();
    expect(await codeOf(sequencer.submit(tx()))).toBe(code);
    expect(sequencer.mempool.size).toBe(0);
  });

  it('follows a transaction from pending to proven', async () => {
    const sequencer = await started();
    const { hash } = await sequencer.submit(by(ALICE, 2, 0, transfer(2, 3, 1n)));
    const seen = [(await sequencer.status(hash)).status];
    await tick(sequencer);
    await sequencer.closeBatch();
    for (let i = 0; i < 30; i += 1) {
      const { status } = await sequencer.status(hash);
      if (seen.at(-1) !== status) seen.push(status);
      await sequencer.publish();
      l1.mine();
    }
    expect(seen).toEqual(['pending', 'included', 'committed', 'proven']);
  });
});

describe('a fee key that others may use', () => {
  it('an account that somebody else opened for the fee key takes no fees', async () => {
    const thief = { ...depositNew(OPERATOR, 1n), address: ALICE.address };
    l1.enqueue(thief, depositNew(OPERATOR, 1n));
    l1.mine(2);
    const { sequencer } = await startProcess({
      ...{ db, l1, clock },
      options: { feeAccounts: { key: OPERATOR.key, owner: OPERATOR.address } },
    });
    await sequencer.pollQueue();
    await sequencer.tick();
    expect(sequencer.feeLane(0)?.account).toBe(2);
  });
});

describe('running', () => {
  it('builds, publishes and stops, and can be stopped twice', async () => {
    l1.enqueue(...DEPOSITS);
    l1.mine(2);
    const sequencer = await start();
    const proven: number[] = [];
    sequencer.events.on('batchProven', ({ number }) => void proven.push(number));
    await sequencer.start();
    while (proven.length < 2) {
      await settled();
      clock.advance(1000);
      l1.mine();
    }
    expect(proven).toEqual([1, 2]);
    await Promise.all([sequencer.stop(), sequencer.stop()]);
    await sequencer.stop();
    expect(await codeOf(sequencer.submit(by(ALICE, 2, 0, transfer(2, 3, 1n))))).toBe('STOPPED');
  });

  it('halts when the store fails, says why, and has lost nothing after a restart', async () => {
    l1.enqueue(...DEPOSITS);
    l1.mine(2);
    // two points belong to the write that begins the chain
    const crash = new CrashPoint(3);
    const { sequencer } = await startProcess({ db, l1, clock, crash });
    const halted = new Promise<SequencerError>((resolve) => void sequencer.events.on('halted', resolve));
    await sequencer.start();
    for (let i = 0; i < 5; i += 1) {
      await settled();
      clock.advance(1000);
    }
    expect(await halted).toBeInstanceOf(SequencerError);
    expect(await codeOf(sequencer.submit(by(ALICE, 2, 0, transfer(2, 3, 1n))))).toBe('HALTED');
    await sequencer.stop();
    const again = await start();
    expect(again.account(accountIndex(1))?.balance).toBe(10n);
  });

  it('is not disturbed by a listener that throws', async () => {
    const sequencer = await started();
    sequencer.events.on('block', () => {
      throw new Error('listener');
    });
    await sequencer.submit(by(ALICE, 2, 0, transfer(2, 3, 1n)));
    await tick(sequencer);
    expect(blocks).toHaveLength(1);
  });

  it('asks for the proofs of unproven batches again after a restart', async () => {
    const sequencer = await started();
    await sequencer.stop();
    const asked: number[] = [];
    const proofs = instantProofs();
    const { store } = await startProcess({
      db,
      l1,
      clock,
      proofs: { ...proofs, enqueue: async ({ batch }) => void asked.push(batch.number) },
    });
    expect(asked).toEqual([1, 2]);
    expect(store.head.closedBatch).toBe(2);
  });
});

describe('fee accounts', () => {
  it('are found by the operator’s key, one a token, after a restart too', async () => {
    const sequencer = await started();
    const token7 = { ...depositNew(OPERATOR, 1n, 7) };
    l1.enqueue(token7, depositNew(ALICE, 50n, 7));
    l1.mine(2);
    await sequencer.pollQueue();
    await tick(sequencer);
    await sequencer.stop();
    const again = await start();
    await again.submit(by(ALICE, 5, 0, transfer(5, 4, 1n, { fee: 2n })));
    await tick(again);
    await again.closeBatch();
    expect(again.account(accountIndex(4))?.balance).toBe(1n + 1n + 2n);
  });

  it('are told with the least fee that the pool takes; a token without one takes no fees', async () => {
    const sequencer = await started({ fees: { defaultMinFeePerOp: 3n, minFeePerOp: new Map([[7, 8n]]) } });
    expect(sequencer.feeLane(0)).toEqual({ account: 1, minimumFee: 3n });
    expect(sequencer.feeLane(7)).toBeUndefined();
    l1.enqueue({ ...depositNew(OPERATOR, 1n, 7) });
    l1.mine(2);
    await sequencer.pollQueue();
    await tick(sequencer);
    expect(sequencer.feeLane(7)).toEqual({ account: 4, minimumFee: 8n });
  });
});

/** Lets everything run that is ready to, what threads have finished (compression) included. */
async function settled(): Promise<void> {
  for (let i = 0; i < 30; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
