import { describe, expect, it } from 'vitest';
import { NO_EXPLORER } from '../explorer/disabled.ts';
import { FakeBackend } from '../testing/fakeBackend.ts';
import { asked, LINE, TRANSACTION } from '../testing/fakeExplorer.ts';
import { dispatch } from './dispatch.ts';
import { methodTable } from './methods.ts';

const hidden: unknown[] = [];

/** The tests look into whatever JSON comes back. */
async function callOf(backend: FakeBackend, method: string, params: unknown[]): Promise<ReturnType<typeof JSON.parse>> {
  const table = methodTable(backend);
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const deps = { method: (name: string) => table[name], onHiddenError: (error: unknown) => hidden.push(error) };
  return JSON.parse((await dispatch(text, { batchLimit: 1 }, deps)) ?? 'null');
}

const call = (method: string, ...params: unknown[]) => callOf(new FakeBackend(), method, params);

const ADDRESS = `0x${'ab'.repeat(20)}`;
const HASH = `0x${'11'.repeat(32)}`;

describe('the explorer’s methods', () => {
  it('answer amounts and blocks as decimal strings, signs included', async () => {
    const { result } = await call('engram_getTransaction', HASH);
    expect(result).toMatchObject({ hash: TRANSACTION.hash, block: String(2n ** 60n), batch: 3, position: 0 });
    expect(result.ops).toEqual([{ ...TRANSACTION.ops[0], amount: String(2n ** 70n), fee: '1' }]);
    expect((await call('engram_getHistory', 5)).result).toEqual({ items: [{ ...LINE, block: '7', change: '-5' }] });
    expect((await call('engram_getTransaction', `0x${'22'.repeat(32)}`)).result).toBeNull();
    expect((await call('engram_getBatchFacts', 5)).result).toBeNull();
  });

  it('take pages and their defaults', async () => {
    expect((await call('engram_getBlocks')).result).toEqual({ items: [], next: 'b0000000000000000' });
    expect(asked.page).toEqual({ before: undefined, limit: 25 });
    await call('engram_getBlocks', { before: 'b0000000000000000' });
    expect(asked.page).toEqual({ before: 'b0000000000000000', limit: 25 });
    await call('engram_getHistory', 5, { limit: 200 });
    expect(asked.page).toEqual({ before: undefined, limit: 200 });
    await call('engram_getStats', { interval: 3600 });
    expect(asked.stats).toEqual({ interval: 3600, count: 48 });
    await call('engram_search', 'text');
    expect(asked.text).toBe('text');
    expect((await call('engram_getExits', ADDRESS)).result).toEqual({ items: [] });
    expect((await call('engram_getEvmHistory', ADDRESS, { limit: 1 })).result).toEqual({ items: [] });
  });

  it.each([
    ['engram_getBlocks', [{ limit: 0 }]],
    ['engram_getBlocks', [{ limit: 201 }]],
    ['engram_getBlocks', [{ limit: 1.5 }]],
    ['engram_getBlocks', [{ before: 5 }]],
    ['engram_getBlocks', [{ before: '' }]],
    ['engram_getBlocks', [{ before: 'b0000000000000000\x7f' }]],
    ['engram_getBlocks', [{ before: `b${'0'.repeat(5000)}` }]],
    ['engram_getBlocks', [{ after: 'b00' }]],
    ['engram_getBlocks', [{}, 1]],
    ['engram_getHistory', []],
    ['engram_getHistory', [-1]],
    ['engram_getHistory', [2 ** 24]],
    ['engram_getHistory', ['5']],
    ['engram_getExits', ['0x12']],
    ['engram_getExits', [ADDRESS.slice(2)]],
    ['engram_getEvmHistory', [`${ADDRESS}00`]],
    ['engram_getBatchFacts', ['proven']],
    ['engram_getBatchFacts', [-1]],
    ['engram_getStats', [{ interval: 61 }]],
    ['engram_getStats', [{ interval: 60, count: 201 }]],
    ['engram_getStats', []],
    ['engram_getTransaction', ['0x11']],
    ['engram_search', ['x'.repeat(1_001)]],
    ['engram_search', [5]],
  ] as const)('refuse %s(%j) → INVALID_PARAMS', async (method, params) => {
    const { error } = await call(method, ...params);
    expect([error.code, error.data.code]).toEqual([-32602, 'INVALID_PARAMS']);
  });

  it('say how far the index is, if it is behind', async () => {
    const { error } = await call('engram_getBatches');
    expect([error.code, error.data]).toEqual([
      -32002,
      { code: 'INDEX_BEHIND', details: { indexed: '1', head: String(2n ** 60n) } },
    ]);
  });

  it('of a node without an index → EXPLORER_DISABLED', async () => {
    const backend = Object.assign(new FakeBackend(), { explorer: NO_EXPLORER });
    const calls: [string, ...unknown[]][] = [
      ['engram_getTransaction', HASH],
      ['engram_getBlocks'],
      ['engram_getBatches'],
      ['engram_getBatchFacts', 1],
      ['engram_getHistory', 1],
      ['engram_getExits', ADDRESS],
      ['engram_getEvmHistory', ADDRESS],
      ['engram_getStats', { interval: 60 }],
      ['engram_search', '1'],
    ];
    for (const [method, ...params] of calls) {
      const { error } = await callOf(backend, method, params);
      expect([method, error.code, error.data.code]).toEqual([method, -32002, 'EXPLORER_DISABLED']);
    }
    expect(hidden).toEqual([]);
  });
});
