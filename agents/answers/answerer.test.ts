import { sha256 } from '@noble/hashes/sha2.js';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../chain/clock.ts';
import { silentLogger } from '../../chain/logger.ts';
import { bytesToHex } from '../../protocol/bytes.ts';
import { verifyAnswer } from '../../protocol/receipts/answer.ts';
import { receiptToJson } from '../../protocol/receipts/receiptCodec.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import type { Field } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { Answerer } from './answerer.ts';
import type { AnswererOptions } from './answererOptions.ts';
import { answerGas } from './answerGas.ts';
import { FakeOracle, FakeRunner, MemoryDb, MODEL, OTHER, OWNER, PROVIDER } from './testing/fakeOracle.ts';

const account = ledgerAccount({ seed: OWNER.seed });

let oracle: FakeOracle;
let runner: FakeRunner;
let db: MemoryDb;
let now: number;
beforeEach(() => {
  [oracle, runner, db, now] = [new FakeOracle(), new FakeRunner(), new MemoryDb(), 1_000];
  oracle.clock = () => now;
});

const clock: Clock = { nowMs: () => now * 1_000, sleep: async () => undefined };
const opened = (options: Partial<AnswererOptions> = {}, with_ = {}) =>
  Answerer.open(
    { provider: PROVIDER, model: MODEL, ...options },
    { oracle, account, runner, db, clock, log: silentLogger, domain: TEST_DOMAIN, ...with_ },
  );

async function rounds(answerer: Answerer, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await answerer.round();
}

describe('a question', () => {
  it('is answered with what the model says, signed for it', async () => {
    const answerer = await opened();
    const question = oracle.ask();
    await rounds(answerer, 2);
    const [{ receipt, output, provider } = expect.unreachable()] = oracle.sent;
    expect(verifyAnswer(receipt, OWNER.key, TEST_DOMAIN)).toBe(true);
    expect(receipt).toMatchObject({ channel: 0, sequence: Number(question), model: MODEL, price: 50n, time: 1_000 });
    expect(receipt.execution).toBe(7n);
    expect(new TextDecoder().decode(output)).toBe('1 noitseuq');
    expect(bytesToHex(receipt.outputHash)).toBe(bytesToHex(sha256(output)));
    expect(provider).toBe(PROVIDER);
    expect(answerer.stats).toEqual({ answered: 1, gaveUp: {} });
  });

  it('is answered once, however often it is looked at', async () => {
    const answerer = await opened();
    oracle.ask();
    await rounds(answerer, 5);
    expect([oracle.sent.length, runner.runs]).toEqual([1, 1]);
  });

  it('to others is not read', async () => {
    const answerer = await opened();
    oracle.ask({ providers: [OTHER] });
    await rounds(answerer, 2);
    expect(runner.runs).toBe(0);
  });

  it('from before its time is not answered, unless it is told where to begin', async () => {
    oracle.ask();
    const block = oracle.newest;
    oracle.newest += 300n;
    await (await opened()).round();
    expect(runner.runs).toBe(0);
    await (await opened({ fromBlock: block }, { db: new MemoryDb() })).round();
    expect(runner.runs).toBe(1);
  });

  it('that is nearer first is answered first', async () => {
    const answerer = await opened();
    oracle.ask({ deadline: 1_900 });
    oracle.ask({ deadline: 1_100 });
    await answerer.round();
    expect(oracle.sent.map(({ receipt }) => receipt.sequence)).toEqual([2, 1]);
  });
});

describe('what is not worth it', () => {
  it('waits: gas may get cheaper', async () => {
    const answerer = await opened();
    const fee = answerGas({ quorum: 1, callbackGas: 0, outputBytes: 10 });
    oracle.ask({ fee });
    oracle.price = 2n;
    await answerer.round();
    expect(runner.runs).toBe(0);
    oracle.price = 1n;
    await answerer.round();
    expect(oracle.sent).toHaveLength(1);
  });

  it('is a question whose callback costs more than it brings', async () => {
    const answerer = await opened();
    const fee = 2n * answerGas({ quorum: 1, callbackGas: 0, outputBytes: 10 });
    oracle.price = 1n;
    oracle.ask({ fee, callbackGas: 1_000_000 });
    await answerer.round();
    expect(runner.runs).toBe(0);
  });

  it('is what brings less than the minimum', async () => {
    const answerer = await opened({ minimumGain: 51n });
    oracle.ask();
    await answerer.round();
    expect(runner.runs).toBe(0);
    oracle.ask({ fee: 102n });
    await answerer.round();
    expect(oracle.sent.map(({ receipt }) => receipt.sequence)).toEqual([2]);
  });
});

describe('a flood', () => {
  it('of questions that do not pay is taken up to a bound, and costs no look at the node for each', async () => {
    const answerer = await opened({ maxWaiting: 3, minimumGain: 60n });
    for (let i = 0; i < 10; i += 1) oracle.ask();
    await answerer.round();
    const looks = oracle.looks;
    await rounds(answerer, 3);
    expect([oracle.looks, runner.runs]).toEqual([looks, 0]);
    // One that pays has room, however full it is.
    oracle.ask({ fee: 120n });
    await answerer.round();
    expect(oracle.sent.map(({ receipt }) => receipt.sequence)).toEqual([11]);
    const stored: string[] = [];
    for await (const [key] of db.range({ gte: 'answers/q/', lt: 'answers/q0' })) stored.push(key);
    expect(stored).toHaveLength(4);
  });

  it('of questions with strangers, whose silence would cost work and gas, is not taken', async () => {
    const answerer = await opened({ peers: new Set([OTHER]) });
    oracle.ask({ providers: [PROVIDER, 666, 667], quorum: 2 });
    // Strangers that can be the quorum without it agree on anything, first.
    oracle.ask({ providers: [PROVIDER, 666], quorum: 1 });
    oracle.ask({ providers: [PROVIDER, OTHER, 666, 667], quorum: 2 });
    oracle.ask({ providers: [PROVIDER, OTHER, 666], quorum: 3 });
    await rounds(answerer, 2);
    expect(runner.runs).toBe(0);
    oracle.ask({ providers: [PROVIDER, OTHER], quorum: 1 });
    oracle.ask({ providers: [PROVIDER, OTHER, 666], quorum: 2 });
    await rounds(answerer, 2);
    expect(oracle.sent.map(({ receipt }) => receipt.sequence)).toEqual([5]);
    expect(oracle.commits).toHaveLength(1);
  });
});

describe('what is too late', () => {
  it('is not begun', async () => {
    const answerer = await opened({ marginSeconds: 10 });
    oracle.ask({ deadline: 1_009 });
    await rounds(answerer, 2);
    expect([runner.runs, answerer.stats.gaveUp]).toEqual([0, { LATE: 1 }]);
  });

  it('is so by the lane’s time, too, wherever this machine’s clock is', async () => {
    const answerer = await opened();
    oracle.ask({ deadline: 5_000 });
    oracle.timestamp = 4_999;
    await rounds(answerer, 2);
    expect([runner.runs, answerer.stats.gaveUp]).toEqual([0, { LATE: 1 }]);
  });

  it('is not signed if the model took too long', async () => {
    const answerer = await opened();
    runner.onRun = () => {
      now = 1_058;
    };
    oracle.ask();
    await rounds(answerer, 2);
    expect([oracle.sent.length, answerer.stats.gaveUp]).toEqual([0, { LATE: 1 }]);
  });

  it('is what others have answered, or was refunded', async () => {
    const answerer = await opened();
    for (const status of ['answered', 'refunded'] as const) {
      const question = oracle.ask();
      const found = oracle.questions.get(question);
      if (found !== undefined) found.status = status;
    }
    await rounds(answerer, 2);
    expect([runner.runs, answerer.stats.gaveUp]).toEqual([0, { OVER: 2 }]);
  });
});

describe('a model that does not answer', () => {
  it.each([
    ['BAD_TENSOR', 'BAD_INPUT'],
    ['INPUT_TOO_LARGE', 'BAD_INPUT'],
    ['OUTPUT_TOO_LARGE', 'OUTPUT_TOO_LARGE'],
    ['RUN_FAILED', 'RUN_FAILED'],
  ] as const)('with %s gives the question up, once', async (code, reason) => {
    const answerer = await opened();
    runner.failure = code;
    oracle.ask();
    await rounds(answerer, 3);
    expect([runner.runs, answerer.stats.gaveUp]).toEqual([1, { [reason]: 1 }]);
  });

  it('because it is busy is asked again', async () => {
    const answerer = await opened();
    runner.failure = 'BUSY';
    oracle.ask();
    await answerer.round();
    runner.failure = undefined;
    await answerer.round();
    expect(oracle.sent).toHaveLength(1);
  });

  it('leaves the other questions alone', async () => {
    const answerer = await opened();
    oracle.ask();
    oracle.ask();
    runner.onRun = () => {
      if (runner.runs === 1) throw new TypeError('a defect');
    };
    await answerer.round();
    expect(oracle.sent.map(({ receipt }) => receipt.sequence)).toEqual([2]);
    await answerer.round();
    expect(oracle.sent.map(({ receipt }) => receipt.sequence)).toEqual([2, 1]);
  });
});

describe('a transaction', () => {
  it('that waits is not sent again', async () => {
    const answerer = await opened();
    oracle.sending = 'hold';
    oracle.ask();
    await rounds(answerer, 4);
    expect(oracle.sent).toHaveLength(1);
    oracle.deliver();
    await answerer.round();
    expect(answerer.stats.answered).toBe(1);
  });

  it('that got lost is sent again, with the same receipt', async () => {
    const answerer = await opened();
    oracle.sending = 'lose';
    oracle.ask();
    await answerer.round();
    now += 5;
    oracle.sending = 'take';
    await rounds(answerer, 2);
    expect(oracle.sent.map(({ receipt }) => receiptToJson(receipt))).toEqual(
      Array.from({ length: 2 }, () => receiptToJson((oracle.sent[0] ?? expect.unreachable()).receipt)),
    );
    expect([runner.runs, answerer.stats.answered]).toEqual([1, 1]);
  });

  it('that fails again and again is given up: gas is lost with each', async () => {
    const answerer = await opened();
    oracle.sending = 'fail';
    oracle.ask();
    await rounds(answerer, 6);
    expect([oracle.sent.length, answerer.stats.gaveUp]).toEqual([3, { REFUSED: 1 }]);
  });

  it('that the node does not take is tried again', async () => {
    const answerer = await opened();
    oracle.sending = 'break';
    oracle.ask();
    await answerer.round();
    oracle.sending = 'take';
    await answerer.round();
    expect([oracle.sent.length, runner.runs]).toEqual([1, 1]);
  });
});

describe('a crash', () => {
  /** Kills the process at its nth write, and starts another one on what it left. */
  it.each([1, 2, 3, 4, 5])('at write %i leads to one answer, with one receipt', async (write) => {
    const first = await opened();
    oracle.ask();
    db.failsAfter = write - 1;
    await rounds(first, 3).catch(() => undefined);
    db = db.copy();
    now += 7;
    const second = await opened();
    await rounds(second, 3);
    expect(oracle.questions.get(1n)?.answered).toEqual([PROVIDER]);
    const receipts = new Set(oracle.sent.map(({ receipt }) => JSON.stringify(receiptToJson(receipt))));
    expect(receipts.size).toBe(1);
  });

  it('of the node that gives up a block: what is asked there instead is answered instead', async () => {
    const answerer = await opened();
    oracle.sending = 'lose';
    oracle.ask();
    await answerer.round();
    oracle.questions.clear();
    oracle.newest -= 1n;
    oracle.sending = 'take';
    oracle.ask({ input: new TextEncoder().encode('another') });
    await rounds(answerer, 3);
    expect(oracle.sent.map(({ output }) => new TextDecoder().decode(output))).toEqual(['1 noitseuq', 'rehtona']);
  });

  it('of the node that forgets a question: it is forgotten here, too, and taken if it comes back', async () => {
    const answerer = await opened();
    oracle.sending = 'lose';
    oracle.ask();
    await answerer.round();
    const kept = [...oracle.questions];
    oracle.questions.clear();
    await answerer.round();
    expect(answerer.stats.gaveUp).toEqual({ LOST: 1 });
    for (const [number, question] of kept) oracle.questions.set(number, question);
    oracle.sending = 'take';
    await rounds(answerer, 2);
    expect(answerer.stats.answered).toBe(1);
  });
});

it('what is long over is forgotten', async () => {
  const answerer = await opened();
  oracle.ask();
  await rounds(answerer, 2);
  now = 1_060 + 3_601;
  oracle.newest += 300n;
  await answerer.round();
  expect(runner.runs).toBe(1);
  const left: string[] = [];
  for await (const [key] of db.range({ gte: 'answers/over/', lt: 'answers/over0' })) left.push(key);
  expect(left).toEqual([]);
});

describe('it does not start', () => {
  const refused = (code: string, act: Promise<unknown>) => expect(act).rejects.toMatchObject({ code });

  it('with another file than was attested', async () => {
    await refused('MODEL_MISMATCH', opened({}, { runner: new FakeRunner(new Uint8Array(32)) }));
  });

  it('for a model that is none, or an account of somebody else', async () => {
    await refused('NOT_A_MODEL', opened({ model: 12 }));
    await refused('NO_KEY_ACCOUNT', opened({ provider: OTHER }));
    await refused('NO_KEY_ACCOUNT', opened({ provider: MODEL }));
    await refused('NO_KEY_ACCOUNT', opened({}, { account: ledgerAccount({ seed: new Uint8Array(32).fill(9) }) }));
  });

  it('on the answers of another deployment', async () => {
    await opened();
    await refused('STORE_MISMATCH', opened({}, { domain: (TEST_DOMAIN + 1n) as Field }));
  });

  it('with a pause of nothing', async () => {
    await refused('BAD_OPTIONS', opened({ pollMs: 0 }));
  });
});

it('stops in the middle of its questions, and twice', async () => {
  oracle.ask();
  let isAsleep: () => void = () => undefined;
  const asleep = new Promise<void>((resolve) => {
    isAsleep = resolve;
  });
  const sleeping: Clock = {
    nowMs: clock.nowMs,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        isAsleep();
        signal?.addEventListener('abort', () => resolve());
      }),
  };
  const answerer = await Answerer.start(
    { provider: PROVIDER, model: MODEL, fromBlock: 0n },
    { oracle, account, runner, db, clock: sleeping, log: silentLogger, domain: TEST_DOMAIN },
  );
  await asleep;
  await answerer.stop();
  await answerer.stop();
  expect(oracle.sent).toHaveLength(1);
});
