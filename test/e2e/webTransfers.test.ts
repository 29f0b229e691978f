/** The bridge page's engine against a real node and L1: value both ways through both lanes, with the node there and away. */
import { createClient, createWalletClient, http, type PublicClient, parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localClients } from '../../bridge/deploy/localL1.ts';
import type { Actor, Bridge } from '../../bridge/web/src/transfers/index.ts';
import {
  LedgerKeys,
  openBridge,
  type StepName,
  type Transfer,
  toTrouble,
} from '../../bridge/web/src/transfers/index.ts';
import { fetchEngramChain, type LedgerAccount } from '../../sdk/index.ts';
import type { WebConfig } from '../../sdk/webConfig.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';
import { until } from './support/laneWorld.ts';

const ONE = parseEther('1');

let devnet: InstantDevnet;
let config: WebConfig;
let bridge: Bridge;
let alice: Actor;
let key: LedgerAccount;
let open: (withNode?: boolean) => Bridge;
const asked: string[] = [];

beforeAll(async () => {
  devnet = await startInstantDevnet({ flags: { '--sequencer-batch-ms': 1_000 } });
  const chain = await fetchEngramChain(devnet.rpcUrl);
  config = {
    ...{ version: 1, name: 'devnet', rollup: devnet.rollup, deployedAt: Number(devnet.deployedAt) },
    l1: { chainId: devnet.l1.chain.id, name: 'anvil', confirmations: 0, blockSeconds: 1 },
    ...{ l2: { chainId: chain.id }, evmLane: devnet.evmLane, pace: { batchSeconds: 1, proofSeconds: 1 } },
  };
  const { publicClient } = localClients(devnet.l1);
  open = (withNode = true) => {
    const kept = new Map<string, string>();
    return openBridge({
      config,
      l1: publicClient as PublicClient,
      ...(withNode && { node: createClient({ chain, transport: http(devnet.rpcUrl, { retryCount: 0 }) }) }),
      storage: {
        getItem: (name) => kept.get(name) ?? null,
        setItem: (name, value) => void kept.set(name, value),
        removeItem: (name) => void kept.delete(name),
      },
    });
  };
  bridge = open();
  const { l1: account } = devnet.person('alice');
  const wallet = createWalletClient({ account, chain: devnet.l1.chain, transport: http(devnet.l1Url) });
  const signTypedData: typeof wallet.signTypedData = (parameters) => {
    asked.push('signTypedData');
    return account.signTypedData(parameters as never);
  };
  alice = bridge.actor(wallet, createWalletClient({ account, chain, transport: http(devnet.rpcUrl) }));
  key = await new LedgerKeys(config).of(Object.assign(wallet, { signTypedData }), []);
});
afterAll(() => devnet?.stop());

async function arrives(kind: Transfer['kind'], step: StepName): Promise<Transfer> {
  let found: Transfer | undefined;
  await until(async () => {
    found = (await bridge.transfers(alice.owner)).find((transfer) => transfer.kind === kind);
    return found?.steps.some(({ name, state }) => name === step && state === 'done') === true;
  });
  return found ?? expect.unreachable();
}

const newest = async (of: Bridge): Promise<[string, boolean][]> =>
  (await of.transfers(alice.owner)).map(({ id, isFinished }) => [id, isFinished]);

describe('the bridge page’s engine', () => {
  it('deposits into a new account, and asks a wallet that it does not know for two signatures', async () => {
    expect(asked).toHaveLength(2);
    await alice.deposit({ token: 0, amount: 3n * ONE, key: key.key });
    const { account, steps, expectedSeconds } = await arrives('deposit', 'proven');
    expect(steps.every(({ at, link }) => at !== undefined && link !== undefined)).toBe(true);
    expect(expectedSeconds).toBeUndefined();
    const { accounts, source } = await bridge.holdings(alice.owner);
    expect({ accounts, source }).toMatchObject({ source: 'node', accounts: [{ index: account, balance: 3n * ONE }] });
  });

  it('asks once for a key that an account has', async () => {
    const { accounts } = await bridge.holdings(alice.owner);
    const { l1: account } = devnet.person('alice');
    const wallet = createWalletClient({ account, chain: devnet.l1.chain, transport: http(devnet.l1Url) });
    let signatures = 0;
    const signTypedData = (parameters: never) => {
      signatures += 1;
      return account.signTypedData(parameters);
    };
    const keys = new LedgerKeys(config);
    const again = await keys.of(Object.assign(wallet, { signTypedData }) as typeof wallet, accounts);
    expect(again.packedKey).toBe(key.packedKey);
    expect(signatures).toBe(1);
    expect(await keys.known(account.address)).toBe(again);
    expect(await keys.known(devnet.person('bob').l1.address)).toBeUndefined();
    expect(await keys.known(account.address)).toBeUndefined();
  });

  it('adds to an account only where a proven batch shows the key', async () => {
    const [account] = (await bridge.holdings(alice.owner)).accounts;
    const index = account?.index ?? 0;
    await alice.deposit({ token: 0, amount: ONE, key: key.key, account: index });
    const bob = devnet.person('bob').key;
    const foreign = alice.deposit({ token: 0, amount: 2n * ONE, key: bob, account: index });
    // refused for it, or because the one before is not mined yet
    const code = await foreign.then(
      () => undefined,
      (error: unknown) => toTrouble(error).code,
    );
    expect(['ACCOUNT_UNPROVEN', 'ALREADY_SENDING']).toContain(code);
    await until(
      async () => (await newest(bridge)).filter(([id, isOver]) => id.startsWith('deposit:') && isOver).length === 2,
    );
    for (const more of [
      { account: index, key: bob },
      { account: 999, key: key.key },
    ]) {
      await expect(alice.deposit({ token: 0, amount: 1n, ...more })).rejects.toMatchObject({
        code: 'ACCOUNT_UNPROVEN',
      });
    }
  });

  it('takes money out by an EXIT, to the wei', async () => {
    const [account] = (await bridge.holdings(alice.owner)).accounts;
    await alice.exit({ account: account?.index ?? 0, amount: ONE, ledgerKeySigner: key });
    expect(await arrives('exit', 'claimable')).toMatchObject({ amount: ONE, action: 'withdraw' });
    expect((await bridge.holdings(alice.owner)).owed).toEqual([{ token: 0, amount: ONE }]);
    await alice.withdraw(0);
    expect(await arrives('exit', 'claimed')).toMatchObject({ isFinished: true });
    expect((await bridge.holdings(alice.owner)).owed).toEqual([]);
  });

  it('goes to the EVM lane and back by a claim', async () => {
    await alice.depositToLane({ token: 0, amount: 2n * ONE });
    await arrives('laneDeposit', 'proven');
    const { hash } = await alice.withdrawFromLane({ token: 0, amount: ONE });
    const withdrawal = await arrives('laneWithdrawal', 'claimable');
    expect(withdrawal.steps[0]?.link).toEqual({ chain: 'lane', id: hash });
    await alice.claim(withdrawal);
    expect(await arrives('laneWithdrawal', 'claimed')).toMatchObject({ isFinished: true });
    await expect(alice.claim(withdrawal)).rejects.toMatchObject({ code: 'AlreadyClaimed' });
    expect(bridge.intents(alice.owner)).toEqual([]);
  });

  it('demands an exit on L1', async () => {
    const [account] = (await bridge.holdings(alice.owner)).accounts;
    await alice.forcedExit({ account: account?.index ?? 0 });
    expect(await arrives('forcedExit', 'claimable')).toMatchObject({ amount: 3n * ONE, action: 'withdraw' });
  });

  it('tells the same in a new browser, with the node and without it', async () => {
    const known = await newest(bridge);
    expect(known).toHaveLength(6);
    expect(await newest(open())).toEqual(known);
    expect(new Map(await newest(open(false)))).toEqual(new Map(known));
  });
});
