import { createBlockFromRLP } from '@ethereumjs/block';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexBytes, keccakHex } from '../../../../chain/evm/crypto.ts';
import { WALLETS } from '../../../../chain/evm/testing/laneFixture.ts';
import type { EvmBlockRecord } from '../../../../chain/evm/types.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { EthWorld } from '../testing/ethWorld.ts';

const FROM = WALLETS[1]?.address;
const OTHER: Hex = '0x00000000000000000000000000000000000000aa';

let world: EthWorld;
let probe: Hex;
let block: EvmBlockRecord;

beforeAll(async () => {
  world = await EthWorld.create();
  probe = await world.deployProbe();
  const calls: [name: string, args: readonly unknown[], value?: bigint][] = [
    ['store', [5n], 3n],
    ['failWith', ['no luck']],
    ['tryFail', [8n]],
    ['pay', [OTHER], 7n],
    ['spendRefundable', [5n]],
    ['recurse', []],
    ['invalid', []],
    ['make', ['0x60006000f3']],
    ['flood', [3n]],
    ['store', [0n]],
  ];
  for (const [name, args, value = 0n] of calls) {
    await world.send(1, { to: probe, data: hexBytes(world.data(name, args)), value, gasLimit: 300_000n });
  }
  block = await world.mine({
    messages: [
      {
        kind: 'deposit',
        index: 0n,
        l1Timestamp: 1,
        sender: OTHER,
        to: OTHER,
        token: 0,
        amount: 5n,
        gasLimit: 100_000n,
        data: '0x',
        refundTo: OTHER,
      },
    ],
  });
}, 120_000);
afterAll(() => world.stop());

const hashAt = (position: number): Hex => block.receipts[position]?.txHash ?? '0x';
const number = (): string => `0x${block.header.number.toString(16)}`;

describe('traces repeat what happened', () => {
  it.each([undefined, { tracer: 'callTracer' }])(
    'in every transaction of a block, one by one and together: %j',
    async (options) => {
      const together = await world.call(
        'debug_traceBlockByNumber',
        options === undefined ? [number()] : [number(), options],
      );
      expect(together).toHaveLength(block.receipts.length);
      for (const [i, { txHash, gasUsed, status }] of block.receipts.entries()) {
        const trace = await world.call('debug_traceTransaction', options === undefined ? [txHash] : [txHash, options]);
        expect(together[i]).toEqual({ txHash, result: trace });
        if (options === undefined) expect([trace.gas, trace.failed]).toEqual([Number(gasUsed), status === 0]);
        else expect([BigInt(trace.gasUsed), trace.error === undefined]).toEqual([gasUsed, status === 1]);
      }
    },
  );

  it('leaves no difference between the prestate of a transaction and the state before it', async () => {
    const pre = await world.call('debug_traceTransaction', [hashAt(1), { tracer: 'prestateTracer' }]);
    expect(Object.keys(pre)).toEqual(expect.arrayContaining([FROM, probe]));
    expect(pre[probe].storage).toEqual({ [`0x${'0'.repeat(64)}`]: `0x${'0'.repeat(64)}`, ...pre[probe].storage });
    const { pre: before, post } = await world.call('debug_traceTransaction', [
      hashAt(1),
      { tracer: 'prestateTracer', tracerConfig: { diffMode: true } },
    ]);
    expect(BigInt(post[probe].balance) - BigInt(before[probe].balance)).toBe(3n);
    expect(post[probe].storage[`0x${'0'.repeat(64)}`]).toBe(`0x${'5'.padStart(64, '0')}`);
    expect(post[FROM ?? ''].nonce).toBe((before[FROM ?? ''].nonce ?? 0) + 1);
  });
});

describe('the list of steps', () => {
  it('shows operands, memory and storage of each', async () => {
    const { structLogs } = await world.call('debug_traceTransaction', [hashAt(1), { enableMemory: true }]);
    expect(structLogs[0]).toMatchObject({ pc: 0, op: 'PUSH1', depth: 1, gasCost: 3, stack: [], memory: [] });
    const store = structLogs.find(({ op }: { op: string }) => op === 'SSTORE');
    expect(store).toMatchObject({
      gasCost: 22_100,
      storage: { [`0x${'0'.repeat(64)}`]: `0x${'5'.padStart(64, '0')}` },
    });
    for (const [i, step] of structLogs.entries()) {
      const next = structLogs[i + 1];
      if (next?.depth === step.depth) expect(next.gas).toBe(step.gas - step.gasCost);
    }
  });

  it('leaves out what is not wanted', async () => {
    const options = { disableStack: true, disableStorage: true, limit: 5 };
    const { structLogs } = await world.call('debug_traceTransaction', [hashAt(1), options]);
    expect(structLogs).toHaveLength(5);
    for (const step of structLogs)
      expect(Object.keys(step)).not.toEqual(expect.arrayContaining(['stack', 'storage', 'memory']));
  });

  it('names the fault at the step that failed', async () => {
    const { structLogs, failed } = await world.call('debug_traceTransaction', [hashAt(7)]);
    expect(failed).toBe(true);
    expect(structLogs.at(-1)).toMatchObject({ op: 'INVALID', error: 'invalid opcode: INVALID' });
  });

  it('counts what a call passes on as its cost', async () => {
    const { structLogs } = await world.call('debug_traceTransaction', [hashAt(3)]);
    const at = structLogs.findIndex(({ op }: { op: string }) => op === 'CALL');
    expect(structLogs[at + 1]).toMatchObject({ depth: 2 });
    expect(structLogs[at].gasCost).toBeGreaterThanOrEqual(structLogs[at + 1].gas);
    expect(structLogs[at].gasCost).toBeLessThan(structLogs[at + 1].gas + 3_000);
  });
});

describe('the tree of calls', () => {
  const tree = (position: number, config = {}) =>
    world.call('debug_traceTransaction', [hashAt(position), { tracer: 'callTracer', tracerConfig: config }]);

  it('has frames with their kind, value, output and fault', async () => {
    expect(await tree(4)).toMatchObject({
      type: 'CALL',
      from: FROM,
      to: probe,
      value: '0x7',
      calls: [{ type: 'CALL', from: probe, to: OTHER, value: '0x7', input: '0x', gasUsed: '0x0' }],
    });
    const inner = await tree(3);
    expect(inner).not.toHaveProperty('error');
    expect(inner.calls[0]).toMatchObject({ type: 'CALL', error: 'execution reverted', revertReason: 'inner' });
    expect(await tree(2)).toMatchObject({ error: 'execution reverted', revertReason: 'no luck' });
    expect(await tree(8)).toMatchObject({ calls: [{ type: 'CREATE', from: probe, to: expect.stringMatching(/^0x/) }] });
    expect(await tree(7)).toMatchObject({ error: 'invalid opcode: INVALID' });
  });

  it('stops at the first frame, or adds logs', async () => {
    expect(await tree(4, { onlyTopCall: true })).not.toHaveProperty('calls');
    const { logs } = await tree(9, { withLog: true });
    expect(logs.map(({ index }: { index: string }) => index)).toEqual(['0x0', '0x1', '0x2']);
  });

  it('shows a transaction of the system', async () => {
    expect(await tree(0)).toMatchObject({ type: 'CALL', value: '0x5', calls: [{ to: OTHER, value: '0x5' }] });
  });
});

describe('bad requests', () => {
  it.each([
    ['debug_traceTransaction', [`0x${'77'.repeat(32)}`], -32000, 'transaction not found'],
    ['debug_traceBlockByNumber', ['0x0'], -32000, 'genesis is not traceable'],
    ['debug_traceBlockByNumber', ['0xffff'], -32000, 'block #65535 not found'],
    ['debug_traceBlockByHash', [`0x${'77'.repeat(32)}`], -32000, `block 0x${'77'.repeat(32)} not found`],
    ['debug_traceBlockByNumber', ['5'], -32602, 'invalid argument 0: hex string without 0x prefix'],
    ['debug_getRawBlock', ['2'], -32602, 'invalid argument 0: hex string without 0x prefix'],
    [
      'debug_getRawTransaction',
      ['1000000'],
      -32602,
      'invalid argument 0: json: cannot unmarshal hex string without 0x prefix into Go value of type common.Hash',
    ],
  ])('%s %j', async (method, params, code, message) => {
    expect(await world.failure(method, params)).toEqual({ code, message });
  });

  it('knows no other tracer', async () => {
    const error = await world.failure('debug_traceTransaction', [hashAt(1), { tracer: '{fault(){},result(){}}' }]);
    expect(error.code).toBe(-32602);
  });

  it('stops traces that are too large', async () => {
    const request = { from: FROM, to: OTHER, gas: '0x2faf080' };
    const stateOverrides = { [OTHER]: { code: '0x5b5f5f5f5f50505050' + '5f56' } };
    const error = await world.failure('debug_traceCall', [request, 'latest', { stateOverrides, timeout: '500ms' }]);
    expect(error.message).toMatch(/^(trace is too large|execution aborted \(timeout = 500ms\))/);
    expect(await world.call('eth_blockNumber')).toBe(number());
  });

  it('lets a trace be shorter', async () => {
    const request = { from: FROM, to: OTHER };
    const stateOverrides = { [OTHER]: { code: '0x5b5f56' } };
    const options = { stateOverrides, timeout: '50ms', tracer: 'callTracer' };
    expect(await world.failure('debug_traceCall', [request, 'latest', options])).toEqual({
      code: -32000,
      message: 'execution aborted (timeout = 50ms)',
    });
  });
});

describe('raw encodings', () => {
  it('give back what the hashes are of', async () => {
    const [raw, header, receipts] = [
      await world.call('debug_getRawBlock', [number()]),
      await world.call('debug_getRawHeader', [number()]),
      await world.call('debug_getRawReceipts', [number()]),
    ];
    expect(keccakHex(hexBytes(header))).toBe(block.hash);
    const decoded = createBlockFromRLP(hexBytes(raw), {
      common: world.fixture.lane.common,
      skipConsensusFormatValidation: true,
    });
    expect(decoded.transactions).toHaveLength(block.txs.length);
    expect(receipts).toHaveLength(block.receipts.length);
    expect(await world.call('debug_getRawTransaction', [hashAt(1)])).toBe(
      `0x${Buffer.from(block.txs[1] ?? []).toString('hex')}`,
    );
    const { size } = await world.call('eth_getBlockByNumber', [number(), false]);
    expect(Number(size)).toBe((raw.length - 2) / 2);
  });
});
