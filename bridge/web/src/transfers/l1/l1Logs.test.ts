/** Logs from endpoints that refuse, are reorganised, or say more than they were asked. */
import type { Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actor } from '../../../../../protocol/testing/actors.ts';
import { type Hook, providerError, reached, TransferWorld } from '../testing/transferWorld.ts';

let world: TransferWorld;
beforeAll(async () => {
  world = await TransferWorld.start();
  await world.f.clients.testClient.mine({ blocks: 300 });
});
afterAll(() => world?.stop());

const { key } = actor(1);
const ids = async (bridge: ReturnType<TransferWorld['open']>): Promise<string[]> =>
  (await bridge.transfers(world.alice)).map(({ id }) => id);

function rangeOf(params: unknown): number {
  const [{ fromBlock, toBlock }] = params as [{ fromBlock: Hex; toBlock: Hex }]; // eth_getLogs
  return Number(toBlock) - Number(fromBlock) + 1;
}

describe('logs of L1', () => {
  it('are asked for in smaller and smaller ranges until the endpoint answers, and then in those', async () => {
    await world.f.alice.depositNew({ token: 0, amount: 1n, key });
    const asked: number[] = [];
    const stingy: Hook = async ({ method, params }, pass) => {
      if (method !== 'eth_getLogs') return pass();
      asked.push(rangeOf(params));
      if (rangeOf(params) > 100) throw providerError(-32005, 'range too large');
      return pass();
    };
    const bridge = world.open({ l1: world.l1(stingy) });
    expect(await ids(bridge)).toEqual(['deposit:0']);
    expect(asked.filter((range) => range <= 100).length).toBeGreaterThan(4);
    asked.length = 0;
    expect(await ids(bridge)).toEqual(['deposit:0']);
    // only the end of the chain, again
    expect(asked.every((range) => range < 20)).toBe(true);
  });

  it('that are always refused end with a code, not in a loop', async () => {
    const refuses: Hook = async ({ method }, pass) => {
      if (method === 'eth_getLogs') throw providerError(-32005, 'no logs here');
      return pass();
    };
    await expect(ids(world.open({ l1: world.l1(refuses) }))).rejects.toMatchObject({ code: 'L1_UNREACHABLE' });
    const offline: Hook = () => Promise.reject(new TypeError('fetch failed'));
    await expect(ids(world.open({ l1: world.l1(offline) }))).rejects.toMatchObject({ code: 'L1_UNREACHABLE' });
  });

  it('of others are not counted, whatever the endpoint sends', async () => {
    await world.f.bob.depositNew({ token: 0, amount: 2n, key });
    const generous: Hook = async ({ method, params }, pass) => {
      if (method !== 'eth_getLogs') return pass();
      const [filter] = params as [{ address: Hex; fromBlock: Hex; toBlock: Hex }];
      const { fromBlock, toBlock } = filter;
      return world.f.clients.publicClient.request({ method, params: [{ fromBlock, toBlock }] });
    };
    expect(await ids(world.open({ l1: world.l1(generous) }))).toEqual(['deposit:0']);
  });

  it('are read again from where L1 was reorganised', async () => {
    const bridge = world.open();
    const { testClient } = world.f.clients;
    const snapshot = await testClient.snapshot();
    await world.f.alice.depositNew({ token: 0, amount: 30n, key });
    await testClient.mine({ blocks: 40 });
    expect(await ids(bridge)).toContain('deposit:2');
    await world.f.warp(5);
    expect(await ids(bridge)).toContain('deposit:2');
    await testClient.revert({ id: snapshot });
    // another chain, longer than the one before
    await testClient.mine({ blocks: 100, interval: 7 });
    expect(await ids(bridge)).toEqual(['deposit:0']);
    await world.f.alice.depositTo({ index: 9, token: 0, amount: 31n });
    const [latest] = await bridge.transfers(world.alice);
    expect(latest).toMatchObject({ id: 'deposit:2', amount: 31n });
    expect(await world.open().transfers(world.alice)).toEqual(await bridge.transfers(world.alice));
  });

  it('that are not deep enough are not on L1 yet', async () => {
    const config = { ...world.config, l1: { ...world.config.l1, confirmations: 3 } };
    const bridge = world.open({ config });
    const { queueIndex } = await world.f.alice.depositNew({ token: 0, amount: 5n, key });
    const deposit = async () => (await bridge.transfers(world.alice)).find(({ id }) => id === `deposit:${queueIndex}`);
    expect(reached(await deposit())).toBe('sent');
    await world.f.clients.testClient.mine({ blocks: 3 });
    expect(reached(await deposit())).toBe('onL1');
  });

  it('of another chain than the page is for are not read', async () => {
    const config = { ...world.config, l1: { ...world.config.l1, chainId: 1 } };
    const wrong = { code: 'WRONG_NETWORK', data: { expected: 1, found: 31_337 } };
    await expect(ids(world.open({ config }))).rejects.toMatchObject(wrong);
    const nowhere = { ...world.config, rollup: world.bob };
    await expect(world.open({ config: nowhere }).state()).rejects.toMatchObject({ code: 'NOT_A_ROLLUP' });
  });
});
