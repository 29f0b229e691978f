import { encodeFunctionData } from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import { wordHex } from '../../protocol/bytes.ts';
import { OUTBOX } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { ALICE, BOB, deposit, newLane } from '../testing/fixture.ts';
import { errorName, type Outcome, type TestLane } from '../testing/lane.ts';
import { seededRandom } from '../testing/random.ts';
import { BRIDGED_TOKEN_ABI, OUTBOX_ABI, TOKEN_FACTORY_ABI } from './abi.ts';
import { tokenAddress } from './inboxCall.ts';
import {
  EMPTY_OUTBOX_ROOT,
  isOutboxLog,
  OUTBOX_COUNT_SLOT,
  OUTBOX_ROOT_SLOT,
  type OutboxLeaf,
  OutboxTree,
  outboxRootOf,
  parseOutboxLog,
} from './outbox.ts';

const TOKEN = 7;
let lane: TestLane;
let tree: OutboxTree;
beforeEach(async () => {
  lane = await newLane();
  tree = new OutboxTree();
});

function withdrawETH(value: bigint, { recipient = BOB, account = 0, from = ALICE } = {}): Promise<Outcome> {
  const data = encodeFunctionData({ abi: OUTBOX_ABI, functionName: 'withdrawETH', args: [recipient, account] });
  return lane.send({ from, to: OUTBOX, data, value });
}

function withdrawToken(amount: bigint, { token = TOKEN, recipient = BOB, account = 0, from = ALICE } = {}) {
  const args = [token, amount, recipient, account] as const;
  return lane.send({
    from,
    to: OUTBOX,
    data: encodeFunctionData({ abi: OUTBOX_ABI, functionName: 'withdrawToken', args }),
  });
}

function leafOf(outcome: Outcome): OutboxLeaf {
  const log = outcome.logs.find(isOutboxLog);
  if (log === undefined) throw new Error('no withdrawal');
  return parseOutboxLog(log);
}

const errorOf = ({ returned }: Outcome) =>
  errorName([...OUTBOX_ABI, ...TOKEN_FACTORY_ABI, ...BRIDGED_TOKEN_ABI], returned);

async function expectTwins(): Promise<void> {
  expect(await lane.storage(OUTBOX, OUTBOX_ROOT_SLOT)).toBe(tree.root);
  expect(await lane.storage(OUTBOX, OUTBOX_COUNT_SLOT)).toBe(wordHex(tree.count));
  expect(await lane.read(OUTBOX_ABI, OUTBOX, 'root')).toBe(tree.root);
  expect(await lane.read(OUTBOX_ABI, OUTBOX, 'count')).toBe(tree.count);
}

describe('the tree', () => {
  it('is empty in block 0, with the root of an empty tree', async () => {
    expect(tree.root).toBe(EMPTY_OUTBOX_ROOT);
    await expectTwins();
  });

  it('of random withdrawals is the same in Solidity and TypeScript after each; every proof leads to the root', async () => {
    const seed = 20_260_729;
    const pick = seededRandom(seed);
    await lane.deliver(deposit({ token: TOKEN, amount: 10n ** 24n }));
    const leaves: OutboxLeaf[] = [];
    for (let i = 0; i < 40; i += 1) {
      const options = {
        recipient: `0x${(pick(2 ** 32) + 1).toString(16).padStart(40, '0')}` as Hex, // 40 digits
        account: pick(2) * pick(2 ** 24),
      };
      const amount = BigInt(pick(2 ** 40) + 1);
      const outcome = pick(2) === 0 ? await withdrawETH(amount, options) : await withdrawToken(amount, options);
      const leaf = leafOf(outcome);
      expect(leaf, `seed ${seed}`).toMatchObject({ index: BigInt(i), sender: ALICE, amount, ...options });
      leaves.push(leaf);
      tree.append(leaf);
      await expectTwins();
    }
    for (const leaf of leaves) {
      const proof = tree.proof(leaf.index);
      expect(proof).toHaveLength(32);
      expect(outboxRootOf(leaf, proof)).toBe(tree.root);
      expect(outboxRootOf({ ...leaf, amount: leaf.amount + 1n }, proof)).not.toBe(tree.root);
    }
  });

  it('takes leaf 2^32 − 1 and no more', async () => {
    await lane.setStorage(OUTBOX, OUTBOX_COUNT_SLOT, wordHex(2n ** 32n - 1n));
    expect(leafOf(await withdrawETH(1n)).index).toBe(2n ** 32n - 1n);
    expect(errorOf(await withdrawETH(1n))).toBe('OutboxFull');
  });

  it('in TypeScript takes leaves in order only, and proves only those it has', () => {
    const leaf = { index: 1n, sender: ALICE, token: 0, amount: 1n, recipient: BOB, account: 0 };
    expect(() => tree.append(leaf)).toThrow(expect.objectContaining({ code: 'OUT_OF_RANGE' }));
    expect(() => tree.proof(0n)).toThrow(expect.objectContaining({ code: 'OUT_OF_RANGE' }));
  });

  it('costs little more at its worst than at its best', async () => {
    const first = await withdrawETH(1n);
    // All siblings are read, none of them warm.
    await lane.setStorage(OUTBOX, OUTBOX_COUNT_SLOT, wordHex(2n ** 31n - 1n));
    const worst = await withdrawETH(1n);
    expect(first.gasUsed).toBeLessThan(90_000n);
    expect(worst.gasUsed).toBeLessThan(140_000n);
  });
});

describe('ETH', () => {
  it('stays in Outbox', async () => {
    await lane.setBalance(ALICE, 100n);
    expect(leafOf(await withdrawETH(60n, { account: 5 }))).toEqual({
      index: 0n,
      sender: ALICE,
      token: 0,
      amount: 60n,
      recipient: BOB,
      account: 5,
    });
    expect(await lane.balance(OUTBOX)).toBe(60n);
    expect(await lane.balance(ALICE)).toBe(40n);
  });

  it.each([
    ['nothing', 0n, {}, 'AmountOutOfRange'],
    ['2^96', 2n ** 96n, {}, 'AmountOutOfRange'],
    ['to nobody', 1n, { recipient: '0x0000000000000000000000000000000000000000' as Hex }, 'ZeroRecipient'],
    ['to account 2^24', 1n, { account: 2 ** 24 }, 'AccountOutOfRange'],
  ])('is not withdrawn: %s', async (_name, value, options, error) => {
    expect(errorOf(await withdrawETH(value, options))).toBe(error);
    await expectTwins();
  });

  it('2^96 − 1 to account 2^24 − 1 is', async () => {
    const leaf = leafOf(await withdrawETH(2n ** 96n - 1n, { account: 2 ** 24 - 1 }));
    expect(leaf).toMatchObject({ amount: 2n ** 96n - 1n, account: 2 ** 24 - 1 });
  });

  it('is not taken without a call', async () => {
    expect(await lane.send({ from: ALICE, to: OUTBOX, value: 1n })).toMatchObject({ isSuccess: false });
  });
});

describe('tokens', () => {
  const balanceOf = (owner: Hex) => lane.read(BRIDGED_TOKEN_ABI, tokenAddress(TOKEN), 'balanceOf', [owner]);
  beforeEach(async () => {
    await lane.deliver(deposit({ token: TOKEN, amount: 100n }));
  });

  it('are burnt without an approval', async () => {
    expect(leafOf(await withdrawToken(60n))).toMatchObject({ token: TOKEN, amount: 60n, sender: ALICE });
    expect(await balanceOf(ALICE)).toBe(40n);
    expect(await lane.read(BRIDGED_TOKEN_ABI, tokenAddress(TOKEN), 'totalSupply')).toBe(40n);
  });

  it.each([
    ['more than one has', 101n, {}, 'ERC20InsufficientBalance'],
    ["another's", 1n, { from: BOB }, 'ERC20InsufficientBalance'],
    ['nothing', 0n, {}, 'AmountOutOfRange'],
    ['2^96', 2n ** 96n, {}, 'AmountOutOfRange'],
    ['ETH as a token', 1n, { token: 0 }, 'UnknownToken'],
    ['a token nobody brought', 1n, { token: 8 }, 'UnknownToken'],
    ['to nobody', 1n, { recipient: '0x0000000000000000000000000000000000000000' as Hex }, 'ZeroRecipient'],
    ['to account 2^24', 1n, { account: 2 ** 24 }, 'AccountOutOfRange'],
  ])('are not withdrawn: %s', async (_name, amount, options, error) => {
    expect(errorOf(await withdrawToken(amount, options))).toBe(error);
    // No leaf either: it was appended before the burning, and went with it.
    await expectTwins();
    expect(await balanceOf(ALICE)).toBe(100n);
  });
});

describe('a log', () => {
  it("is a withdrawal only if it is Outbox's", async () => {
    const [log] = (await withdrawETH(1n)).logs.filter(isOutboxLog);
    if (log === undefined) throw new Error('no withdrawal');
    const forged = { ...log, address: BOB };
    expect(isOutboxLog(forged)).toBe(false);
    for (const bad of [
      forged,
      { ...log, topics: [] },
      { ...log, topics: log.topics.slice(0, 2) },
      { ...log, data: '0x' as const },
    ]) {
      expect(() => parseOutboxLog(bad)).toThrow(expect.objectContaining({ code: 'NOT_A_WITHDRAWAL' }));
    }
  });
});
