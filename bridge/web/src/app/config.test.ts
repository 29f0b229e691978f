import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from './config.ts';

const good = {
  version: 1,
  l1: { chainId: 1 },
  l2: { chainId: 7_171 },
  rollup: `0x${'aa'.repeat(20)}`,
};
const serve = (json: unknown) => vi.stubGlobal('fetch', async () => Response.json(json));
afterEach(() => void vi.unstubAllGlobals());

describe('config.json', () => {
  it('is taken', async () => {
    serve(good);
    expect(await loadConfig()).toEqual(good);
  });

  it.each([
    ['both chains have one id', { ...good, l2: { chainId: 1 } }],
    ['an id is no number', { ...good, l1: { chainId: '1' } }],
    ['an id is no whole number', { ...good, l1: { chainId: 1.5 } }],
    ['the contract is none', { ...good, rollup: '0x12' }],
    ['the lane is no address', { ...good, evmLane: 'javascript:alert(1)' }],
    ['it is nothing', null],
  ])('is refused if %s', async (_name, json) => {
    serve(json);
    await expect(loadConfig()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
