import { encodeFunctionData } from 'viem';
import { expect, it } from 'vitest';
import { INBOX, OUTBOX } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import {
  ALICE,
  BOB,
  deposit,
  fromLedger,
  INVALID_CODE,
  newLane,
  RECIPIENTS,
  SELF_DESTRUCTOR,
} from '../testing/fixture.ts';
import type { TestLane } from '../testing/lane.ts';
import { seededRandom } from '../testing/random.ts';
import { BRIDGED_TOKEN_ABI, INBOX_ABI, OUTBOX_ABI } from './abi.ts';
import { tokenAddress } from './inboxCall.ts';

const TOKENS = [0, 3, 4] as const;
const OWNERS: readonly Hex[] = [ALICE, BOB];
const TARGETS: readonly Hex[] = [...OWNERS, ...Object.values(RECIPIENTS), SELF_DESTRUCTOR, INVALID_CODE, INBOX, OUTBOX];
const STEPS = 120;

/** docs/protocol.md section 10, seen from the lane: what came in = what is here + what waits + what left. */
async function expectConserved(
  lane: TestLane,
  ins: ReadonlyMap<number, bigint>,
  outs: ReadonlyMap<number, bigint>,
): Promise<void> {
  for (const token of TOKENS) {
    const [came, left] = [ins.get(token) ?? 0n, outs.get(token) ?? 0n];
    let waiting = 0n;
    for (const owner of TARGETS) {
      waiting += (await lane.read(INBOX_ABI, INBOX, 'pending', [token, owner])) as bigint;
    }
    if (token === 0) {
      const here = await Promise.all(TARGETS.filter((each) => each !== OUTBOX).map((each) => lane.balance(each)));
      expect(here.reduce((a, b) => a + b)).toBe(came - left);
      expect(await lane.balance(OUTBOX)).toBe(left);
      // Its own pending money is always there to be paid.
      expect(await lane.balance(INBOX)).toBeGreaterThanOrEqual(waiting);
    } else if (came > waiting) {
      const supply = (await lane.read(BRIDGED_TOKEN_ABI, tokenAddress(token), 'totalSupply')) as bigint;
      expect(supply + waiting + left).toBe(came);
    } else {
      expect([waiting, left]).toEqual([came, 0n]);
    }
  }
}

it.each([1, 2, 3])('nothing is made and nothing lost in a random history (seed %i)', async (seed) => {
  const lane = await newLane();
  const pick = seededRandom(seed);
  const one = <T>(values: readonly T[]): T => values[pick(values.length)] as T; // pick is below the length
  const ins = new Map<number, bigint>();
  const outs = new Map<number, bigint>();
  const add = (sums: Map<number, bigint>, token: number, amount: bigint) =>
    sums.set(token, (sums.get(token) ?? 0n) + amount);
  let index = 0n;

  async function bring(): Promise<void> {
    const [token, to, amount] = [one(TOKENS), one(TARGETS), BigInt(1 + pick(1_000))];
    const data = one<Hex>(['0x', '0x01', `0x${'ab'.repeat(100)}`]);
    const isL1 = pick(4) !== 0;
    const gasLimit = BigInt(one([0, 30_000, 200_000]));
    const message = isL1
      ? deposit({ index, token, to, amount, data, gasLimit, refundTo: one(OWNERS) })
      : fromLedger({ token, to, amount });
    if (isL1) index += 1n;
    const outcome = await lane.deliver(message);
    expect(outcome).toMatchObject({ isSuccess: true });
    add(ins, token, amount);
    noteWithdrawals(outcome.logs);
  }

  async function take(): Promise<void> {
    const [token, from, amount] = [one(TOKENS), one(OWNERS), BigInt(1 + pick(500))];
    if (token === 0 && (await lane.balance(from)) < amount) return;
    const data =
      token === 0
        ? encodeFunctionData({ abi: OUTBOX_ABI, functionName: 'withdrawETH', args: [BOB, pick(9)] })
        : encodeFunctionData({ abi: OUTBOX_ABI, functionName: 'withdrawToken', args: [token, amount, BOB, pick(9)] });
    const outcome = await lane.send({ from, to: OUTBOX, data, value: token === 0 ? amount : 0n });
    noteWithdrawals(outcome.logs);
  }

  async function claim(): Promise<void> {
    const data = encodeFunctionData({
      abi: INBOX_ABI,
      functionName: 'claimPending',
      args: [one(TOKENS), one(TARGETS)],
    });
    noteWithdrawals((await lane.send({ from: one(OWNERS), to: INBOX, data })).logs);
  }

  function noteWithdrawals(logs: readonly { address: Hex; data: Hex }[]): void {
    for (const { address, data } of logs) {
      if (address !== OUTBOX) continue;
      add(outs, Number(`0x${data.slice(2, 66)}`), BigInt(`0x${data.slice(66, 130)}`));
    }
  }

  for (let step = 0; step < STEPS; step += 1) {
    await one([bring, bring, take, claim])();
    if (step % 10 === 9) await expectConserved(lane, ins, outs);
  }
  expect([...outs.values()].some((amount) => amount > 0n)).toBe(true);
});
