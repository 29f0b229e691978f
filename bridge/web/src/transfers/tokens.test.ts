/** Tokens: what contracts say of themselves, and moving the odd ones. */
import { encodeAbiParameters, getAddress, type Hex, RpcRequestError, toHex } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actor } from '../../../../protocol/testing/actors.ts';
import type { Contract } from '../../../testing/fixture.ts';
import { harmless } from './l1/tokens.ts';
import { type Hook, reached, TransferWorld } from './testing/transferWorld.ts';
import { toTrouble } from './trouble.ts';

let world: TransferWorld;
const contracts: Contract[] = [];
const { key } = actor(1);
const string = (text: string): Hex => encodeAbiParameters([{ type: 'string' }], [text]);
const number = (value: bigint): Hex => toHex(value, { size: 32 });

/** OddToken's moods. */
const [ANSWER, REVERT, BURN_GAS, AT_LENGTH] = [0, 1, 2, 3] as const;

beforeAll(async () => {
  world = await TransferWorld.start();
  const add = async (name: string, args: readonly unknown[] = []): Promise<Contract> => {
    const token = await world.f.deployTest(name, args);
    await world.f.alice.registerToken(token.address);
    contracts.push(token);
    return token;
  };
  await add('PlainToken', ['Real Dollar', 'USD']);
  await add('PlainToken', ['False Dollar', 'usd']);
  await add('PlainToken', ['Ether', 'ETH']);
  await add('NoReturnToken');
  await add('FeeToken');
  const odd = async (...answer: readonly [mood: number, text: Hex, decimals: Hex]): Promise<void> => {
    await (await add('OddToken')).write('set', answer);
  };
  await odd(ANSWER, string('\u202eevil\u0000 \u200b\u200b token '.repeat(50)), number(77n));
  await odd(ANSWER, toHex('MKR', { size: 32 }), number(36n));
  await odd(REVERT, '0x', '0x');
  await odd(BURN_GAS, '0x', '0x');
  await odd(AT_LENGTH, string('x'), number(2n ** 255n));
  await odd(ANSWER, `0x${'ff'.repeat(64)}`, '0x01');
  // Cyrillic, and a mark that is the page's own
  await odd(ANSWER, string('ЕТН'), number(18n));
  await odd(ANSWER, string('USD #1'), number(18n));
});
afterAll(() => world?.stop());

describe('tokens', () => {
  it('are named by their contracts, told apart, and harmless', async () => {
    const tokens = await world.open().tokens();
    expect(tokens.slice(0, 5).map(({ id, symbol, decimals }) => [id, symbol, decimals])).toEqual([
      [0, 'ETH', 18],
      [1, 'USD #1', 18],
      [2, 'usd #2', 18],
      // what is no Ether does not look like it
      [3, 'ETH #3', 18],
      [4, 'T4', 18],
    ]);
    const [hostile, old, reverts, burns, long, garbage, cyrillic, marked] = tokens.slice(6);
    expect(hostile).toMatchObject({ symbol: 'evil token evil… #6', decimals: 0 });
    expect(hostile?.name.length).toBeLessThanOrEqual(40);
    expect(old).toMatchObject({ symbol: 'MKR', name: 'MKR', decimals: 36 });
    for (const [token, id] of [
      [reverts, 8],
      [burns, 9],
    ] as const) {
      expect(token).toMatchObject({ symbol: `T${id}`, name: `Token ${id}`, decimals: 18 });
    }
    for (const token of [long, garbage]) expect((token?.symbol ?? '').length).toBeLessThanOrEqual(20);
    expect(cyrillic?.symbol).toBe('ЕТН #12');
    expect(marked?.symbol).toBe('USD 1 #13');
    expect(new Set(tokens.map(({ symbol }) => symbol)).size).toBe(14);
  });

  it('have no decimals made up where the endpoint is too busy to ask their contracts', async () => {
    let isBusy = true;
    const hook: Hook = (call, pass) => {
      const isToken = JSON.stringify(call.params ?? '').includes('0x313ce567');
      // as viem's transport over HTTP throws it
      const error = { code: -32005, message: 'limit exceeded' };
      const refusal = new RpcRequestError({ body: {}, error, url: 'http://l1' });
      return isBusy && isToken ? Promise.reject(refusal) : pass();
    };
    const bridge = world.open({ l1: world.l1(hook) });
    await expect(bridge.tokens()).rejects.toMatchObject({ code: 'L1_UNREACHABLE' });
    isBusy = false;
    expect((await bridge.tokens())[7]).toMatchObject({ symbol: 'MKR', decimals: 36 });
  });

  it('that are registered later are found, and an L1 that is away is no token without a name', async () => {
    const bridge = world.open();
    const before = (await bridge.tokens()).length;
    const late = await world.f.deployTest('PlainToken', ['Late', 'LATE']);
    await world.f.alice.registerToken(late.address);
    expect((await bridge.tokens()).slice(before)).toMatchObject([
      { symbol: 'LATE', address: getAddress(late.address) },
    ]);
    const offline: Hook = ({ method, params }, pass) => {
      const [call] = (params ?? []) as [{ to?: Hex }?];
      const isToken = method === 'eth_call' && call?.to?.toLowerCase() !== world.config.rollup.toLowerCase();
      return isToken ? Promise.reject(new TypeError('fetch failed')) : pass();
    };
    await expect(world.open({ l1: world.l1(offline) }).tokens()).rejects.toMatchObject({ code: 'L1_UNREACHABLE' });
  });

  it('have no text that hides or reorders another', () => {
    expect(harmless('A\u200dB\u202e\ufeffC', 9)).toBe('A B C');
    expect(harmless('e\u0301', 9)).toBe('é');
    expect(harmless('Z\u0351\u0352\u0353'.repeat(9), 5)).toBe('Z Z …');
    expect(harmless('\u{e0041}\ud800', 5)).toBe('');
    expect([...harmless('😀'.repeat(9), 4)]).toHaveLength(4);
  });
});

describe('deposits of tokens', () => {
  const open = () => {
    let approvals = 0;
    const hook: Hook = async ({ method, params }, pass) => {
      const [sent] = (params ?? []) as [{ data?: Hex }?];
      if (method === 'eth_sendTransaction' && sent?.data?.startsWith('0x095ea7b3') === true) approvals += 1;
      return pass();
    };
    const bridge = world.open();
    return { bridge, alice: bridge.actor(world.wallet(hook)), approvals: () => approvals };
  };
  const mint = async (id: number, amount: bigint): Promise<void> => {
    await contracts[id - 1]?.write('mint', [world.alice, amount]);
  };

  it('are approved for exactly what is sent, and not again where that is enough', async () => {
    await mint(1, 100n);
    const { alice, approvals } = open();
    const stages: string[] = [];
    const first = await alice.deposit({ token: 1, amount: 40n, key, onProgress: ({ stage }) => stages.push(stage) });
    expect(stages).toEqual(['checking', 'approving', 'approving', 'checking', 'asking', 'sent']);
    await world.mined(first.hash);
    expect(await contracts[0]?.read('allowance', [world.alice, world.config.rollup])).toBe(0n);
    await contracts[0]?.write('approve', [world.config.rollup, 60n]);
    await world.mined((await alice.deposit({ token: 1, amount: 60n, key })).hash);
    expect(approvals()).toBe(1);
  });

  it('of tokens that answer nothing or keep a part arrive, and are recognised', async () => {
    for (const id of [4, 5]) {
      await mint(id, 1_000n);
      const { alice, bridge } = open();
      await world.mined((await alice.deposit({ token: id, amount: 1_000n, key })).hash);
      const [deposit] = await bridge.transfers(world.alice);
      expect(deposit).toMatchObject({ token: id, amount: id === 5 ? 990n : 1_000n });
      expect(bridge.intents(world.alice)).toEqual([]);
    }
  });

  it('to the EVM lane go through its own contract', async () => {
    await mint(1, 9n);
    const { alice, bridge } = open();
    await world.mined((await alice.depositToLane({ token: 1, amount: 9n })).hash);
    const lane = (await bridge.transfers(world.alice)).find(({ kind }) => kind === 'laneDeposit');
    expect(lane).toMatchObject({ token: 1, amount: 9n, recipient: world.alice });
    expect(reached(lane)).toBe('onL1');
  });

  it('are refused before anything is approved if there is too little', async () => {
    const { alice, approvals } = open();
    const error: unknown = await alice.deposit({ token: 2, amount: 5n, key }).catch((thrown: unknown) => thrown);
    expect(toTrouble(error)).toEqual({ code: 'INSUFFICIENT_FUNDS', data: { token: 2, need: 5n, have: 0n } });
    expect(approvals()).toBe(0);
  });
});
