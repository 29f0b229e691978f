import { createWalletClient, custom, erc20Abi, type Hex, http, parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Contract, Fixture, TEST_L2_CHAIN_ID, TEST_SETTINGS } from '../../bridge/testing/fixture.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { engramChain } from '../chain.ts';
import { bridgeActions } from './bridgeActions.ts';

const TOKENS = 1_000n;
let fixture: Fixture;
let erc20: Contract;

beforeAll(async () => {
  fixture = await Fixture.start();
  erc20 = await fixture.deployTest('PlainToken', ['Test', 'TEST']);
});
afterAll(() => fixture.l1.stop());

function chainOf(change: { l1?: { id: number } } = {}) {
  const { address, deployedAt } = fixture.deployment;
  const id = Number(TEST_L2_CHAIN_ID);
  return engramChain({
    id,
    rpcUrl: 'http://localhost:1',
    l1: { id: 31_337 },
    rollup: address,
    rollupDeployedAt: deployedAt,
    ...change,
  });
}

/** Anvil's third account, as an application has it. */
function wallet(chain = chainOf()) {
  return createWalletClient({
    account: fixture.clients.walletClient(fixture.l1.accounts[2] ?? fail()).account,
    chain: fixture.clients.publicClient.chain,
    transport: http(fixture.l1.url),
    pollingInterval: 50,
  }).extend(bridgeActions(chain));
}

function fail(): never {
  throw new RangeError('anvil has too few accounts');
}

describe('the bridge, from a wallet', () => {
  it('takes ETH into a new account and tells the entry of the queue', async () => {
    const owner = wallet().account.address;
    const { queueIndex, item } = await wallet().deposit({ amount: parseEther('1'), key: actor(1).key });
    expect(queueIndex).toBe(0n);
    expect(item).toMatchObject({ opcode: 1, token: 0, amount: parseEther('1'), address: BigInt(owner) });
    expect(await fixture.balance(fixture.deployment.address)).toBe(
      TEST_SETTINGS.bond + parseEther('1') + TEST_SETTINGS.queueFee,
    );
  });

  it('approves an ERC-20 only when its allowance is too small', async () => {
    const alice = wallet();
    const address = erc20.address;
    const { id } = await alice.registerToken(address);
    const mint = async (): Promise<Hex> =>
      alice.writeContract({ address, abi: erc20.abi, functionName: 'mint', args: [alice.account.address, TOKENS] });
    await fixture.clients.publicClient.waitForTransactionReceipt({ hash: await mint() });
    const before = await fixture.clients.publicClient.getTransactionCount({ address: alice.account.address });
    await alice.deposit({ token: id, amount: TOKENS / 4n, key: actor(1).key });
    await alice.depositTo({ token: id, index: 7, amount: TOKENS / 4n });
    const approve = { address, abi: erc20Abi, functionName: 'approve' } as const;
    const hash = await alice.writeContract({ ...approve, args: [fixture.deployment.address, TOKENS] });
    await fixture.clients.publicClient.waitForTransactionReceipt({ hash });
    await alice.depositTo({ token: id, index: 7, amount: TOKENS / 4n });
    const after = await fixture.clients.publicClient.getTransactionCount({ address: alice.account.address });
    // two deposits with an approval each, one approval, one deposit without
    expect(after - before).toBe(6);
    expect(await erc20.read('balanceOf', [fixture.deployment.address])).toBe((TOKENS * 3n) / 4n);
  });

  it('queues a forced exit', async () => {
    const { item } = await wallet().forcedExit({ index: 5 });
    expect(item).toMatchObject({ opcode: 3, index: 5 });
  });

  it('refuses by the name of the contract’s error', async () => {
    const key = [1n, 1n] as never;
    await expect(wallet().deposit({ amount: 1n, key })).rejects.toMatchObject({ code: 'KeyOffCurve' });
    const unknown = wallet().deposit({ token: 99, amount: 1n, key: actor(1).key });
    await expect(unknown).rejects.toMatchObject({ code: 'UnknownToken' });
    expect(await wallet().getPendingWithdrawal()).toBe(0n);
    await expect(wallet().withdrawFromBridge()).rejects.toMatchObject({ code: 'NothingToWithdraw' });
  });

  it('tells what an owner can do without the sequencer', async () => {
    const hints = await wallet().getEscapeHints();
    expect(hints).toMatchObject({ isFrozen: false, isOpen: false, queueFee: TEST_SETTINGS.queueFee });
    await fixture.warp(TEST_SETTINGS.graceSeconds + 1);
    expect(await wallet().getEscapeHints()).toMatchObject({ isOpen: true, opensAt: hints.opensAt });
    expect(await fixture.now()).toBeGreaterThan(hints.opensAt);
  });

  it('sends nothing from a wallet on another L1, or when L1 does not answer', async () => {
    const other = wallet(chainOf({ l1: { id: 1 } }));
    await expect(other.deposit({ amount: 1n, key: actor(1).key })).rejects.toMatchObject({ code: 'CHAIN_MISMATCH' });
    const transport = custom({ request: () => Promise.reject(new TypeError('offline')) }, { retryCount: 0 });
    const chain = fixture.clients.publicClient.chain;
    const offline = createWalletClient({ account: wallet().account, chain, transport }).extend(
      bridgeActions(chainOf()),
    );
    await expect(offline.forcedExit({ index: 1 })).rejects.toMatchObject({ code: 'L1_UNREACHABLE' });
    expect(() => bridgeActions(chain)).toThrow(expect.objectContaining({ code: 'CHAIN_INCOMPLETE' }));
  });
});
