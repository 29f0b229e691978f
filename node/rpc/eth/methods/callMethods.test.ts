import { decodeAbiParameters, decodeFunctionResult, encodeErrorResult } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WALLETS } from '../../../../chain/evm/testing/laneFixture.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { EthWorld, GWEI } from '../testing/ethWorld.ts';

const FROM = WALLETS[1]?.address;
const NOBODY: Hex = '0x00000000000000000000000000000000000000aa';

let world: EthWorld;
let probe: Hex;

beforeAll(async () => {
  world = await EthWorld.create();
  probe = await world.deployProbe();
}, 120_000);
afterAll(() => world.stop());

const on = (name: string, args: readonly unknown[] = [], extra: object = {}) => ({
  from: FROM,
  to: probe,
  data: world.data(name, args),
  ...extra,
});

describe('eth_call', () => {
  it('answers what the code returns', async () => {
    const answer = await world.call('eth_call', [on('who'), 'latest']);
    const [sender, origin, number, , baseFee, price] = decodeFunctionResult({
      abi: world.probe.abi,
      functionName: 'who',
      data: answer,
    }) as readonly [Hex, Hex, bigint, bigint, bigint, bigint];
    expect([sender.toLowerCase(), origin.toLowerCase(), number]).toEqual([FROM, FROM, 1n]);
    expect([baseFee, price]).toEqual([0n, 0n]); // a call without a price sees no base fee
  });

  it('sees the base fee when it offers a price', async () => {
    const answer = await world.call('eth_call', [on('who', [], { maxFeePerGas: '0x77359400', gas: '0x186a0' })]);
    const words = decodeAbiParameters(
      ['address', 'address', 'uint256', 'uint256', 'uint256', 'uint256'].map((type) => ({ type })),
      answer,
    );
    expect(words[4]).toBeGreaterThan(0n);
    expect(words[5]).toBe(words[4]);
  });

  it.each([
    ['failWith', ['no luck'], 3, 'execution reverted: no luck'],
    ['failCustom', [7n], 3, 'execution reverted'],
    ['failEmpty', [], 3, 'execution reverted'],
    ['panic', [], 3, 'execution reverted: assert(false)'],
    ['invalid', [], -32000, 'invalid opcode: INVALID'],
  ])('fails as go-ethereum does: %s', async (name, args, code, message) => {
    const error = await world.failure('eth_call', [on(name, args)]);
    expect([error.code, error.message]).toEqual([code, message]);
    if (code === 3) expect(error.data).toMatch(/^0x/);
    else expect(error).not.toHaveProperty('data');
  });

  it('gives the revert bytes as data', async () => {
    const { data } = await world.failure('eth_call', [on('failCustom', [7n])]);
    expect(data).toBe(encodeErrorResult({ abi: world.probe.abi, errorName: 'Custom', args: [7n] }));
    expect(await world.failure('eth_call', [on('failEmpty')])).toMatchObject({ data: '0x' });
  });

  it.each([
    ['0x01', 'stack underflow (0 <=> 2)'],
    ['0x5f5ffd', 'execution reverted'],
    ['0x600056', 'invalid jump destination'],
    ['0x0c', 'invalid opcode: opcode 0xc not defined'],
    ['0x60015f5f3e', 'return data out of bounds'],
    [`0x${'5f'.repeat(1025)}`, 'stack limit reached 1024 (1023)'],
    ['0x7f'.padEnd(68, 'f').concat('51'), 'out of gas'],
  ])('names the fault of code %#', async (code, message) => {
    const error = await world.failure('eth_call', [{ to: NOBODY }, 'latest', { [NOBODY]: { code } }]);
    expect(error.message).toBe(message);
  });

  it.each([
    [
      { value: '0x1', from: NOBODY, to: NOBODY },
      `err: insufficient funds for gas * price + value: address 0x00000000000000000000000000000000000000AA have 0 want 1 (supplied gas 50000000)`,
    ],
    [{ gas: '0x10', to: NOBODY }, 'err: intrinsic gas too low: have 16, want 21000 (supplied gas 16)'],
    [
      { to: NOBODY, data: `0x${'11'.repeat(1000)}`, gas: '0xa000' },
      'err: insufficient gas for floor data gas cost: have 40960, want 61000 (supplied gas 40960)',
    ],
    [
      { gasPrice: '0x1', from: NOBODY, to: NOBODY, gas: '0x5208' },
      /^err: max fee per gas less than block base fee: address 0x0{38}AA, maxFeePerGas: 1, baseFee: \d+ \(supplied gas 21000\)$/,
    ],
    [
      { data: `0x${'00'.repeat(49_153)}` },
      'err: max initcode size exceeded: code size 49153 limit 49152 (supplied gas 50000000)',
    ],
    [
      { gasPrice: '0x1', maxFeePerGas: '0x1', to: NOBODY },
      'both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified',
    ],
  ])('refuses what could not be a transaction: %#', async (request, message) => {
    const error = await world.failure('eth_call', [request]);
    expect(error.code).toBe(-32000);
    expect(error.message).toMatch(message);
  });

  it('overrides state', async () => {
    const overrides = { [NOBODY]: { balance: '0x64', code: '0x4760005260206000f3' } };
    expect(BigInt(await world.call('eth_call', [{ to: NOBODY }, 'latest', overrides]))).toBe(100n);
    const slot = `0x${'0'.repeat(64)}`;
    const value = `0x${'5'.padStart(64, '0')}`;
    const diff = { [probe]: { stateDiff: { [slot]: value } } };
    expect(await world.call('eth_call', [on('stored'), 'latest', diff])).toBe(value);
    const state = { [probe]: { state: { [slot]: value } } };
    expect(await world.call('eth_call', [on('stored'), 'latest', state])).toBe(value);
    expect(BigInt(await world.call('eth_call', [on('stored')]))).toBe(0n);
    const both = { [probe]: { state: {}, stateDiff: {} } };
    expect((await world.failure('eth_call', [on('stored'), 'latest', both])).message).toMatch(
      /has both 'state' and 'stateDiff'$/,
    );
  });

  it('overrides the block', async () => {
    const answer = await world.call('eth_call', [on('who'), 'latest', {}, { number: '0x123', time: '0x456' }]);
    const words = answer.slice(2).match(/.{64}/g);
    expect([BigInt(`0x${words[2]}`), BigInt(`0x${words[3]}`)]).toEqual([0x123n, 0x456n]);
  });

  it('moves precompiles of Ethereum, and none else', async () => {
    const identity = '0x0000000000000000000000000000000000000004';
    const overrides = { [identity]: { movePrecompileToAddress: NOBODY } };
    expect(await world.call('eth_call', [{ to: NOBODY, data: '0x1234' }, 'latest', overrides])).toBe('0x1234');
    const wrong = { [probe]: { movePrecompileToAddress: NOBODY } };
    expect((await world.failure('eth_call', [{ to: NOBODY }, 'latest', wrong])).message).toMatch(
      /is not a precompile$/,
    );
  });

  it('stops code that does not end, and lets others go on meanwhile', async () => {
    const impatient = await EthWorld.create({}, { limits: { timeoutMs: 1_000 } });
    let hadTurn = false;
    setImmediate(() => {
      hadTurn = true;
    });
    const overrides = { [NOBODY]: { code: '0x5b5f56' } };
    const error = await impatient.failure('eth_call', [{ to: NOBODY, gas: '0xffffffffffff' }, 'latest', overrides]);
    await impatient.stop();
    // all the gas may be gone before the time is up
    expect(['execution aborted (timeout = 1s)', 'out of gas']).toContain(error.message);
    expect([error.code, hadTurn]).toEqual([-32000, true]);
  });

  it('survives deep recursion', async () => {
    expect(await world.failure('eth_call', [on('recurse')])).toMatchObject({ code: expect.any(Number) });
    expect(world.hidden).toEqual([]);
  });

  it('leaves nothing behind', async () => {
    await world.call('eth_call', [on('store', [9n])]);
    expect(BigInt(await world.call('eth_call', [on('stored')]))).toBe(0n);
  });

  it('refuses more calls than may wait', async () => {
    const small = await EthWorld.create({}, { limits: { concurrency: 1, queue: 1 } });
    const calls = [1, 2, 3].map(() => small.failure('eth_call', [{ to: NOBODY }]));
    const errors = await Promise.all(calls);
    await small.stop();
    expect(errors.filter(Boolean)).toEqual([{ code: -32005, message: 'too many calls are being executed' }]);
  });

  it('is told when the node forgot the state', async () => {
    const gone = await world.backend.block(1n);
    if (gone === undefined) throw new RangeError('no block 1');
    const header = Object.create(gone.header, { stateRoot: { value: new Uint8Array(32).fill(7) } });
    const place = { block: { ...gone, header }, overrides: new Map(), blockOverrides: { number: undefined } as never };
    const request = { to: NOBODY, data: new Uint8Array(), value: 0n } as never;
    await expect(world.backend.run.call(request, place)).rejects.toThrow(
      `historical state ${'07'.repeat(32)} is not available`,
    );
    await expect(world.backend.state(place.block).account(NOBODY)).rejects.toThrow('is not available');
  });
});

describe('eth_estimateGas', () => {
  it('is exact for transfers', async () => {
    expect(await world.call('eth_estimateGas', [{ from: FROM, to: NOBODY, value: '0x1' }])).toBe('0x5208');
  });

  it.each([
    ['store', [5n]],
    ['spendRefundable', [10n]],
    ['wantsGas', [400_000n]],
    ['flood', [20n]],
  ])('finds a limit that suffices, and little more: %s', async (name, args) => {
    const estimate = BigInt(await world.call('eth_estimateGas', [on(name, args)]));
    const attempt = async (gas: bigint) =>
      world.failure('eth_call', [on(name, args, { gas: `0x${gas.toString(16)}` })]);
    expect(await attempt(estimate)).toBeUndefined();
    expect(await attempt((estimate * 97n) / 100n)).toBeDefined();
  });

  it('estimates the making of a contract', async () => {
    const estimate = BigInt(await world.call('eth_estimateGas', [{ from: FROM, data: world.probe.bytecode }]));
    const tx = await world.send(1, { data: Buffer.from(world.probe.bytecode.slice(2), 'hex'), gasLimit: estimate });
    const { receipts } = await world.mine();
    expect(receipts.map(({ txHash, status }) => [txHash, status])).toEqual([[tx.hash, 1]]);
  });

  it('fails with the reason of a call that cannot succeed', async () => {
    expect(await world.failure('eth_estimateGas', [on('failWith', ['no luck'])])).toMatchObject({
      code: 3,
      message: 'execution reverted: no luck',
    });
    expect(await world.failure('eth_estimateGas', [on('wantsGas', [10n ** 9n])])).toMatchObject({ code: 3 });
    const capped = await world.failure('eth_estimateGas', [on('flood', [1_000n], { gas: '0x186a0' })]);
    expect(capped).toEqual({ code: -32000, message: 'gas required exceeds allowance (100000)' });
  });

  it('is no higher than what the pool takes', async () => {
    const endless = { [NOBODY]: { code: '0x5b5f56' } };
    expect((await world.failure('eth_estimateGas', [{ to: NOBODY }, 'latest', endless])).message).toBe(
      'gas required exceeds allowance (16777216)',
    );
  });

  it('is bounded by what the sender owns', async () => {
    const poor = { from: NOBODY, to: probe, data: world.data('store', [1n]), maxFeePerGas: '0x77359400' };
    expect((await world.failure('eth_estimateGas', [poor])).message).toBe('gas required exceeds allowance (0)');
    const spender = { ...poor, value: '0x1' };
    expect((await world.failure('eth_estimateGas', [spender])).message).toBe('insufficient funds for transfer');
  });
});

describe('eth_createAccessList', () => {
  it('lists what the call touches, and makes it cheaper to touch', async () => {
    const { accessList, gasUsed } = await world.call('eth_createAccessList', [on('pay', [NOBODY], { value: '0x1' })]);
    expect(accessList).toEqual([{ address: NOBODY, storageKeys: [] }]);
    expect(BigInt(gasUsed)).toBeGreaterThan(21_000n);
    const stored = await world.call('eth_createAccessList', [on('stored'), 'latest']);
    expect(stored.accessList).toEqual([{ address: probe, storageKeys: [`0x${'0'.repeat(64)}`] }]);
  });

  it('reports a failure beside the list', async () => {
    const answer = await world.call('eth_createAccessList', [on('failWith', ['x'])]);
    expect(answer).toMatchObject({ accessList: [], error: 'execution reverted: x' });
  });
});

describe('what runs in a block', () => {
  it('costs what a transaction of the same content costs', async () => {
    const data = world.data('spendRefundable', [30n]);
    const estimate = await world.call('eth_createAccessList', [{ from: WALLETS[2]?.address, to: probe, data }]);
    const tx = await world.send(2, {
      to: probe,
      data: Buffer.from(data.slice(2), 'hex'),
      gasLimit: 3_000_000n,
      maxFeePerGas: 20n * GWEI,
      accessList: estimate.accessList,
    });
    const { receipts } = await world.mine();
    expect(receipts.map(({ txHash, gasUsed }) => [txHash, gasUsed])).toEqual([[tx.hash, BigInt(estimate.gasUsed)]]);
  });
});
