import { bytesToHex } from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../chain/clock.ts';
import { silentLogger } from '../../chain/logger.ts';
import { encodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { answerHash } from '../../sdk/oracle/commitment.ts';
import { Answerer } from './answerer.ts';
import type { AnswererOptions } from './answererOptions.ts';
import { answerCost, answerGas } from './answerGas.ts';
import { FakeOracle, FakeRunner, MemoryDb, MODEL, OWNER, PROVIDER } from './testing/fakeOracle.ts';

const account = ledgerAccount({ seed: OWNER.seed });
/** Of the questions here: asked at 1,000, due at 1,060. */
const REVEAL = 1_030;

let oracle: FakeOracle;
let runner: FakeRunner;
let db: MemoryDb;
let now: number;
beforeEach(() => {
  [oracle, runner, db, now] = [new FakeOracle(), new FakeRunner(), new MemoryDb(), 1_000];
  oracle.clock = () => now;
});

const clock: Clock = { nowMs: () => now * 1_000, sleep: async () => undefined };
const opened = (options: Partial<AnswererOptions> = {}) =>
  Answerer.open(
    { provider: PROVIDER, model: MODEL, ...options },
    { oracle, account, runner, db, clock, log: silentLogger, domain: TEST_DOMAIN },
  );
const ask = (change = {}) => oracle.ask({ quorum: 2, fee: 100n, ...change });

async function rounds(answerer: Answerer, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await answerer.round();
}

/** A transaction of somebody else. */
function block(): void {
  oracle.timestamp = Math.max(oracle.timestamp, now);
}

describe('an answer of a quorum', () => {
  it('is committed to at once, and shown when its time has come', async () => {
    const answerer = await opened();
    ask();
    await rounds(answerer, 3);
    expect([oracle.commits.length, oracle.sent.length, runner.runs]).toEqual([1, 0, 1]);
    now = REVEAL;
    block();
    await rounds(answerer, 2);
    const [{ receipt } = expect.unreachable()] = oracle.sent;
    expect(oracle.commits).toEqual([answerHash(receipt)]);
    expect(answerer.stats).toEqual({ answered: 1, gaveUp: {} });
  });

  it('does not leave by the clock: only a block says that nobody can commit any more', async () => {
    const answerer = await opened();
    ask();
    await rounds(answerer, 2);
    // Whoever builds blocks keeps the lane's time back, and would read what is sent to it.
    oracle.clock = () => REVEAL - 1;
    for (now = REVEAL - 1; now < REVEAL + 25; now += 1) await answerer.round();
    expect(oracle.sent).toEqual([]);
    oracle.timestamp = REVEAL;
    await rounds(answerer, 2);
    expect(answerer.stats.answered).toBe(1);
  });

  it('of a quiet lane makes the block that says so itself, once', async () => {
    const answerer = await opened();
    ask();
    await rounds(answerer, 2);
    now = REVEAL;
    await rounds(answerer, 4);
    expect([new Set(oracle.commits).size, oracle.commits.length, oracle.sent.length]).toEqual([1, 2, 1]);
    expect(oracle.commitments.get(oracle.commits[0] ?? '0x')).toBe(1_000);
  });

  it('has only so many blocks made for it', async () => {
    const answerer = await opened();
    ask();
    await rounds(answerer, 2);
    oracle.clock = () => REVEAL - 1;
    for (now = REVEAL; now < 1_057; now += 1) await answerer.round();
    expect(oracle.commits).toHaveLength(6);
    now = 1_060;
    await rounds(answerer, 1);
    expect(answerer.stats.gaveUp).toEqual({ LATE: 1 });
  });

  it('waits for L1, if it is told to', async () => {
    oracle.safeLag = 12;
    const answerer = await opened({ showAfter: 'safe' });
    ask();
    await rounds(answerer, 2);
    now = REVEAL + 11;
    block();
    await rounds(answerer, 2);
    expect(oracle.sent).toEqual([]);
    now = REVEAL + 12;
    block();
    await rounds(answerer, 2);
    expect(answerer.stats.answered).toBe(1);
  });

  it('is looked at now and then while it waits, not at every round', async () => {
    const answerer = await opened();
    ask({ deadline: 101_000 });
    await rounds(answerer, 3);
    const { looks } = oracle;
    await rounds(answerer, 20);
    expect(oracle.looks).toBe(looks);
    now += 30;
    await rounds(answerer, 20);
    expect(oracle.looks).toBe(looks + 2);
  });
});

describe('time', () => {
  it('that is too short in its first half is too short: nothing is begun', async () => {
    const answerer = await opened({ marginSeconds: 10 });
    ask({ deadline: 1_020 });
    await rounds(answerer, 2);
    expect([runner.runs, answerer.stats.gaveUp]).toEqual([0, { LATE: 1 }]);
    ask({ deadline: 1_024 });
    await rounds(answerer, 2);
    expect([runner.runs, oracle.commits.length]).toEqual([1, 1]);
  });

  it('that the model took too much of: nothing is signed, nor committed to', async () => {
    const answerer = await opened();
    runner.onRun = () => {
      now = REVEAL - 2;
    };
    ask();
    await rounds(answerer, 2);
    expect([oracle.commits.length, oracle.sent.length, answerer.stats.gaveUp]).toEqual([0, 0, { LATE: 1 }]);
  });

  it('that went by while its commitment waited: it is not shown, for it does not count', async () => {
    const answerer = await opened();
    oracle.sending = 'hold';
    ask();
    await rounds(answerer, 3);
    now = REVEAL;
    oracle.deliver();
    oracle.sending = 'take';
    await rounds(answerer, 3);
    expect([oracle.sent.length, answerer.stats.gaveUp]).toEqual([0, { UNCOMMITTED: 1 }]);
  });

  it('that went by without its commitment: likewise, as soon as a block says so', async () => {
    const answerer = await opened();
    oracle.sending = 'hold';
    ask();
    await rounds(answerer, 2);
    now = REVEAL + 1;
    await rounds(answerer, 2);
    expect(answerer.stats.gaveUp).toEqual({});
    block();
    await rounds(answerer, 2);
    expect([oracle.commits.length, oracle.sent.length, answerer.stats.gaveUp]).toEqual([1, 0, { UNCOMMITTED: 1 }]);
  });
});

describe('a commitment', () => {
  it('that got lost is sent again, the same', async () => {
    const answerer = await opened();
    oracle.sending = 'lose';
    ask();
    await rounds(answerer, 1);
    oracle.sending = 'take';
    await rounds(answerer, 2);
    now = REVEAL;
    block();
    await rounds(answerer, 2);
    expect([new Set(oracle.commits).size, oracle.commits.length, answerer.stats.answered]).toEqual([1, 2, 1]);
  });

  it.each([2, 14, 24])('whose block was given up %i seconds later is made again', async (later) => {
    const answerer = await opened();
    ask();
    for (const end = now + later; now < end; now += 1) await answerer.round();
    oracle.commitments.clear();
    oracle.forgetTransactions();
    for (; now < REVEAL; now += 1) await answerer.round();
    block();
    await rounds(answerer, 2);
    expect([new Set(oracle.commits).size, oracle.commits.length, answerer.stats.answered]).toEqual([1, 2, 1]);
  });

  it('that is lost again and again is given up', async () => {
    const answerer = await opened();
    oracle.sending = 'lose';
    ask();
    await rounds(answerer, 6);
    expect([oracle.commits.length, oracle.sent.length, answerer.stats.gaveUp]).toEqual([3, 0, { UNCOMMITTED: 1 }]);
  });

  it('of somebody else to the same is as good', async () => {
    const answerer = await opened();
    oracle.sending = 'lose';
    ask();
    await rounds(answerer, 1);
    oracle.commitments.set(oracle.commits[0] ?? '0x', 1_005);
    now = REVEAL;
    block();
    oracle.sending = 'take';
    await rounds(answerer, 2);
    expect([oracle.commits.length, answerer.stats.answered]).toEqual([1, 1]);
  });

  it('has its gas paid by the fee, too', async () => {
    const answerer = await opened();
    const terms = { quorum: 2, callbackGas: 0, outputBytes: 10 };
    oracle.price = 1n;
    ask({ fee: 2n * answerGas(terms) });
    await answerer.round();
    expect(runner.runs).toBe(0);
    ask({ fee: 2n * answerCost(terms) });
    await answerer.round();
    expect(oracle.commits).toHaveLength(1);
  });
});

describe('a crash', () => {
  /** Kills the process at its nth write, before its time and after it, and starts another one on what it left. */
  it.each(Array.from({ length: 7 }, (_, i) => i + 1))(
    'at write %i leads to one answer, committed to in time',
    async (write) => {
      const first = await opened();
      ask();
      db.failsAfter = write - 1;
      await rounds(first, 3).catch(() => undefined);
      now = REVEAL - 10;
      if (db.failsAfter > 0) now = REVEAL;
      await rounds(first, 3).catch(() => undefined);
      db = db.copy();
      const second = await opened();
      await rounds(second, 3);
      now = REVEAL + 5;
      await rounds(second, 6);
      expect(oracle.questions.get(1n)?.answered).toEqual([PROVIDER]);
      expect(new Set(oracle.commits).size).toBe(1);
      expect(new Set(oracle.sent.map(({ receipt }) => bytesToHex(encodeReceipt(receipt)))).size).toBe(1);
    },
  );
});
