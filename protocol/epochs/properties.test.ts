/** What the replay of posted operations believes, against the ledger itself, over random chains. */
import { describe, expect, test } from 'vitest';
import { isOver, unpackAttestation, unpackChannel } from '../account.ts';
import { SeededRandom } from '../testing/random.ts';
import { randomBatch } from '../testing/randomBatch.ts';
import { AccountTree } from '../tree.ts';
import { type AccountIndex, type ClosedBatch, Kind, Subtype } from '../types.ts';
import type { Weight } from './memo.ts';
import { type EpochBatch, ServiceAccounts } from './serviceAccounts.ts';
import { ServiceLedger } from './serviceLedger.ts';
import { commit, E, EPOCH, reveal, ServiceWorld, START, w } from './testing/serviceWorld.ts';

const seed = Number(process.env.SEED ?? 20261123);
const BATCHES = 40;

function posted({ batch }: ClosedBatch): EpochBatch {
  const { number, timestamp, l1Ops, txs } = batch;
  return { number, timestamp, l1Ops, ops: txs.map((tx) => tx.ops) };
}

/** Any attestation as if it were a service: the replay does not know in advance what will be one. */
class AnyService extends ServiceAccounts {
  override check(): void {
    // Random attestations have random artefacts and subtypes.
  }
}

/** The same, read off the tree. */
function truth(tree: AccountTree, service: AccountIndex, timestamp: number) {
  const account = tree.get(service);
  const keeper = account?.kind === Kind.ATTEST ? unpackAttestation(account.c).owner : undefined;
  const stakes = new Map<AccountIndex, bigint>();
  const agents = new Map<AccountIndex, AccountIndex>();
  for (const [index, { kind, c, balance, token }] of tree.entries()) {
    if (kind === Kind.CHANNEL) {
      const terms = unpackChannel(c);
      if (terms.model !== service || terms.provider !== keeper || terms.payer === keeper) continue;
      if (!isOver(terms, timestamp)) stakes.set(terms.payer, (stakes.get(terms.payer) ?? 0n) + balance);
    }
    if (kind !== Kind.ATTEST || token !== account?.token) continue;
    const { owner, parent, subtype } = unpackAttestation(c);
    if (parent !== service || subtype !== Subtype.AGENT) continue;
    agents.set(owner, Math.min(agents.get(owner) ?? index, index) as AccountIndex); // one of two indices
  }
  return { pool: account?.balance, keeper, stakes, agents };
}

describe(`random batches (SEED=${seed})`, () => {
  const random = new SeededRandom(seed);
  const tree = new AccountTree();
  const batches = Array.from({ length: BATCHES }, (_, i) => randomBatch(tree, random, i + 1, false));
  const services = [...tree.entries()].flatMap(([index, { kind }]) => (kind === Kind.ATTEST ? [index] : []));

  test('pool, stakes and agents of every attestation are what the ledger has, after every batch', () => {
    const followers = services.map((service) => ({
      service,
      accounts: new AnyService({ service, documentText: 'any' }),
    }));
    const again = new AccountTree();
    let [staked, royalties] = [0, 0];
    for (const closed of batches) {
      replay(again, closed);
      for (const { service, accounts } of followers) {
        accounts.apply(posted(closed));
        const { pool, keeper, stakes, agents } = truth(again, service, closed.batch.timestamp);
        expect(accounts.service?.pool).toBe(pool);
        expect(accounts.service?.keeper).toBe(keeper);
        expect(sorted(accounts.stakes(0))).toEqual(sorted(stakes));
        expect(new Map(accounts.agents().map(([agent, owner]) => [owner, agent]))).toEqual(agents);
        staked += stakes.size;
      }
      royalties += closed.batch.txs.flatMap((tx) => tx.ops).filter(({ payload }) => (payload[2] ?? 0n) > 0n).length;
    }
    expect(services.length).toBeGreaterThan(10);
    expect(staked).toBeGreaterThan(10);
    expect(royalties).toBeGreaterThan(0);
  });
});

function replay(tree: AccountTree, { slots }: ClosedBatch): void {
  for (const { index, after } of slots) if (after !== undefined) tree.set(index, after);
}

function sorted(stakes: ReadonlyMap<AccountIndex, bigint>): [AccountIndex, bigint][] {
  return [...stakes].sort(([a], [b]) => a - b);
}

describe(`random scores (SEED=${seed})`, () => {
  test('never pay more than there is, nor anybody who did not take part; a snapshot anywhere changes nothing', () => {
    const random = new SeededRandom(seed + 1);
    const world = new ServiceWorld({ emission: 70_000n }).begin(150_000n).join([500n, 400n, 300n, 200n], 5);
    let copy = new ServiceLedger(world.ledger.options);
    for (const batch of world.batches) copy.apply(batch);
    let [promised, ignored] = [0n, 0];
    for (let epoch = 0; epoch < 10; epoch += 1) {
      const begin = START + epoch * EPOCH;
      const said = [1, 2, 3, 4, 5].map((n) => ({ n, weights: someWeights(random) }));
      const seen = world.batches.length;
      world.at(
        begin + 5 + random.int(700),
        ...said.map(({ n, weights }) => [E(n), commit(n, epoch, weights)] as const),
      );
      // Some reveal other weights, some nothing, some too early.
      const revealed = said.filter(() => !random.oneIn(5));
      const txs = revealed.map(({ n, weights }) => {
        return [E(n), ...reveal(n, epoch, random.oneIn(5) ? someWeights(random) : weights)] as const;
      });
      world.at(begin + (random.oneIn(4) ? 750 : 800 + random.int(199)), ...txs);
      world.at(begin + EPOCH + random.int(3));
      for (const batch of world.batches.slice(seen)) {
        if (random.oneIn(2)) copy = ServiceLedger.restore(copy.options, JSON.parse(JSON.stringify(copy.toJson())));
        copy.apply(batch);
      }
      const result = world.ledger.payout(epoch);
      expect(copy.payout(epoch)).toEqual(result);
      const total = result.paid.reduce((sum, [, amount]) => sum + amount, 0n);
      expect(total).toBeLessThanOrEqual(result.emission);
      expect(total + result.left).toBe(result.pool);
      const accounts = new Map(result.participants.map((one) => [one.account, one]));
      for (const [account] of result.paid) {
        const { isProvider = false } = accounts.get(account) ?? {};
        expect(isProvider || result.reveals.has(account)).toBe(true);
      }
      promised += total;
      // Nobody is paid here, so no money may be promised twice.
      expect(promised).toBeLessThanOrEqual(150_000n);
      ignored += result.ignored.length;
    }
    expect(promised).toBeGreaterThan(100_000n);
    expect(ignored).toBeGreaterThan(6);
  });
});

function someWeights(random: SeededRandom): Weight[] {
  return [1, 2, 3, 4, 5].flatMap((n) => (random.oneIn(3) ? [] : w([n, 1 + random.int(65_535)])));
}
