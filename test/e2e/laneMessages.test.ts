/** Messages that their recipients refuse, and attempts to speak as the system: nothing is lost, and nobody is the system sender. */
import { type Address, encodeFunctionData, type Hex, parseEther, parseTransaction } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SYSTEM_SENDER } from '../../protocol/lane/addresses.ts';
import { INBOX, INBOX_ABI, LEDGER_READ, OUTBOX } from '../../sdk/index.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';
import { type LanePerson, LaneWorld, sides } from './support/laneWorld.ts';

const ETH = 0;
const ONE = parseEther('1');
/** Deploys five bytes of code that revert whatever is called. */
const REFUSING: Hex = '0x6005600c60003960056000f360006000fd';

let devnet: InstantDevnet;
let world: LaneWorld;
let alice: LanePerson;
let bob: LanePerson;
let TEST: number;
/** Refuses everything. */
let refusing: Address;

beforeAll(async () => {
  devnet = await startInstantDevnet();
  world = await LaneWorld.open(devnet);
  [alice, bob] = [world.who('alice'), world.who('bob')];
  TEST = world.token.id;
  await world.mint('alice', 100n * ONE);
  for (const person of [alice, bob]) {
    const { index } = await alice.l1.depositToLane({ amount: 5n * ONE, to: person.address });
    await world.evm.waitForMessage(index);
  }
  const hash = await alice.evm.sendTransaction({ data: REFUSING });
  const { contractAddress } = await world.evm.waitForTransactionReceipt({ hash });
  refusing = contractAddress ?? expect.unreachable();
  world.holders.add(refusing);
});
afterAll(() => devnet?.stop());

const pending = (token: number, owner: Address): Promise<bigint> =>
  world.evm.readContract({ address: INBOX, abi: INBOX_ABI, functionName: 'pending', args: [token, owner] });

async function take(person: LanePerson, token: number, to: Address): Promise<'success' | 'reverted'> {
  const data = encodeFunctionData({ abi: INBOX_ABI, functionName: 'claimPending', args: [token, to] });
  const hash = await person.evm.sendTransaction({ to: INBOX, data, gas: 300_000n });
  return (await world.evm.waitForTransactionReceipt({ hash })).status;
}

async function expectBalanced(): Promise<void> {
  for (const token of [ETH, TEST]) {
    const { onLane, onL1 } = sides(await world.books(token));
    expect(onLane).toBe(onL1);
  }
}

describe('what a recipient refuses', () => {
  it.each([
    ['a contract that reverts', () => ({ to: refusing, gasLimit: 100_000n })],
    ['a contract that gets no gas', () => ({ to: refusing })],
    ['Outbox, which belongs to the protocol', () => ({ to: OUTBOX })],
    ['a precompile', () => ({ to: LEDGER_READ, gasLimit: 1_000_000n })],
  ])('%s: the ETH waits for whom the sender named, and only he takes it', async (_what, deposit) => {
    const before = await pending(ETH, bob.address);
    const { index } = await alice.l1.depositToLane({ amount: ONE, refundTo: bob.address, ...deposit() });
    expect(await world.evm.waitForMessage(index)).toMatchObject({ isDelivered: false });
    expect((await pending(ETH, bob.address)) - before).toBe(ONE);
    await expectBalanced();
    expect(await take(alice, ETH, alice.address)).toBe('reverted');
    const carol = world.who('carol').address;
    const had = await world.balance(carol, ETH);
    expect(await take(bob, ETH, carol)).toBe('success');
    expect((await world.balance(carol, ETH)) - had).toBe(before + ONE);
    expect(await take(bob, ETH, carol)).toBe('reverted');
    await expectBalanced();
  });

  it('a token for an address of the protocol waits, too', async () => {
    const { index } = await alice.l1.depositToLane({ token: TEST, amount: ONE, to: INBOX, refundTo: bob.address });
    expect(await world.evm.waitForMessage(index)).toMatchObject({ isDelivered: false });
    expect(await pending(TEST, bob.address)).toBe(ONE);
    await expectBalanced();
    expect(await take(bob, TEST, bob.address)).toBe('success');
    expect(await world.balance(bob.address, TEST)).toBe(ONE);
    await expectBalanced();
  });

  it('an EXIT whose owner is a contract that reverts: its money waits for that contract', async () => {
    const { queueIndex } = await alice.l1.deposit({ amount: ONE, key: alice.key.key, owner: refusing });
    const { index } = await alice.ledger.waitForDeposit(queueIndex);
    const hash = await alice.ledger.exitToLane({ from: index, amount: ONE });
    await alice.ledger.waitFor(hash, 'included');
    expect(await pending(ETH, refusing)).toBe(ONE);
    expect(await world.balance(refusing, ETH)).toBe(0n);
    await expectBalanced();
  });
});

describe('nobody is the system sender', () => {
  const nobody = (raw: Hex) => world.evm.request({ method: 'eth_sendRawTransaction', params: [raw] });
  const systemRaw = async (): Promise<Hex> => {
    const { index } = await alice.l1.depositToLane({ amount: 1n, to: bob.address });
    const { transactionHash } = await world.evm.waitForMessage(index);
    const raw: unknown = await world.evm.request({
      method: 'eth_getRawTransactionByHash' as never,
      params: [transactionHash] as never,
    });
    return raw as Hex; // the node's own bytes
  };

  it('a system transaction sent again is no transaction', async () => {
    const raw = await systemRaw();
    expect(parseTransaction(raw)).toMatchObject({ to: INBOX });
    await expect(nobody(raw)).rejects.toThrow();
  });

  it('a wallet that lends its address Inbox’s code (EIP-7702) brings nothing in', async () => {
    const authorization = await bob.evm.signAuthorization({ contractAddress: INBOX, executor: 'self' });
    const args = [1_000n, bob.address, bob.address, 100_000n, bob.address, '0x'] as const;
    const forged = encodeFunctionData({ abi: INBOX_ABI, functionName: 'deliverEther', args });
    const minting = encodeFunctionData({
      abi: INBOX_ABI,
      functionName: 'deliverToken',
      args: [1_000n, bob.address, TEST, bob.address, ONE, 100_000n, bob.address, '0x'],
    });
    const supply = (await world.books(TEST)).supply;
    for (const [data, value] of [
      [forged, ONE],
      [minting, 0n],
    ] as const) {
      const hash = await bob.evm.sendTransaction({
        to: bob.address,
        data,
        value,
        gas: 500_000n,
        ...(data === forged && { authorizationList: [authorization] }),
      });
      expect((await world.evm.waitForTransactionReceipt({ hash })).status).toBe('reverted');
    }
    // the address has Inbox's code now, and still is nobody to Inbox and TokenFactory
    expect(await world.evm.getCode({ address: bob.address })).toBe(`0xef0100${INBOX.slice(2)}`);
    expect((await world.books(TEST)).supply).toBe(supply);
    await expectBalanced();
  });

  it('an authorization that nobody signed changes no account, the system sender least of all', async () => {
    const authorization = {
      address: INBOX,
      chainId: world.chain.id,
      nonce: 0,
      r: wordOf(1n),
      s: wordOf(1n),
      yParity: 0,
    };
    const nonce = await world.evm.getTransactionCount({ address: SYSTEM_SENDER });
    const hash = await alice.evm.sendTransaction({
      to: alice.address,
      gas: 200_000n,
      authorizationList: [authorization],
    });
    expect((await world.evm.waitForTransactionReceipt({ hash })).status).toBe('success');
    expect(await world.evm.getCode({ address: SYSTEM_SENDER })).toBeUndefined();
    expect(await world.evm.getTransactionCount({ address: SYSTEM_SENDER })).toBe(nonce);
    // and it goes on
    const { index } = await alice.l1.depositToLane({ amount: 1n, to: alice.address });
    expect(await world.evm.waitForMessage(index)).toMatchObject({ isDelivered: true });
  });

  it('what is sent to it is gone: the lane has less than its vault, never more', async () => {
    const hash = await alice.evm.sendTransaction({ to: SYSTEM_SENDER, value: 5n });
    await world.evm.waitForTransactionReceipt({ hash });
    const { index } = await alice.l1.depositToLane({ amount: 1n, to: alice.address });
    await world.evm.waitForMessage(index);
    expect(await world.balance(SYSTEM_SENDER, ETH)).toBe(0n);
    const { onLane, onL1 } = sides(await world.books(ETH));
    expect(onL1 - onLane).toBe(5n);
  });
});

function wordOf(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
