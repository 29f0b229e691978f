import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type OutboxLeaf, OutboxTree } from '../genesis/predeploys/outbox.ts';
import { SeededRandom } from '../protocol/testing/random.ts';
import { type Contract, Fixture } from './testing/fixture.ts';
import { LaneWorld, type Outcome } from './testing/laneWorld.ts';
import { ANY_PROOF } from './testing/ledger.ts';

const FIRST_SEED = Number(process.env.ENGRAM_TEST_SEED ?? 1);
const SEEDS = Array.from({ length: 5 }, (_, i) => FIRST_SEED + i);
const STEPS = 40;
const FUNDS = 10n ** 6n;
const STEP_NAMES = ['deposit', 'commit', 'withdraw', 'prove', 'attest', 'claim', 'collect'] as const;
/** What needs others before it comes up more often. */
const CHOICES = [...STEP_NAMES, 'withdraw', 'commit', 'prove', 'prove', 'attest', 'claim', 'claim'] as const;

/** Steps that had something to do, over all seeds. */
const done = new Set<string>();

let f: Fixture;
let token: Contract;
/** Ids of the rollup: ETH and one honest token. The ledger's account of token i is i + 1. */
let ids: readonly number[];
beforeAll(async () => {
  f = await Fixture.start();
  token = await f.deployTest('PlainToken', ['Plain', 'PLN']);
  for (const { account } of [f.alice, f.bob]) await token.write('mint', [account, 10n * FUNDS]);
  ids = [0, (await f.alice.registerToken(token.address)).id];
  await f.keep();
});
beforeEach(() => f.reset());
afterAll(() => f?.l1.stop());

type Amounts = Map<number, bigint>;

/** A committed batch and the EXITs in it: minted in the lane, not owed by the rollup before it is proven. */
interface Unproven {
  readonly outcome: Outcome;
  readonly exits: Amounts;
}

/** The EVM lane as far as money goes. Each step answers whether there was something to do. */
class Books {
  readonly #w: LaneWorld;
  readonly #random: SeededRandom;
  /** By token: what lives in the lane. */
  readonly #supply: Amounts = new Map();
  readonly #unproven: Unproven[] = [];
  readonly #unclaimed: OutboxLeaf[] = [];
  /** Proven, not attested: the last of them is as good as all. */
  #proven: Outcome | undefined;
  /** Leaves under the attested root. */
  #attested = 0;

  constructor(w: LaneWorld, random: SeededRandom) {
    this.#w = w;
    this.#random = random;
  }

  get isEmpty(): boolean {
    return this.#unclaimed.length === 0 && [...this.#supply.values()].every((amount) => amount === 0n);
  }

  async open(): Promise<void> {
    const queue = [];
    for (const id of ids) queue.push(await this.#w.deposit(FUNDS, id));
    this.#unproven.push({ outcome: await this.#w.commit({ queue }), exits: new Map() });
  }

  async deposit(): Promise<boolean> {
    const id = this.#random.pick(ids);
    const amount = BigInt(this.#random.int(1000));
    const who = this.#random.pick([this.#w.alice, this.#w.bob]);
    await (id === 0 ? who.depositEvm({ amount }) : who.depositEvmToken({ token: id, amount }));
    this.#mint(id, amount);
    return true;
  }

  async commit(): Promise<boolean> {
    const exits: Amounts = new Map();
    for (const id of ids) if (this.#random.oneIn(2)) exits.set(id, BigInt(1 + this.#random.int(500)));
    const txs = [...exits].map(([id, amount]) => this.#w.exit(ids.indexOf(id) + 1, amount));
    for (const [id, amount] of exits) this.#mint(id, amount);
    this.#unproven.push({ outcome: await this.#w.commit({ txs }), exits });
    return exits.size > 0;
  }

  /** All of a token, or a part. */
  async withdraw(id = this.#random.pick(ids), all = false): Promise<boolean> {
    const supply = this.#supply.get(id) ?? 0n;
    if (supply === 0n) return false;
    const amount = all ? supply : 1n + this.#random.big(supply);
    const account = this.#random.oneIn(3) ? 1 + this.#random.int(3) : 0;
    this.#unclaimed.push(this.#w.withdraw({ token: id, amount, account }));
    this.#mint(id, -amount);
    return true;
  }

  async prove(): Promise<boolean> {
    const oldest = this.#unproven.shift();
    if (oldest === undefined) return false;
    await f.bob.proveBatches([{ posted: oldest.outcome.posted, proof: ANY_PROOF }]);
    this.#proven = oldest.outcome;
    return true;
  }

  async attest(): Promise<boolean> {
    if (this.#proven === undefined) return false;
    await this.#w.attest(this.#proven);
    this.#attested = Number(this.#proven.output.outboxCount);
    this.#proven = undefined;
    return true;
  }

  async claim(): Promise<boolean> {
    const at = this.#unclaimed.findIndex(({ index }) => index < this.#attested);
    const [leaf] = at < 0 ? [] : this.#unclaimed.splice(at, 1);
    if (leaf === undefined) return false;
    const tree = new OutboxTree();
    for (const earlier of this.#w.leaves.slice(0, this.#attested)) tree.append(earlier);
    const proof = tree.proof(leaf.index);
    if (leaf.account !== 0 && this.#random.oneIn(2)) await this.#w.alice.claimToL1(leaf, proof);
    else await this.#w.bob.claim(leaf, proof);
    return true;
  }

  async collect(): Promise<boolean> {
    const id = this.#random.pick(ids);
    if ((await this.#owed(id)) === 0n) return false;
    await this.#w.bob.collect(id);
    return true;
  }

  /** Everything leaves. */
  async close(check: (step: string) => Promise<void>): Promise<void> {
    for (const id of ids) await this.withdraw(id, true);
    await this.commitNothing();
    while (await this.prove()) await check('prove');
    await this.attest();
    while (await this.claim()) await check('claim');
  }

  async commitNothing(): Promise<void> {
    this.#unproven.push({ outcome: await this.#w.commit(), exits: new Map() });
  }

  /** The protocol needs `≥`; these tokens are honest, so nothing is left over either. */
  async expectConserved(when: string): Promise<void> {
    for (const id of ids) {
      let promised = this.#supply.get(id) ?? 0n;
      for (const leaf of this.#unclaimed) if (leaf.token === id) promised += leaf.amount;
      let backing = (await this.#vault(id)) + (await this.#owed(id));
      for (const { exits } of this.#unproven) backing += exits.get(id) ?? 0n;
      expect(backing, `${when}, token ${id}`).toBe(promised);
    }
  }

  #mint(id: number, amount: bigint): void {
    this.#supply.set(id, (this.#supply.get(id) ?? 0n) + amount);
  }

  #owed(id: number): Promise<bigint> {
    return f.alice.pendingWithdrawal(id, this.#w.address);
  }

  async #vault(id: number): Promise<bigint> {
    if (id === 0) return f.balance(this.#w.address);
    return (await token.read('balanceOf', [this.#w.address])) as bigint; // uint256
  }
}

/**
 * Deposits, EXITs to the lane, withdrawals, proofs, attestations, claims (on L1 and to the ledger) and collections in random order. At
 * every step what the vault holds and is owed is exactly what lives in the lane plus what may still be claimed; at the end everybody
 * gets everything.
 */
it.each(SEEDS)('never promises more than it has, over random traffic (seed %i)', async (seed) => {
  const random = new SeededRandom(seed);
  const books = new Books(await LaneWorld.open(f), random);
  await books.open();
  const check = (step: string) => books.expectConserved(`seed ${seed}, after ${step}`);
  for (let i = 0; i < STEPS; i += 1) {
    const step = random.pick(CHOICES);
    if (await books[step]()) done.add(step);
    await check(step);
  }
  await books.close(check);
  await check('the end');
  expect(books.isEmpty).toBe(true);
});

it('has seen every kind of step in that traffic', () => {
  expect([...done].sort()).toEqual([...STEP_NAMES].sort());
});
