import { describe, expect, test } from 'vitest';
import type { Db } from '../../chain/db.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import {
  AGENT,
  agent,
  E,
  EPOCH,
  P,
  REVEAL,
  SERVICE,
  ServiceWorld,
  START,
} from '../../protocol/epochs/testing/serviceWorld.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor, claim, open, signed, TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import type { Field } from '../../protocol/types.ts';
import { ConsumerError } from '../consumer/consumerError.ts';
import { Evaluator, type EvaluatorReport } from './evaluator.ts';
import type { EvaluatorDeps } from './evaluatorDeps.ts';
import type { Purchase, Target } from './shopping.ts';
import { expectError } from './testing/expectError.ts';
import { WorldChain } from './testing/worldChain.ts';

const CLASSES = 10;
const MODEL = accountIndex(50);
const DOOMED = new RangeError('killed');

/** What provider n answers to a question with this label; by the label the test knows what is right. */
type Conduct = (n: number, label: number) => Purchase;

const right: Conduct = (_, label) => ({ kind: 'answered', output: Uint8Array.of(label), isRepeated: true });

interface Setup {
  readonly chain: WorldChain;
  readonly evaluator: Evaluator;
  /** Another process on the same store. */
  readonly restart: (change?: Partial<EvaluatorDeps>) => Promise<Evaluator>;
  readonly bought: number[];
  readonly db: Db;
}

async function setUp(
  conduct: Conduct = right,
  change: Partial<EvaluatorDeps> = {},
  evaluators = 1,
  providers = 3,
): Promise<Setup> {
  const stakes = Array.from({ length: evaluators }, () => 500n);
  const chain = new WorldChain(new ServiceWorld().begin().join(stakes, providers));
  const db = memoryDb();
  const bought: number[] = [];
  let salts = 0n;
  const deps: EvaluatorDeps = {
    chain,
    source: chain,
    db,
    shopper: {
      buy: async ({ owner }, input) => {
        const n = owner - P(0);
        bought.push(n);
        return conduct(n, input[0] ?? -1);
      },
    },
    targets: async () => [1, 2, 3].map(target),
    api: () => ({ sample: async () => Promise.reject(new ConsumerError('REFUSED', 'private')) }),
    runner: () => undefined,
    question: (_, number) => ({ input: Uint8Array.of(number % CLASSES), label: number % CLASSES }),
    labelOf: ([label]) => label,
    random: () => {
      salts += 1n;
      return (1_000n + salts) as Field;
    },
    ...change,
  };
  const options = {
    ...{ service: SERVICE, document: chain.world.document, domain: TEST_DOMAIN, account: E(1) },
    ...{ classes: CLASSES, purchases: 10, purchasesAStep: 5, commitMarginSeconds: 100 },
  };
  const restart = (other: Partial<EvaluatorDeps> = {}) => Evaluator.open(options, { ...deps, ...other });
  return { chain, evaluator: await restart(), restart, bought, db };
}

function target(n: number): Target {
  return { agent: AGENT(n), owner: P(n), endpoint: `http://provider-${n}`, model: MODEL, price: 10n };
}

/** Steps at these seconds of the epoch, a batch after each. */
async function stepAt(chain: WorldChain, evaluator: Evaluator, ...seconds: number[]): Promise<EvaluatorReport[]> {
  const reports: EvaluatorReport[] = [];
  for (const second of seconds) {
    chain.now = START + second;
    reports.push(await evaluator.step());
    chain.include();
  }
  return reports;
}

const COMMIT = EPOCH - REVEAL - 100;
const REVEALS = EPOCH - REVEAL;

function weights({ chain }: Setup, n = 1): Record<number, number> | undefined {
  const found = chain.world.ledger.scores?.reveals.get(E(n));
  return found && Object.fromEntries(found.map(([agent, weight]) => [agent - AGENT(0), weight]));
}

describe('evaluator', () => {
  test('judges, commits and reveals: right answers weigh all, half of them half, none nothing', async () => {
    const conduct: Conduct = (n, label) => {
      if (n === 3) return { kind: 'unanswered', code: 'TIMEOUT' };
      if (n === 2 && label % 2 === 1) return { kind: 'unanswered', code: 'REFUSED' };
      return right(n, label);
    };
    const all = await setUp(conduct);
    const states = await stepAt(all.chain, all.evaluator, -10, 10, 20, 30, COMMIT, REVEALS, REVEALS + 50, REVEALS + 60);
    expect(states.map(({ state }) => state)).toEqual([
      ...['idle', 'judging', 'judging', 'judging', 'committed', 'waiting', 'waiting', 'revealed'],
    ]);
    expect(weights(all)).toEqual({ 1: 65_535, 2: 32_767 });
    expect(all.bought).toHaveLength(30);
  });

  test('one wrong answer and nine right ones weigh nothing', async () => {
    const conduct: Conduct = (n, label) =>
      n === 1 && label === 7 ? { kind: 'fault', code: 'OUTPUT_MISMATCH' } : right(n, label);
    const all = await setUp(conduct);
    await stepAt(all.chain, all.evaluator, 10, 20, COMMIT, REVEALS, REVEALS + 50);
    expect(weights(all)).toEqual({ 2: 65_535, 3: 65_535 });
  });

  test('a provider that announces nothing, or whose announcement is another owner’s, weighs nothing', async () => {
    const targets = async () => [target(1), { ...target(2), owner: P(3) }];
    const all = await setUp(right, { targets });
    await stepAt(all.chain, all.evaluator, 10, 20, COMMIT, REVEALS, REVEALS + 50);
    expect(weights(all)).toEqual({ 1: 65_535 });
  });

  test('providers that let everybody wait do not cost the commitment', async () => {
    let all: Setup | undefined;
    const conduct: Conduct = (n, label) => {
      if (n === 3 || all === undefined || all.chain.now >= START + COMMIT) return right(n, label);
      all.chain.now += 100;
      return { kind: 'unanswered', code: 'TIMEOUT' };
    };
    all = await setUp(conduct);
    const [first] = await stepAt(all.chain, all.evaluator, 10);
    expect(first?.state).toBe('judging');
    expect(all.bought.filter((n) => n !== 3).length).toBeLessThan(10);
    await stepAt(all.chain, all.evaluator, REVEALS - 10, REVEALS, REVEALS + 50);
    expect(weights(all)?.[3]).toBe(65_535);
    expect(weights(all)?.[1]).toBeLessThan(40_000);
  });

  test('an address that nobody may ask is the provider’s trouble, and stops nothing', async () => {
    const api = () => {
      throw new ConsumerError('PRIVATE_ADDRESS', 'of a printer');
    };
    const runner: EvaluatorDeps['runner'] = () => ({
      sha256: new Uint8Array(32),
      execution: () => ({ word: 1n as Field }),
      run: async (input) => input,
    });
    const all = await setUp(right, { api, runner });
    const wallet = actor(77);
    const channel = { provider: P(1), model: SERVICE, voucherKey: wallet, amount: 5_000n, expiry: START + EPOCH };
    all.chain.world.at(START, [E(2), open(E(2), 610, channel)]);
    all.chain.world.batch(START + 1, (batch) => {
      const ops = [claim(610, P(1), { total: 30n, receiptsRoot: 5n as Field, voucherKey: wallet })];
      batch.applyTx(
        signed(actor(P(1)), { signer: P(1), nonce: batch.account(P(1))?.nonce ?? 0, ops, validUntil: 2 ** 40 - 1 }),
      );
    });
    const served = { ...target(1), model: SERVICE };
    const again = await all.restart({ targets: async () => [served, target(2), target(3)] });
    const [report] = await stepAt(all.chain, again, 10);
    expect(report?.findings[0]).toEqual({ agent: AGENT(1), finding: { kind: 'unanswered' } });
    await stepAt(all.chain, again, 20, COMMIT, REVEALS, REVEALS + 50);
    expect(weights(all)?.[1]).toBeLessThan(65_535);
    expect(weights(all)?.[2]).toBe(65_535);
  });

  test('its own trouble is nobody’s fault', async () => {
    let tries = 0;
    const conduct: Conduct = (n, label) => {
      tries += 1;
      return tries <= 3 ? { kind: 'passed', code: 'INSUFFICIENT_BALANCE' } : right(n, label);
    };
    const all = await setUp(conduct);
    await stepAt(all.chain, all.evaluator, 10, 20, COMMIT, REVEALS, REVEALS + 50);
    expect(weights(all)).toEqual({ 1: 65_535, 2: 65_535, 3: 65_535 });
  });

  test('killed between storing and sending the commitment: the same one leaves, with the same weights', async () => {
    let isBad = false;
    const all = await setUp((n, label) => (isBad ? { kind: 'fault', code: 'X' } : right(n, label)));
    await stepAt(all.chain, all.evaluator, 10, 20);
    all.chain.now = START + COMMIT;
    all.chain.onSend = () => {
      throw DOOMED;
    };
    await expect(all.evaluator.step()).rejects.toThrow(DOOMED);
    const stored = await all.evaluator.work(0);
    // What it would find now is another matter: decided is decided.
    isBad = true;
    all.chain.onSend = () => undefined;
    const again = await all.restart();
    await stepAt(all.chain, again, COMMIT + 10, REVEALS, REVEALS + 50);
    expect(all.chain.world.ledger.scores?.commitments.get(E(1))).toBe(stored?.decision?.commitment);
    expect(weights(all)).toEqual({ 1: 65_535, 2: 65_535, 3: 65_535 });
    expect(all.chain.world.ledger.scores?.ignored).toEqual([]);
  });

  test('killed anywhere, it reveals what it committed to, once', async () => {
    // Every step is done by another process. One transaction commits, one begins a batch, one reveals.
    const all = await setUp();
    for (const second of [10, 20, COMMIT, COMMIT + 10, REVEALS, REVEALS + 10, REVEALS + 20]) {
      await stepAt(all.chain, await all.restart(), second);
    }
    expect(weights(all)).toEqual({ 1: 65_535, 2: 65_535, 3: 65_535 });
    expect(all.chain.world.ledger.scores?.ignored).toEqual([]);
    expect(all.chain.received).toHaveLength(3);
  });

  test('a node that loses the reveal is told again', async () => {
    const all = await setUp();
    await stepAt(all.chain, all.evaluator, 10, COMMIT, REVEALS);
    all.chain.now = START + REVEALS + 5;
    await all.evaluator.step();
    all.chain.forget();
    await stepAt(all.chain, all.evaluator, REVEALS + 10, REVEALS + 20);
    expect(weights(all)).toBeDefined();
    expect(new Set(all.chain.received).size).toBe(3);
  });

  test('nothing is revealed before L1 has a batch of the reveals: the sequencer could still commit to it', async () => {
    const all = await setUp();
    await stepAt(all.chain, all.evaluator, 10, COMMIT);
    all.chain.now = START + REVEALS + 10;
    // Held open since before the reveals.
    all.chain.openedAt = START + REVEALS - 1;
    expect((await all.evaluator.step()).state).toBe('waiting');
    all.chain.include();
    all.chain.committed = all.chain.world.batches.length;
    expect(all.chain.received).toHaveLength(1);
    // A chain that stands still gets its batch, once, and it has to be on L1.
    for (let i = 0; i < 3; i += 1) expect((await all.evaluator.step()).state).toBe('waiting');
    expect(all.chain.received).toHaveLength(2);
    all.chain.include();
    for (let i = 0; i < 3; i += 1) expect((await all.evaluator.step()).state).toBe('waiting');
    expect(all.chain.received).toHaveLength(2);
    all.chain.committed = undefined;
    await stepAt(all.chain, all.evaluator, REVEALS + 20, REVEALS + 30);
    expect(weights(all)).toBeDefined();
    expect(all.chain.received).toHaveLength(3);
  });

  test('a commitment that would count to the epoch before waits for the next batch', async () => {
    const all = await setUp();
    all.chain.openedAt = START - 5;
    all.chain.now = START + COMMIT;
    expect((await all.evaluator.step()).state).toBe('waiting');
    expect(all.chain.received).toEqual([]);
  });

  test('away while commitments were taken: missed, and the next epoch is judged anew with another salt', async () => {
    const all = await setUp();
    const [missed] = await stepAt(all.chain, all.evaluator, REVEALS + 5);
    expect(missed?.state).toBe('missed');
    await stepAt(all.chain, all.evaluator, ...[10, COMMIT, REVEALS, REVEALS + 50].map((second) => EPOCH + second));
    expect(weights(all)).toBeDefined();
    const salts = await Promise.all([0, 1].map(async (epoch) => (await all.evaluator.work(epoch))?.salt));
    expect(new Set(salts).size).toBe(2);
  });

  test('begun just before the reveals, it still judges; without having seen anything it says nothing', async () => {
    const all = await setUp();
    await stepAt(all.chain, all.evaluator, COMMIT + 20, REVEALS, REVEALS + 50);
    expect(weights(all)).toEqual({ 1: 65_535, 2: 65_535, 3: 65_535 });
    const blind = await setUp(() => ({ kind: 'passed', code: 'INSUFFICIENT_BALANCE' }));
    const states = await stepAt(blind.chain, blind.evaluator, 10, COMMIT, REVEALS);
    expect(states.map(({ state }) => state)).toEqual(['judging', 'judging', 'missed']);
    expect(blind.chain.received).toEqual([]);
  });

  test('without a stake it does nothing', async () => {
    const all = await setUp(right, {}, 0);
    const states = await stepAt(all.chain, all.evaluator, 10, COMMIT, REVEALS);
    expect(states.map(({ state }) => state)).toEqual(['idle', 'idle', 'idle']);
    expect(all.bought).toEqual([]);
  });

  test('it never buys of itself', async () => {
    const own = async () => [1, 2, 3].map(target);
    const all = await setUp(right, { targets: own });
    all.chain.world.at(START - 40, [E(1), agent(0, accountIndex(260), E(1))]);
    await stepAt(all.chain, all.evaluator, 10, COMMIT, REVEALS, REVEALS + 50);
    expect(weights(all)).toEqual({ 1: 65_535, 2: 65_535, 3: 65_535 });
  });

  test('a batch that takes few ops: the best are named', async () => {
    const conduct: Conduct = (n, label) => (label < n - 1 ? { kind: 'unanswered', code: 'TIMEOUT' } : right(n, label));
    const targets = async () => [1, 2, 3, 4, 5, 6, 7].map(target);
    const all = await setUp(conduct, { targets }, 1, 7);
    all.chain.shape = { ops: 1, accounts: 64 };
    await stepAt(all.chain, all.evaluator, 10, 20, COMMIT, REVEALS, REVEALS + 50);
    expect(Object.keys(weights(all) ?? {})).toEqual(['1', '2', '3', '4', '5']);
  });

  test('the store of another service, account or deployment is refused', async () => {
    const { db, chain } = await setUp();
    const deps = { chain, source: chain, db } as unknown as EvaluatorDeps; // nothing else is used before it fails
    const options = { service: SERVICE, document: chain.world.document, domain: TEST_DOMAIN, account: E(2) };
    await expectError('BAD_STORE', Evaluator.open(options, deps));
  });
});

describe('two evaluators who see the same', () => {
  test('say the same, with commitments that differ', async () => {
    const first = await setUp(right, {}, 2);
    await stepAt(first.chain, first.evaluator, 10, 20, COMMIT);
    const second = await Evaluator.open(
      {
        ...{ service: SERVICE, document: first.chain.world.document, domain: TEST_DOMAIN, account: E(2) },
        ...{ classes: CLASSES, commitMarginSeconds: 100 },
      },
      await depsOf(first.chain),
    );
    await stepAt(first.chain, second, COMMIT + 10);
    const commitments = [...(first.chain.world.ledger.scores?.commitments.values() ?? [])];
    expect(new Set(commitments).size).toBe(2);
    await stepAt(first.chain, first.evaluator, REVEALS, REVEALS + 1);
    await stepAt(first.chain, second, REVEALS + 2, REVEALS + 3);
    expect(weights(first, 2)).toEqual(weights(first, 1));
  });
});

async function depsOf(chain: WorldChain): Promise<EvaluatorDeps> {
  return {
    chain,
    source: chain,
    db: memoryDb(),
    shopper: { buy: async (_, input) => right(1, input[0] ?? -1) },
    targets: async () => [1, 2, 3].map(target),
    api: () => ({ sample: async () => Promise.reject(new ConsumerError('REFUSED', 'private')) }),
    runner: () => undefined,
    question: (_, number) => ({ input: Uint8Array.of(number % CLASSES), label: number % CLASSES }),
    labelOf: ([label]) => label,
    random: () => 77n as Field,
  };
}
