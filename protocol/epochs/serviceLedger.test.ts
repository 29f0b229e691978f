import { describe, expect, test } from 'vitest';
import { GRACE_SECONDS } from '../account.ts';
import { accountIndex } from '../ids.ts';
import type { OpenBatch } from '../openBatch.ts';
import { actor, attest, claim, exit, open, type SignedClaim, signed, transfer } from '../testing/actors.ts';
import { type Field, Subtype } from '../types.ts';
import { encodeCommit, encodePayout } from './memo.ts';
import { ServiceLedger } from './serviceLedger.ts';
import { expectEpochCode } from './testing/expectEpochCode.ts';
import {
  AGENT,
  agent,
  commit,
  commitmentOf,
  DOCUMENT,
  E,
  EPOCH,
  KEEPER,
  OTHER_TOKEN,
  P,
  reveal,
  SERVICE,
  ServiceWorld,
  STAKE,
  START,
  saltOf,
  stake,
  toService,
  w,
  wallet,
} from './testing/serviceWorld.ts';

const END = START + EPOCH;

function accounts(world: ServiceWorld): number[] {
  return world.ledger.participants.map(({ account }) => account);
}

describe('who takes part', () => {
  test('evaluators by stake, providers by agent, numbered by account', () => {
    const world = new ServiceWorld().begin().join([500n, 99n, 700n], 2).at(START);
    expect(world.ledger.participants).toEqual([
      { uid: 0, account: E(1), stake: 500n, isEvaluator: true, isProvider: false },
      { uid: 1, account: E(3), stake: 700n, isEvaluator: true, isProvider: false },
      { uid: 2, account: P(1), agent: AGENT(1), stake: 0n, isEvaluator: false, isProvider: true },
      { uid: 3, account: P(2), agent: AGENT(2), stake: 0n, isEvaluator: false, isProvider: true },
    ]);
  });

  test('as of the start: who joins in its first batch takes part in the next one', () => {
    const world = new ServiceWorld().begin().join([500n], 1);
    world.at(START, [E(2), stake(2, 900n)], [P(2), agent(2)]);
    expect(accounts(world)).toEqual([E(1), P(1)]);
    world.at(END);
    expect(accounts(world)).toEqual([E(1), E(2), P(1), P(2)]);
  });

  test('more than fit: the largest stakes (of equal ones the lower account), as many agents as there is room for', () => {
    const world = new ServiceWorld({ maxEvaluators: 2, maxProviders: 1 }).begin();
    world.join([300n, 500n, 500n, 500n], 2).at(START);
    expect(accounts(world)).toEqual([E(2), E(3), P(1)]);
  });

  test('an owner’s first agent counts, however many it has', () => {
    const world = new ServiceWorld().begin().join([300n], 0);
    world.at(START - 200, [P(1), agent(1, 220), agent(1, 210), agent(1, 230)]).at(START);
    expect(world.ledger.participants.find(({ account }) => account === P(1))?.agent).toBe(210);
  });

  test('agents of another service, other artefacts and another token do not', () => {
    const world = new ServiceWorld().begin().join([300n], 1);
    world.at(START - 200, [KEEPER, attest(KEEPER, 101, { subtype: Subtype.SERVICE })]);
    world.at(
      START - 200,
      [P(2), attest(P(2), 402, { parent: 101, subtype: Subtype.AGENT })],
      [P(3), attest(P(3), 403, { parent: SERVICE, subtype: Subtype.MODEL })],
      [OTHER_TOKEN, agent(9, 409, OTHER_TOKEN)],
    );
    world.at(START);
    expect(accounts(world)).toEqual([E(1), P(1)]);
  });

  test('a channel too short, to another provider or with another model is no stake; two are added up', () => {
    const world = new ServiceWorld().begin().join([], 0);
    const terms = { voucherKey: wallet(1), amount: 1_000n, expiry: START + 9 * EPOCH };
    world.at(
      START - 100,
      [E(1), stake(1, 1_000n, { expiry: END - 1 })],
      [E(2), open(E(2), 310, { ...terms, provider: P(1), model: SERVICE })],
      [E(3), open(E(3), 311, { ...terms, provider: KEEPER })],
      [E(4), stake(4, 60n), stake(4, 70n, { channel: 320, expiry: END })],
    );
    world.at(START);
    expect(world.ledger.participants.map(({ account, stake: own }) => [account, own])).toEqual([[E(4), 130n]]);
    world.at(END);
    expect(accounts(world)).toEqual([]);
  });

  test('the keeper cannot evaluate', () => {
    const world = new ServiceWorld().begin().join([300n], 1);
    world.at(START - 100, [
      KEEPER,
      open(KEEPER, 330, {
        provider: KEEPER,
        model: SERVICE,
        voucherKey: wallet(1),
        amount: 10n ** 6n,
        expiry: 2 ** 39,
      }),
    ]);
    world.at(START);
    expect(accounts(world)).toEqual([E(1), P(1)]);
  });

  test('stake that leaves to the keeper before the start is not counted, after it is', () => {
    const world = new ServiceWorld().begin().join([5_000n, 5_000n], 1);
    const take = (n: number) => claim(STAKE(n), KEEPER, { total: 4_000n, voucherKey: wallet(n) });
    const settle = (time: number, n: number) =>
      world.batch(time, (batch) => batch.applyTx(keeperClaims(batch, take(n))));
    settle(START - 1, 1);
    settle(START, 2);
    expect(world.ledger.participants.map(({ stake: own }) => own)).toEqual([1_000n, 5_000n, 0n]);
    world.at(END);
    expect(world.ledger.participants.map(({ stake: own }) => own)).toEqual([1_000n, 1_000n, 0n]);
  });

  test('the same money is never two stakes: it must be over and closed before it is staked again', () => {
    const world = new ServiceWorld().begin().join([], 1);
    world.at(START - 100, [E(1), stake(1, 90_000n, { expiry: END })]);
    world.at(START);
    expect(world.ledger.participants.map(({ stake: own }) => own)).toEqual([90_000n, 0n]);
    expect(() => world.at(START + 1, [E(1), stake(1, 90_000n, { channel: 340 })])).toThrow('INSUFFICIENT_BALANCE');
    const over = END + GRACE_SECONDS;
    expect(world.balance(STAKE(1))).toBe(90_000n);
    world.at(over);
    expect(world.ledger.stakes(0).size).toBe(0);
  });
});

function keeperClaims(batch: OpenBatch, ...ops: SignedClaim[]) {
  const nonce = batch.account(accountIndex(KEEPER))?.nonce ?? 0;
  return signed(actor(KEEPER), { signer: KEEPER, nonce, ops, validUntil: 2 ** 40 - 1 });
}

describe('scores', () => {
  const setUp = () => new ServiceWorld().begin().join([500n, 500n, 500n], 3);
  const reasons = (world: ServiceWorld) => world.ledger.scores?.ignored.map(({ reason }) => reason);
  const good = w([1, 65_535], [2, 30_000]);
  const REVEALING = END - 100;

  test('committed, then revealed: they count', () => {
    const world = setUp()
      .at(START + 10, [E(1), commit(1, 0, good)])
      .at(REVEALING, [E(1), ...reveal(1, 0, good)]);
    expect(world.ledger.scores?.reveals).toEqual(new Map([[E(1), good]]));
    expect(reasons(world)).toEqual([]);
  });

  test('the last commitment counts, the first good reveal too', () => {
    const world = setUp().at(START + 10, [E(1), commit(1, 0, w([3, 9]))], [E(1), commit(1, 0, good)]);
    world.at(REVEALING, [E(1), ...reveal(1, 0, w([3, 9]))]);
    world.at(REVEALING, [E(1), ...reveal(1, 0, good), ...reveal(1, 0, good)]);
    expect(world.ledger.scores?.reveals.get(E(1))).toEqual(good);
    expect(reasons(world)).toEqual(['OTHER_SCORES', 'SECOND_REVEAL']);
  });

  test('a copied commitment opens for nobody else', () => {
    const copied = toService(E(2), encodeCommit({ epoch: 0, commitment: commitmentOf(1, 0, good) }));
    const world = setUp().at(START + 10, [E(1), commit(1, 0, good)], [E(2), copied]);
    world.at(REVEALING, [E(1), ...reveal(1, 0, good)]);
    // The copier knows salt and weights by now.
    world.at(REVEALING + 1, [E(2), ...reveal(2, 0, good, saltOf(1, 0))]);
    expect([...(world.ledger.scores?.reveals.keys() ?? [])]).toEqual([E(1)]);
    expect(reasons(world)).toEqual(['OTHER_SCORES']);
  });

  test('other weights than were committed to are none', () => {
    const world = setUp().at(START + 10, [E(1), commit(1, 0, good)]);
    world.at(REVEALING, [E(1), ...reveal(1, 0, w([1, 1]))]);
    expect(reasons(world)).toEqual(['OTHER_SCORES']);
  });

  test('late, early and without a commitment', () => {
    const world = setUp().at(START + 10, [E(1), commit(1, 0, good)], [E(1), ...reveal(1, 0, good)]);
    world.at(END - 200, [E(2), commit(2, 0, good)]);
    world.at(END - 199, [E(2), ...reveal(2, 0, good)], [E(3), commit(3, 1, good)]);
    expect(reasons(world)).toEqual(['EARLY', 'LATE', 'NO_COMMITMENT', 'EARLY']);
    world.at(END, [E(1), ...reveal(1, 0, good)]);
    expect(reasons(world)).toEqual(['LATE']);
    expect(world.ledger.payout(0).reveals.size).toBe(0);
  });

  test('the second before revealing begins is in time, at that second it is late', () => {
    const world = setUp()
      .at(END - 201, [E(1), commit(1, 0, good)])
      .at(END - 200, [E(1), ...reveal(1, 0, good)]);
    expect(world.ledger.scores?.reveals.has(E(1))).toBe(true);
  });

  test('a reveal over two transactions is none', () => {
    const many = w([1, 1], [2, 1], [3, 1]);
    const long = [...many, ...Array.from({ length: 4 }, (_, i) => [accountIndex(900 + i), 1] as const)];
    const parts = reveal(1, 0, long);
    expect(parts.length).toBe(2);
    const world = setUp().at(START + 10, [E(1), commit(1, 0, long)]);
    world.at(REVEALING, ...parts.map((part) => [E(1), part] as const));
    expect(reasons(world)).toEqual(['MALFORMED', 'MALFORMED']);
  });

  test('a weight for who does not take part counts for nothing, the others do', () => {
    const strange = [...good, [accountIndex(900), 1] as const];
    const world = setUp().at(START + 10, [E(1), commit(1, 0, strange)]);
    world.at(START + 20, [P(4), agent(4)]).at(REVEALING, [E(1), ...reveal(1, 0, strange)]);
    expect(reasons(world)).toEqual([]);
    expect(world.ledger.scores?.reveals.get(E(1))).toEqual(good);
  });

  test('an evaluator’s other accounts, strangers and the keeper score nothing; their noise is bounded', () => {
    const world = setUp();
    const noise = Array.from({ length: 40 }, () =>
      toService(P(5), encodeCommit({ epoch: 0, commitment: 5n as Field })),
    );
    for (let i = 0; i < 8; i += 1) world.at(START + 10, [P(5), ...noise]);
    world.at(START + 11, [KEEPER, toService(KEEPER, encodeCommit({ epoch: 0, commitment: 5n as Field }))]);
    expect(world.ledger.scores?.ignored).toHaveLength(256);
    expect(world.ledger.scores?.ignoredMore).toBe(65);
    expect(world.ledger.scores?.commitments.size).toBe(0);
    // Who takes part is still told why.
    world.at(REVEALING, [E(1), ...reveal(1, 0, good)]);
    expect(world.ledger.scores?.ignored.at(-1)?.reason).toBe('NO_COMMITMENT');
  });
});

describe('replay', () => {
  test('batches must follow each other', () => {
    const world = new ServiceWorld().begin();
    const last = world.batches.length;
    const next = { number: last + 2, timestamp: START, l1Ops: [], ops: [] };
    expectEpochCode('BATCH_OUT_OF_ORDER', () => world.ledger.apply(next));
    expectEpochCode('BATCH_OUT_OF_ORDER', () => world.ledger.apply({ ...next, number: last }));
    expectEpochCode('BATCH_OUT_OF_ORDER', () => world.ledger.apply({ ...next, number: last + 1, timestamp: 1 }));
    expect(world.ledger.batch).toBe(last);
  });

  test('another document is another service', () => {
    const world = new ServiceWorld().begin();
    const document = { ...DOCUMENT, emission: 2_000_000n };
    const other = new ServiceLedger({ service: SERVICE, document, domain: world.ledger.options.domain });
    expectEpochCode('WRONG_DOCUMENT', () => {
      for (const batch of world.batches) other.apply(batch);
    });
  });

  test('the pool is what the account holds: transfers, exits, deposits, royalties', () => {
    const world = new ServiceWorld().begin(1_000n).join([900n], 1);
    world.at(START, [P(1), transfer(P(1), SERVICE, 77n)], [KEEPER, transfer(SERVICE, P(2), 5n, { fee: 0n })]);
    world.at(START + 1, [KEEPER, exit(SERVICE, 0xabcn, 2n)]);
    world.batch(START + 2, (batch) => batch.applyL1({ opcode: 2, index: SERVICE, token: 0, amount: 11n, address: 1n }));
    expect(world.ledger.service?.pool).toBe(1_081n);
    expect(world.balance(SERVICE)).toBe(1_081n);
  });

  test('goes on from a snapshot as if nothing had been', () => {
    const world = new ServiceWorld().begin().join([500n, 300n], 3);
    world.judge(0, { 1: w([1, 65_535], [2, 100]), 2: w([1, 60_000]) });
    world.at(
      END + 10,
      [E(1), commit(1, 1, w([1, 5]))],
      [P(7), toService(P(7), encodeCommit({ epoch: 1, commitment: 1n as Field }))],
    );
    const copy = ServiceLedger.restore(world.ledger.options, JSON.parse(JSON.stringify(world.ledger.toJson())));
    expect(copy.state()).toEqual(world.ledger.state());
    const before = world.batches.length;
    world.at(END + EPOCH - 100, [E(1), ...reveal(1, 1, w([1, 5]))]).at(END + EPOCH);
    for (const batch of world.batches.slice(before)) copy.apply(batch);
    expect(copy.toJson()).toEqual(world.ledger.toJson());
    expect(copy.payout(1)).toEqual(world.ledger.payout(1));
    expect(copy.payout(0)).toEqual(world.ledger.payout(0));
  });

  test.each<[string, (json: { [key: string]: unknown }) => unknown]>([
    ['no object', () => 1],
    ['another service', (json) => ({ ...json, service: 101 })],
    ['another document', (json) => ({ ...json, document: '{}' })],
    ['another version', (json) => ({ ...json, version: 1 })],
    ['an unknown member', (json) => ({ ...json, more: 1 })],
    ['a state without its pool', (json) => ({ ...json, state: {} })],
  ])('a snapshot that is %s is refused', (_, change) => {
    const { ledger } = new ServiceWorld().begin();
    const json = JSON.parse(JSON.stringify(ledger.toJson()));
    expectEpochCode('BAD_SNAPSHOT', () => ServiceLedger.restore(ledger.options, change(json) as never));
  });

  test('an epoch that is not over has no payout; one long over is forgotten', () => {
    const world = new ServiceWorld({}, 2).begin().join([500n], 1).at(START);
    expectEpochCode('EPOCH_OPEN', () => world.ledger.payout(0));
    world.at(START + 3 * EPOCH);
    expect(world.ledger.epochs).toEqual([1, 2]);
    expectEpochCode('EPOCH_FORGOTTEN', () => world.ledger.payout(0));
  });

  test('many epochs in which nobody evaluates cost nothing', () => {
    const world = new ServiceWorld({ epochSeconds: 2, revealSeconds: 1 }).begin().join([], 2);
    world.at(START + 200_000_000);
    expect(world.ledger.currentEpoch).toBe(100_000_000);
    expect(world.ledger.epochs).toHaveLength(8);
    expect(world.ledger.payout(99_999_999).paid).toEqual([]);
  });

  test('only the keeper’s transactions are payouts', () => {
    const world = new ServiceWorld().begin().join([500n], 1).at(END);
    const memo = encodePayout({ epoch: 0, resultHash: 5n as Field });
    world.at(END, [P(1), transfer(P(1), SERVICE, 1n, { memo }), transfer(P(1), P(2), 7n)]);
    world.at(END, [P(1), transfer(P(1), P(2), 1n, { memo })]);
    expect(world.ledger.payments(0)).toEqual([]);
    world.at(END, [KEEPER, transfer(KEEPER, SERVICE, 1n, { memo }), transfer(SERVICE, P(2), 7n)]);
    expect(world.ledger.payments(0).map(({ payments }) => payments)).toEqual([[[P(2), 7n]]]);
  });
});
