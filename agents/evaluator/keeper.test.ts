import { describe, expect, test } from 'vitest';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { encodePayout } from '../../protocol/epochs/memo.ts';
import { E, EPOCH, KEEPER, P, SERVICE, ServiceWorld, START, w } from '../../protocol/epochs/testing/serviceWorld.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { TEST_DOMAIN, transfer } from '../../protocol/testing/actors.ts';
import { EvaluatorError } from './evaluatorError.ts';
import { Keeper, type KeeperOptions, payoutBundles } from './keeper.ts';
import { expectError } from './testing/expectError.ts';
import { WorldChain } from './testing/worldChain.ts';

const END = START + EPOCH;

function judged(pool = 10_000_000n): WorldChain {
  const world = new ServiceWorld().begin(pool).join([400n, 300n, 300n], 3);
  const scores = w([1, 60_000], [2, 30_000]);
  world.judge(0, { 1: scores, 2: scores, 3: scores });
  const chain = new WorldChain(world);
  chain.now = END + 5;
  return chain;
}

function keeper(chain: WorldChain, db = memoryDb(), more: Partial<KeeperOptions> = {}): Promise<Keeper> {
  const options = {
    service: SERVICE,
    document: chain.world.document,
    domain: TEST_DOMAIN,
    account: accountIndex(KEEPER),
  };
  return Keeper.open({ ...options, ...more }, { chain, source: chain, db });
}

describe('keeper', () => {
  test('pays once, whoever asks how often', async () => {
    const chain = judged();
    const { paid } = chain.world.ledger.payout(0);
    const before = chain.world.balance(P(1));
    const one = await keeper(chain);
    expect((await one.pay(0)).state).toBe('waiting');
    expect((await one.pay(0)).state).toBe('waiting');
    chain.include();
    expect((await one.pay(0)).state).toBe('paid');
    expect((await one.step()).map(({ state }) => state)).toEqual(['paid']);
    expect(new Set(chain.received).size).toBe(1);
    expect(chain.world.balance(P(1)) - before).toBe(paid.find(([to]) => to === P(1))?.[1]);
  });

  test('the fees come from its own account: the pool pays exactly what is due', async () => {
    const chain = judged();
    chain.fee = 3n;
    chain.world.batch(END + 1, (batch) => batch.nameFeeAccount(P(8)));
    const pool = chain.world.balance(SERVICE);
    const one = await keeper(chain);
    await one.pay(0);
    chain.world.batch = withFeeLane(chain.world);
    chain.include();
    const { verdict, state } = await one.pay(0);
    expect(state).toBe('paid');
    expect(pool - chain.world.balance(SERVICE)).toBe(verdict.due);
  });

  test('killed after the transaction was stored and before it left: the same one leaves', async () => {
    const chain = judged();
    const db = memoryDb();
    chain.onSend = () => {
      throw new EvaluatorError('BAD_STORE', 'killed');
    };
    await expectError(
      'BAD_STORE',
      keeper(chain, db).then((one) => one.pay(0)),
    );
    chain.onSend = () => undefined;
    expect((await (await keeper(chain, db)).pay(0)).state).toBe('waiting');
    expect(chain.received).toHaveLength(1);
    chain.include();
    expect((await (await keeper(chain, db)).pay(0)).state).toBe('paid');
  });

  test('killed after it left, included but not yet proven: nothing is paid twice', async () => {
    const chain = judged();
    const db = memoryDb();
    await (await keeper(chain, db)).pay(0);
    chain.proven = chain.world.batches.length;
    chain.include();
    chain.now += 100;
    const again = await keeper(chain, db);
    expect((await again.pay(0)).state).toBe('waiting');
    chain.include();
    chain.proven = undefined;
    expect((await again.pay(0)).state).toBe('paid');
    expect(new Set(chain.received).size).toBe(1);
  });

  test('a node that forgot it is told again; what expired is signed anew only behind a proven batch', async () => {
    const chain = judged();
    const one = await keeper(chain, memoryDb(), { validForSeconds: 100 });
    await one.pay(0);
    chain.forget();
    await one.pay(0);
    expect(new Set(chain.received).size).toBe(1);
    chain.forget();
    chain.now += 200;
    await one.pay(0);
    // Expired by the clock, but no batch says so yet: an old batch could still take it in.
    expect(new Set(chain.received).size).toBe(1);
    chain.include();
    await one.pay(0);
    expect(new Set(chain.received).size).toBe(2);
    chain.include();
    expect((await one.pay(0)).state).toBe('paid');
  });

  test('a small shape takes several transactions', async () => {
    const chain = judged();
    chain.shape = { ops: 32, accounts: 8 };
    const one = await keeper(chain, memoryDb(), { validForSeconds: 100 });
    await one.pay(0);
    const due = chain.world.ledger.payout(0).paid.length;
    expect(chain.received.length).toBe(Math.ceil(due / 2));
    chain.include();
    expect((await one.pay(0)).state).toBe('paid');
    expect(chain.world.ledger.payments(0).map(({ part, parts }) => [part, parts])).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
  });

  test('only the first of several got through: what is still due follows, and nobody is paid twice', async () => {
    const chain = judged();
    chain.shape = { ops: 32, accounts: 8 };
    const one = await keeper(chain, memoryDb(), { validForSeconds: 100 });
    await one.pay(0);
    chain.forget(1);
    chain.include();
    chain.now += 200;
    // The forgotten ones are offered again and refused: too late.
    expect((await one.pay(0)).verdict.status).toBe('partial');
    chain.include();
    await one.pay(0);
    chain.include();
    expect((await one.pay(0)).state).toBe('paid');
  });

  test('somebody paid otherwise: a machine does not go on', async () => {
    const chain = judged();
    const { resultHash } = chain.world.ledger.payout(0);
    const memo = encodePayout({ epoch: 0, resultHash });
    chain.world.at(END + 1, [KEEPER, transfer(SERVICE, P(3), 9n, { memo })]);
    await expectError(
      'PAID_WRONG',
      keeper(chain).then((one) => one.pay(0)),
    );
  });

  test('an epoch that is not over, an account that is not the owner, a service that is not there, an empty pool', async () => {
    const chain = judged();
    const one = await keeper(chain);
    await expectError('EPOCH_OPEN', one.pay(1));
    await expectError(
      'NOT_THE_KEEPER',
      keeper(chain, memoryDb(), { account: E(1) }).then((other) => other.pay(0)),
    );
    await expectError(
      'UNKNOWN_SERVICE',
      keeper(chain, memoryDb(), { service: accountIndex(999) }).then((x) => x.pay(0)),
    );
    chain.world.at(END + 1, [KEEPER, transfer(SERVICE, KEEPER, chain.world.balance(SERVICE) - 5n)]);
    await expectError('POOL_TOO_SMALL', one.pay(0));
  });

  test('nothing due is nothing to pay', async () => {
    const chain = new WorldChain(new ServiceWorld().begin().join([400n], 1).at(END));
    chain.now = END + 1;
    expect((await (await keeper(chain)).step()).map(({ state }) => state)).toEqual(['nothing due']);
    expect(chain.received).toEqual([]);
  });

  test('no transaction has more than 255 ops', () => {
    const due = Array.from({ length: 600 }, (_, i) => [accountIndex(i + 1), 1n] as const);
    const parts = { service: SERVICE, keeper: accountIndex(KEEPER), limits: { fee: 2n, ops: 1_000, accounts: 1_000 } };
    const bundles = payoutBundles({ epoch: 0, resultHash: 1n as never }, due, parts);
    expect(bundles.map((ops) => ops.length)).toEqual([255, 255, 93]);
    expect(bundles[2]?.[0]?.amount).toBe(184n);
  });
});

/** Every batch names a fee account. */
function withFeeLane(world: ServiceWorld): ServiceWorld['batch'] {
  const plain = world.batch.bind(world);
  return (timestamp, build) =>
    plain(timestamp, (batch) => {
      batch.nameFeeAccount(P(8));
      build(batch);
    });
}
