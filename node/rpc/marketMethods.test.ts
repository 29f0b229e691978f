import { describe, expect, it } from 'vitest';
import { FakeBackend } from '../testing/fakeBackend.ts';
import { dispatch } from './dispatch.ts';
import { methodTable } from './methods.ts';

const table = methodTable(new FakeBackend());
const hidden: unknown[] = [];

/** The tests look into whatever JSON comes back. */
async function call(method: string, ...params: unknown[]): Promise<ReturnType<typeof JSON.parse>> {
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const deps = { method: (name: string) => table[name], onHiddenError: (error: unknown) => hidden.push(error) };
  return JSON.parse((await dispatch(text, { batchLimit: 1 }, deps)) ?? 'null');
}

async function refusal(method: string, ...params: unknown[]): Promise<unknown[]> {
  const { error } = await call(method, ...params);
  return [error.code, error.data.code];
}

const INVALID = [-32602, 'INVALID_PARAMS'];

describe('engram_getAttestations', () => {
  it('answers a page, amounts as decimal strings', async () => {
    const { result } = await call('engram_getAttestations');
    expect(result.items[0].settled).toEqual({ claims: 1, paid: (2n ** 70n).toString(), royalties: '5' });
    expect(result.next).toBe('3.0.1');
    const filter = { kind: 'dataset', owner: 5, before: '3.0.1', limit: 200 };
    expect((await call('engram_getAttestations', filter)).result).toEqual({ items: [] });
  });

  it('refuses other filters', async () => {
    for (const filter of [
      { kind: 'robot' },
      { owner: -1 },
      { limit: 0 },
      { limit: 201 },
      { before: 5 },
      { by: 1 },
      7,
    ]) {
      expect(await refusal('engram_getAttestations', filter)).toEqual(INVALID);
    }
    expect(await refusal('engram_getAttestations', { before: '1'.repeat(65) })).toEqual(INVALID);
  });
});

describe('engram_getProviders', () => {
  it('takes a model or a service', async () => {
    expect((await call('engram_getProviders')).result).toHaveLength(1);
    expect((await call('engram_getProviders', {})).result[0].settled.earned).toEqual([{ token: 0, amount: '95' }]);
    expect((await call('engram_getProviders', { model: 22, service: 40 })).result).toEqual([]);
    for (const filter of [{ model: 2 ** 24 }, { service: 'x' }, { limit: 5 }, null]) {
      expect(await refusal('engram_getProviders', filter)).toEqual(INVALID);
    }
  });
});

describe('services and epochs', () => {
  it('are listed; an epoch that is not there is null', async () => {
    expect((await call('engram_getServices')).result).toEqual([{ service: 40, keeper: 5, token: 0, pool: '10' }]);
    expect((await call('engram_getEpoch', 40, 3)).result).toBeNull();
  });

  it('have codes for what is not there', async () => {
    expect(await refusal('engram_getEpochs', 40)).toEqual([-32002, 'UNKNOWN_DOCUMENT']);
    expect(await refusal('engram_getEpochs', 41, { limit: 3 })).toEqual([-32000, 'UNKNOWN_SERVICE']);
    expect(await refusal('engram_getEpochs', 41, { limit: 201 })).toEqual(INVALID);
    expect(await refusal('engram_getEpochs')).toEqual(INVALID);
    expect(await refusal('engram_getEpoch', 40, -1)).toEqual(INVALID);
    expect(await refusal('engram_getEpoch', 40, 2 ** 32)).toEqual(INVALID);
    expect(await refusal('engram_getServices', 1)).toEqual(INVALID);
  });

  it('a document that is none, or too long, is refused', async () => {
    expect((await call('engram_publishService', 40, '{}')).result).toEqual({ service: 40 });
    expect(await refusal('engram_publishService', 40, '{"a":1}')).toEqual([-32000, 'WRONG_DOCUMENT']);
    expect(await refusal('engram_publishService', 40, 'x'.repeat(4_097))).toEqual(INVALID);
    expect(await refusal('engram_publishService', 40, {})).toEqual(INVALID);
    expect(hidden).toEqual([]);
  });
});
