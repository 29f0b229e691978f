import { decodeEventLog, keccak256 } from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import { ORACLE } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { ALICE, BOB } from '../testing/fixture.ts';
import type { Outcome } from '../testing/lane.ts';
import { type Asked, controllerOf, failure, NOW, OracleWorld, ownerOf, PROVIDERS } from '../testing/oracleWorld.ts';
import { ORACLE_ABI } from './oracleAbi.ts';

const [ONE, TWO, THREE] = PROVIDERS as [number, number, number];
const WRONG = new TextEncoder().encode('a dog');
/** Of a question with a minute. */
const REVEAL = NOW + 30;
const TIME_OVER = NOW + 60;

let world: OracleWorld;
beforeEach(async () => {
  world = await OracleWorld.create();
  expect(failure(await world.ask())).toBe('success');
});

const at = (second: number): void => {
  world.lane.timestamp = BigInt(second);
};

/** Shows an answer without any help: no commitment is made for it. */
const show = (provider: number, given: Parameters<OracleWorld['answer']>[2] = {}, question = 1) =>
  world.answer(question, provider, { ...given, isCommitted: false });

/** The first of the three committed and shows it; all others can read it. */
async function shownByOne(): Promise<void> {
  at(NOW + 1);
  await world.commit(world.receipt(1, ONE));
  at(REVEAL);
  expect(failure(await show(ONE))).toBe('success');
}

const committed = ({ logs }: Outcome) =>
  logs
    .filter(({ address }) => address === ORACLE)
    .map(({ data, topics }) => decodeEventLog({ abi: ORACLE_ABI, data, topics: topics as [Hex] })); // ours have one

const notCommitted = (receipt: Uint8Array): string => `NotCommitted(${keccak256(receipt)})`;

describe('a commitment', () => {
  it('is noted with its time, and told', async () => {
    at(NOW + 3);
    const receipt = world.receipt(1, ONE);
    expect(await world.committedAt(receipt)).toBe(0n);
    expect(committed(await world.commit(receipt, BOB))).toEqual([
      {
        eventName: 'Committed',
        args: { receiptHash: keccak256(receipt), by: expect.stringMatching(new RegExp(BOB, 'i')) },
      },
    ]);
    expect(await world.committedAt(receipt)).toBe(BigInt(NOW + 3));
  });

  it('is needed by each of a quorum, and lets it be paid in the second half of the time', async () => {
    at(REVEAL - 1);
    for (const provider of [ONE, TWO]) await world.commit(world.receipt(1, provider));
    at(REVEAL);
    expect(failure(await show(ONE))).toBe('success');
    at(TIME_OVER);
    expect(failure(await show(TWO))).toBe('success');
    expect(await world.status(1)).toBe(2);
    expect(await world.credit(controllerOf(TWO))).toBe(50n);
  });

  it('is not needed where one is enough: that answer comes at once', async () => {
    await world.ask({ providers: [ONE, TWO], quorum: 1 });
    expect(await world.revealFrom(2)).toBe(0n);
    expect(failure(await show(ONE, { price: 100n }, 2))).toBe('success');
    expect(await world.status(2)).toBe(2);
  });

  it.each([
    [60, 30],
    [61, 30],
    [3, 1],
    [2, 1],
    [1, 0],
    [604_800, 302_400],
  ])('of a question with %i seconds is made in the first %i', async (seconds, half) => {
    await world.ask({ deadline: NOW + seconds });
    expect(await world.revealFrom(2)).toBe(BigInt(NOW + half));
  });

  it('cannot be made to a question of one second: its fee comes back', async () => {
    await world.ask({ deadline: NOW + 1 });
    const receipt = world.receipt(2, ONE);
    await world.commit(receipt);
    expect(failure(await show(ONE, {}, 2))).toBe(notCommitted(receipt));
    at(NOW + 2);
    expect(failure(await world.refund(2))).toBe('success');
    expect(await world.credit(ALICE)).toBe(100n);
  });

  it('costs a slot, and nothing worth mentioning the second time', async () => {
    const receipt = world.receipt(1, ONE);
    const { gasUsed } = await world.commit(receipt);
    expect(gasUsed).toBeLessThan(48_000n);
    expect((await world.commit(receipt)).gasUsed).toBeLessThan(25_000n);
  });
});

describe('who runs no model', () => {
  it('copies an answer that was shown: it is too late to commit to', async () => {
    await shownByOne();
    // The output and the execution word are public now, and signing them is easy.
    const copy = world.receipt(1, TWO);
    expect(failure(await show(TWO))).toBe(notCommitted(copy));
    await world.commit(copy);
    expect(failure(await show(TWO))).toBe(notCommitted(copy));
    at(TIME_OVER);
    expect(failure(await show(TWO))).toBe(notCommitted(copy));
    expect(await world.status(1)).toBe(1);
    expect(await world.credit(controllerOf(TWO))).toBe(0n);
  });

  it('copies a commitment: what it hides names another', async () => {
    at(NOW + 1);
    const honest = world.receipt(1, ONE);
    await world.commit(honest);
    await world.commit(honest, BOB);
    at(REVEAL);
    await show(ONE);
    // The receipt that it "committed to" is signed by the first one's key; its own has another hash.
    expect(failure(await show(TWO, { receipt: honest }))).toBe('ReceiptSignature()');
    expect(failure(await show(TWO))).toBe(notCommitted(world.receipt(1, TWO)));
  });

  it('commits to one answer and shows another', async () => {
    at(NOW + 1);
    await world.commit(world.receipt(1, TWO, { output: WRONG }));
    await shownByOne();
    expect(failure(await show(TWO))).toBe(notCommitted(world.receipt(1, TWO)));
    // What it committed to counts, and is not confirmed.
    expect(failure(await show(TWO, { output: WRONG }))).toBe('success');
    expect(await world.status(1)).toBe(1);
    expect(failure(await show(TWO))).toBe(`AlreadyAnswered(${TWO})`);
  });

  it('shows what it committed to for another question', async () => {
    await world.ask();
    const other = world.receipt(2, TWO);
    at(NOW + 1);
    await world.commit(other);
    await shownByOne();
    expect(failure(await show(TWO, { receipt: other }))).toBe('WrongQuestion(1,2)');
    expect(failure(await show(TWO))).toBe(notCommitted(world.receipt(1, TWO)));
  });

  it('has the price of its guesses, one for each, when an answer is easy to guess', async () => {
    // What commitments do not stop: all of few possible outputs are committed to. IOracle.sol tells askers.
    at(NOW + 1);
    let paid = 0n;
    for (let label = 0; label < 5; label += 1) {
      paid += (await world.commit(world.receipt(1, TWO, { output: Uint8Array.of(label) }))).gasUsed;
    }
    const given = { output: Uint8Array.of(3) };
    await world.commit(world.receipt(1, ONE, given));
    at(REVEAL);
    expect(failure(await show(ONE, given))).toBe('success');
    expect(failure(await show(TWO, given))).toBe('success');
    expect(await world.status(1)).toBe(2);
    expect(paid).toBeGreaterThan(5n * 43_000n);
  });
});

describe('time', () => {
  it('is not on the side of who commits late: the first second of showing is too late', async () => {
    const receipt = world.receipt(1, ONE);
    at(REVEAL);
    await world.commit(receipt);
    expect(failure(await show(ONE))).toBe(notCommitted(receipt));
    // Going on committing changes nothing.
    at(REVEAL + 1);
    await world.commit(receipt);
    expect(await world.committedAt(receipt)).toBe(BigInt(REVEAL));
    expect(failure(await show(ONE))).toBe(notCommitted(receipt));
  });

  it('is not on the side of who shows early, whatever it committed to', async () => {
    await world.commit(world.receipt(1, ONE));
    for (const second of [NOW, NOW + 1, REVEAL - 1]) {
      at(second);
      expect(failure(await show(ONE))).toBe(`TooEarlyToReveal(${REVEAL})`);
    }
    at(REVEAL);
    expect(failure(await show(ONE))).toBe('success');
  });

  it('of the deadline holds for what was committed to, too', async () => {
    await world.commit(world.receipt(1, ONE));
    at(TIME_OVER + 1);
    expect(failure(await show(ONE))).toBe(`TooLate(${TIME_OVER})`);
  });

  it('of one question is not that of another with the same model and input', async () => {
    await world.ask({ deadline: NOW + 600 });
    await world.commit(world.receipt(2, ONE));
    at(REVEAL);
    expect(failure(await show(ONE, {}, 2))).toBe(`TooEarlyToReveal(${NOW + 300})`);
    expect(failure(await show(ONE))).toBe(notCommitted(world.receipt(1, ONE)));
  });
});

describe('who commits for somebody else', () => {
  it('helps: the provider shows and is paid', async () => {
    await world.commit(world.receipt(1, ONE), BOB);
    await world.commit(world.receipt(1, TWO), BOB);
    at(REVEAL);
    for (const provider of [ONE, TWO]) expect(failure(await show(provider, { from: BOB }))).toBe('success');
    expect([await world.credit(controllerOf(ONE)), await world.credit(BOB)]).toEqual([50n, 0n]);
  });

  it('makes nothing later: a commitment made again keeps its time, and is told once', async () => {
    const receipt = world.receipt(1, ONE);
    await world.commit(receipt);
    at(REVEAL + 5);
    expect((await world.commit(receipt, BOB)).logs).toEqual([]);
    expect(await world.committedAt(receipt)).toBe(BigInt(NOW));
    expect(failure(await show(ONE))).toBe('success');
  });

  it('keeps it from nothing else: it may have committed to several, and shows one', async () => {
    await world.commit(world.receipt(1, ONE, { output: WRONG, by: ownerOf(TWO) }), BOB);
    await world.commit(world.receipt(1, ONE, { output: WRONG }), BOB);
    await shownByOne();
  });
});

it('a heap of commitments costs its sender alone', async () => {
  const receipts = Array.from({ length: 40 }, (_, i) => world.receipt(1, THREE, { time: NOW + i }));
  const before = await world.lane.balance(ORACLE);
  for (const receipt of receipts) expect(failure(await world.commit(receipt, BOB))).toBe('success');
  expect(await world.lane.balance(ORACLE)).toBe(before);
  at(NOW + 2);
  await world.commit(world.receipt(1, TWO));
  const lonely: Asked = { providers: [ONE, TWO], quorum: 2 };
  const alone = await OracleWorld.create();
  await alone.ask(lonely);
  await shownByOne();
  const { gasUsed } = await show(TWO);
  // The same answer where nobody committed to anything else.
  for (const provider of [ONE, TWO]) await alone.commit(alone.receipt(1, provider));
  alone.lane.timestamp = BigInt(REVEAL);
  await alone.answer(1, ONE, { isCommitted: false });
  const { gasUsed: gasAlone } = await alone.answer(1, TWO, { isCommitted: false });
  // One more place is looked at where three were asked.
  expect(gasUsed - gasAlone).toBeLessThan(4_000n);
});
