import { expect, it } from 'vitest';
import { ORACLE } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { ALICE, BOB } from '../testing/fixture.ts';
import { ASKERS, controllerOf, NOW, OracleWorld, PROVIDERS } from '../testing/oracleWorld.ts';
import { seededRandom } from '../testing/random.ts';
import { ORACLE_ABI } from './oracleAbi.ts';

const STEPS = 150;
const OPEN = 1;
const CONTRACTS = Object.keys(ASKERS) as (keyof typeof ASKERS)[]; // its own keys
const OWNERS: readonly Hex[] = [ALICE, BOB, ...Object.values(ASKERS), ...PROVIDERS.map(controllerOf)];

/** What Oracle holds is what its owners may take and the fees of open questions: no wei more, no wei less. */
async function expectConserved(world: OracleWorld, note: string): Promise<void> {
  const credits = await Promise.all(OWNERS.map((owner) => world.credit(owner)));
  const count = Number(await world.lane.read(ORACLE_ABI, ORACLE, 'count'));
  let open = 0n;
  for (let question = 1; question <= count; question += 1) {
    const found = (await world.lane.read(ORACLE_ABI, ORACLE, 'questionAt', [BigInt(question)])) as {
      status: number;
      fee: bigint;
    };
    if (found.status === OPEN) open += found.fee;
  }
  const owed = credits.reduce((sum, credit) => sum + credit, open);
  expect(await world.lane.balance(ORACLE), note).toBe(owed);
}

it.each([1, 2])('Oracle’s balance is its credits and open fees in a random history (seed %i)', async (seed) => {
  const world = await OracleWorld.create();
  const pick = seededRandom(seed);
  const one = <T>(values: readonly T[]): T => values[pick(values.length)] as T; // pick is below the length
  const fees = new Map<number, { fee: bigint; quorum: number; providers: readonly number[] }>();
  let done = 0;

  async function ask(): Promise<void> {
    const count = 1 + pick(4);
    const first = pick(PROVIDERS.length - count);
    const [quorum, fee] = [1 + pick(count), BigInt(pick(1_000))];
    const providers = PROVIDERS.slice(first, first + count);
    const asked = { providers, quorum, fee, deadline: Number(world.lane.timestamp) + 1 + pick(60) };
    const callbackGas = one([0, 40_000, 400_000]);
    const outcome = await (pick(2) === 0
      ? world.ask({ ...asked, from: one([ALICE, BOB]) })
      : world.askBy(one(CONTRACTS), { ...asked, callbackGas }));
    expect(outcome.isSuccess).toBe(true);
    fees.set(fees.size + 1, { fee, quorum, providers });
  }

  async function answer(): Promise<void> {
    // One of the newest, or one that nobody asked.
    const question = Math.max(1, fees.size + 1 - pick(8));
    const { fee = 0n, quorum = 1, providers = PROVIDERS } = fees.get(question) ?? {};
    const output = new TextEncoder().encode(one(['yes', 'yes', 'yes', 'no']));
    const price = pick(10) === 0 ? 7n : fee / BigInt(quorum);
    const outcome = await world.answer(question, pick(8) === 0 ? one(PROVIDERS) : one(providers), {
      output,
      price,
      gasLimit: BigInt(one([200_000, 400_000, 3_000_000])),
    });
    if (outcome.isSuccess) done += 1;
  }

  async function refund(): Promise<void> {
    await world.refund(1 + pick(fees.size + 1));
  }

  async function withdraw(): Promise<void> {
    const outcome =
      pick(2) === 0
        ? await world.withdraw(one([ALICE, BOB, ...PROVIDERS.map(controllerOf)]), one([ALICE, BOB, ASKERS.Refuser]))
        : await world.send('Reenterer', 'take');
    if (outcome.isSuccess) done += 1;
  }

  async function wait(): Promise<void> {
    world.lane.timestamp += BigInt(pick(10));
  }

  for (let step = 0; step < STEPS; step += 1) {
    await one([ask, ask, answer, answer, answer, answer, answer, refund, withdraw, wait])();
    if (step % 15 === 14) await expectConserved(world, `seed ${seed}, step ${step}, from ${NOW}`);
  }
  expect(done).toBeGreaterThan(10);
});
