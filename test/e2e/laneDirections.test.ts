/** Value in all four directions between L1, the EVM lane and the ledger, for ETH and a token, by what a developer imports. */
import { createPublicClient, custom, erc20Abi, parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INBOX, INBOX_ABI, laneTokenAddress, type WithdrawalProofView } from '../../sdk/index.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';
import { type LanePerson, LaneWorld, sides } from './support/laneWorld.ts';

const ETH = 0;
const ONE = parseEther('1');

let devnet: InstantDevnet;
let world: LaneWorld;
let alice: LanePerson;
let bob: LanePerson;
/** The test token. */
let TEST: number;
/** Alice's ledger accounts by token. */
const ledger = new Map<number, number>();

beforeAll(async () => {
  devnet = await startInstantDevnet();
  world = await LaneWorld.open(devnet);
  [alice, bob] = [world.who('alice'), world.who('bob')];
  TEST = world.token.id;
  await world.mint('alice', 1_000n * ONE);
  for (const token of [ETH, TEST]) {
    const { queueIndex } = await alice.l1.deposit({ token, amount: 10n * ONE, key: alice.key.key });
    ledger.set(token, (await alice.ledger.waitForDeposit(queueIndex)).index);
  }
});
afterAll(() => devnet?.stop());

async function expectBalanced(): Promise<void> {
  for (const token of [ETH, TEST]) {
    const books = await world.books(token);
    const { onLane, onL1 } = sides(books);
    expect(onLane, `token ${token}: ${JSON.stringify(books, (_k, v) => (typeof v === 'bigint' ? String(v) : v))}`).toBe(
      onL1,
    );
  }
}

const account = (token: number): number => ledger.get(token) ?? expect.unreachable();

describe.each([
  ['ETH', (): number => ETH],
  ['a token', (): number => TEST],
] as const)('%s', (_name, id) => {
  it('comes from L1 to any address of the lane', async () => {
    const token = id();
    const before = await world.balance(bob.address, token);
    const { index } = await alice.l1.depositToLane({ token, amount: 5n * ONE, to: bob.address });
    expect(await world.evm.waitForMessage(index)).toMatchObject({ index, isDelivered: true });
    expect((await world.balance(bob.address, token)) - before).toBe(5n * ONE);
    await expectBalanced();
  });

  it('comes from the ledger to the account’s owner, in the block of the EXIT', async () => {
    const token = id();
    const before = await world.balance(alice.address, token);
    const hash = await alice.ledger.exitToLane({ from: account(token), token, amount: 2n * ONE });
    const { block } = await alice.ledger.waitFor(hash, 'included');
    expect((await world.balance(alice.address, token, BigInt(block ?? 0))) - before).toBe(2n * ONE);
    expect(await world.balance(alice.address, token, BigInt(block ?? 0) - 1n)).toBe(before);
    await expectBalanced();
  });

  it('goes to L1, once', async () => {
    const token = id();
    const withdrawal = await bob.evm.withdrawFromLane({ token, amount: ONE, recipient: world.who('carol').address });
    await expect(bob.l1.claimWithdrawal({ client: bob.evm, withdrawal })).rejects.toMatchObject({
      code: 'NOT_CLAIMABLE',
    });
    expect((await bob.evm.getWithdrawals(bob.address))[0]).toMatchObject({
      index: withdrawal.index,
      status: 'included',
    });
    await world.settle();
    await bob.evm.waitForWithdrawal(withdrawal.index);
    expect((await bob.evm.getWithdrawals(bob.address))[0]).toMatchObject({
      index: withdrawal.index,
      status: 'claimable',
    });
    const carol = world.who('carol').address;
    const before = await world.l1Balance(carol, token);
    // anybody can bring it: it is paid to whom it says
    await alice.l1.claimWithdrawal({ client: alice.evm, withdrawal });
    expect((await world.l1Balance(carol, token)) - before).toBe(ONE);
    expect(await alice.l1.isWithdrawalClaimed(withdrawal.index)).toBe(true);
    const again = alice.l1.claimWithdrawal({ client: alice.evm, withdrawal });
    await expect(again).rejects.toMatchObject({ code: 'AlreadyClaimed' });
    await expectBalanced();
  });

  it('goes into an account of the ledger', async () => {
    const token = id();
    const { balance } = await alice.ledger.getAccount(account(token));
    const withdrawal = await bob.evm.withdrawFromLane({ token, amount: ONE, account: account(token) });
    await world.settle();
    await bob.l1.claimWithdrawal({ client: bob.evm, withdrawal });
    await expect.poll(async () => (await alice.ledger.getAccount(account(token))).balance).toBe(balance + ONE);
    await expectBalanced();
  });

  it('comes back to the recipient on L1 if the ledger account cannot take it', async () => {
    const token = id();
    const carol = world.who('carol');
    // of the other token
    const wrong = account(token === ETH ? TEST : ETH);
    const withdrawal = await bob.evm.withdrawFromLane({ token, amount: ONE, recipient: carol.address, account: wrong });
    await world.settle();
    const owed = await carol.l1.getPendingWithdrawal({ token });
    const { queueTail } = await bob.l1.getBridgeState();
    await bob.l1.claimWithdrawal({ client: bob.evm, withdrawal });
    expect(await alice.ledger.waitForDeposit(queueTail)).toMatchObject({ token, amount: ONE, isVoid: true });
    await world.settle();
    await expect.poll(() => carol.l1.getPendingWithdrawal({ token })).toBe(owed + ONE);
    await expectBalanced();
  });
});

it('the token on the lane has the name, symbol and decimals that it has on L1', async () => {
  const address = laneTokenAddress(TEST);
  const read = <F extends 'name' | 'symbol' | 'decimals'>(functionName: F) =>
    world.evm.readContract({ address, abi: erc20Abi, functionName });
  expect([await read('name'), await read('symbol'), await read('decimals')]).toEqual(['Engram Test Token', 'TEST', 18]);
  expect(
    await world.evm.readContract({
      address: INBOX,
      abi: INBOX_ABI,
      functionName: 'pending',
      args: [TEST, alice.address],
    }),
  ).toBe(0n);
});

describe('a node that lies', () => {
  /** Passes everything on, and changes the proof of a withdrawal. */
  const lying = (change: (proof: WithdrawalProofView) => object) =>
    createPublicClient({
      chain: world.chain,
      transport: custom({
        request: async (call: { method: string; params: unknown[] }) => {
          const answer: unknown = await world.evm.request(call as never); // whatever viem asks
          return call.method === 'engram_getWithdrawalProof' ? change(answer as WithdrawalProofView) : answer;
        },
      }),
    });

  it('makes nobody send a claim that is not the withdrawal, or that L1 would refuse', async () => {
    const withdrawal = await bob.evm.withdrawFromLane({ amount: 7n });
    await world.settle();
    await bob.evm.waitForWithdrawal(withdrawal.index);
    const nonce = await world.l1.getTransactionCount({ address: bob.address });
    const lies = {
      'pays less': (proof) => ({ ...proof, withdrawal: { ...proof.withdrawal, amount: '6' } }),
      'pays another': (proof) => ({ ...proof, withdrawal: { ...proof.withdrawal, recipient: alice.address } }),
      'is of another tree': (proof) => ({ ...proof, siblings: [...proof.siblings].reverse() }),
      'is too short': (proof) => ({ ...proof, siblings: proof.siblings.slice(1) }),
    } satisfies Record<string, (proof: WithdrawalProofView) => object>;
    for (const [name, lie] of Object.entries(lies)) {
      const claim = bob.l1.claimWithdrawal({ client: lying(lie), withdrawal });
      await expect(claim, name).rejects.toMatchObject({ code: 'BAD_ANSWER' });
    }
    expect(await world.l1.getTransactionCount({ address: bob.address })).toBe(nonce);
    await bob.l1.claimWithdrawal({ client: bob.evm, withdrawal });
    expect(await bob.l1.isWithdrawalClaimed(withdrawal.index)).toBe(true);
  });
});
