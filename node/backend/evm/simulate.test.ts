import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WALLETS } from '../../../chain/evm/testing/laneFixture.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { EthWorld } from '../../rpc/eth/testing/ethWorld.ts';

const A: Hex = '0xc000000000000000000000000000000000000000';
const B: Hex = '0xc100000000000000000000000000000000000000';
const SHOWN = '0xC000000000000000000000000000000000000000';
const RICH = WALLETS[1]?.address;

let world: EthWorld;
let probe: Hex;

beforeAll(async () => {
  world = await EthWorld.create();
  probe = await world.deployProbe();
}, 120_000);
afterAll(() => world.stop());

const simulate = (blockStateCalls: readonly unknown[], rest: object = {}) =>
  world.call('eth_simulateV1', [{ blockStateCalls, ...rest }, 'latest']);
const failure = (blockStateCalls: readonly unknown[], rest: object = {}) =>
  world.failure('eth_simulateV1', [{ blockStateCalls, ...rest }, 'latest']);

describe('eth_simulateV1', () => {
  it('runs calls on what the calls before left, block after block', async () => {
    const store = { from: RICH, to: probe, data: world.data('store', [9n]) };
    const read = { from: RICH, to: probe, data: world.data('stored') };
    const blocks = await simulate([{ calls: [store, read] }, { calls: [read] }]);
    expect(blocks.map(({ number }: { number: string }) => Number(number))).toEqual([2, 3]);
    expect(blocks[1].parentHash).toBe(blocks[0].hash);
    const [stored, seen] = blocks[0].calls;
    expect(stored.logs).toHaveLength(1);
    expect(stored.logs[0]).toMatchObject({ blockHash: blocks[0].hash, transactionHash: blocks[0].transactions[0] });
    expect([Number(seen.returnData), Number(blocks[1].calls[0].returnData)]).toEqual([9, 9]);
    expect(Number(blocks[0].gasUsed)).toBe(Number(stored.gasUsed) + Number(seen.gasUsed));
    expect(Number(await world.call('eth_call', [read]))).toBe(0);
  });

  it('reports failures beside what succeeds', async () => {
    const [{ calls }] = await simulate([
      {
        calls: [
          { from: RICH, to: probe, data: world.data('failWith', ['no luck']) },
          { from: RICH, to: probe, data: world.data('invalid'), gas: '0x186a0' },
          { from: RICH, to: B },
        ],
      },
    ]);
    expect(calls[0]).toMatchObject({
      status: '0x0',
      logs: [],
      error: { code: 3, message: 'execution reverted: no luck' },
    });
    expect(calls[1]).toMatchObject({
      status: '0x0',
      gasUsed: '0x186a0',
      error: { code: -32015, message: 'invalid opcode: INVALID' },
    });
    expect(calls[2]).toMatchObject({ status: '0x1', gasUsed: '0x5208' });
  });

  it('overrides states and blocks for what follows', async () => {
    const code = '0x4360005260206000f3'; // NUMBER
    const [first, , third] = await simulate([
      { blockOverrides: { number: '0xa' }, stateOverrides: { [B]: { code } }, calls: [{ from: A, to: B }] },
      { blockOverrides: { number: '0xc', time: '0xffffffff' }, calls: [{ from: A, to: B }] },
    ]).then((blocks) => [blocks.at(-3), blocks.at(-2), blocks.at(-1)]);
    expect([Number(first.calls[0].returnData), Number(third.calls[0].returnData)]).toEqual([10, 12]);
    expect(third.timestamp).toBe('0xffffffff');
  });

  it('knows the hashes of simulated blocks', async () => {
    const call = { from: A, to: probe, data: world.data('hashOf', [2n]) };
    const [first, second] = await simulate([{ calls: [] }, { calls: [call] }]);
    expect(second.calls[0].returnData).toBe(first.hash);
  });

  it('tells of transfers as of tokens', async () => {
    const data = world.data('pay', [B]);
    const [{ calls }] = await simulate(
      [{ stateOverrides: { [A]: { balance: '0x7d0' } }, calls: [{ from: A, to: probe, value: '0x3e8', data }] }],
      { traceTransfers: true },
    );
    expect(
      calls[0].logs.map(({ address, data: amount }: { address: Hex; data: Hex }) => [address, Number(amount)]),
    ).toEqual([
      [`0x${'ee'.repeat(20)}`, 1000],
      [`0x${'ee'.repeat(20)}`, 1000],
    ]);
  });

  it.each([
    [
      [{ blockOverrides: { number: '0x9a' } }, { blockOverrides: { number: '0x90' } }],
      {},
      -38020,
      'block numbers must be in order: 144 <= 154',
    ],
    [[{ blockOverrides: { time: '0x1' } }], {}, -38021, /^block timestamps must be in order: 1 <= \d+$/],
    [Array(300).fill({}), {}, -38026, 'too many blocks'],
    [[{ blockOverrides: { number: '0xffffff' } }], {}, -38026, 'too many blocks'],
    [
      [{ calls: [{ from: A, to: B, gas: '0x0' }] }],
      {},
      -38013,
      'err: intrinsic gas too low: have 0, want 21000 (supplied gas 0)',
    ],
    [
      [{ calls: [{ from: A, to: B, value: '0x3e8', gas: '0x5208' }] }],
      {},
      -38014,
      `err: insufficient funds for gas * price + value: address ${SHOWN} have 0 want 1000 (supplied gas 21000)`,
    ],
    [
      [{ blockOverrides: { baseFeePerGas: '0xa' }, calls: [{ from: A, to: B, maxFeePerGas: '0x0', gas: '0x5208' }] }],
      { validation: true },
      -38012,
      `err: max fee per gas less than block base fee: address ${SHOWN}, maxFeePerGas: 0, baseFee: 10 (supplied gas 21000)`,
    ],
    [
      [{ calls: [{ from: RICH, to: B, nonce: '0x9', maxFeePerGas: '0x9502f9000' }] }],
      { validation: true },
      -38011,
      /^err: nonce too high/,
    ],
    [[{ calls: [{ from: A, to: B, gas: '0xfffffffff' }] }], {}, -38015, /^block gas limit reached/],
    [[{ stateOverrides: { [A]: { movePrecompileToAddress: B } } }], {}, -32000, `account ${SHOWN} is not a precompile`],
    [[], {}, -32602, 'empty input'],
  ])('refuses %#', async (blocks, rest, code, message) => {
    const error = await failure(blocks, rest);
    expect(error.code).toBe(code);
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
  });

  it('starts from no block that is not there', async () => {
    expect(await world.failure('eth_simulateV1', [{ blockStateCalls: [{}] }, '0x111'])).toEqual({
      code: -32000,
      message: 'header not found',
    });
  });

  it('stops when its time is up', async () => {
    const small = await EthWorld.create({}, { limits: { timeoutMs: 100 } });
    const loop = { stateOverrides: { [B]: { code: '0x5b5f56' } }, calls: [{ from: A, to: B }] };
    const error = await small.failure('eth_simulateV1', [{ blockStateCalls: Array(50).fill(loop) }]);
    await small.stop();
    expect(error).toEqual({ code: -32000, message: 'execution aborted (timeout = 100ms)' });
  });
});
