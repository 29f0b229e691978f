import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../chain/logger.ts';
import { loadConfig } from '../config/config.ts';
import { openNodePage } from './nodePage.ts';

const ROLLUP = '0x00000000000000000000000000000000000000aa';
const DEPS = {
  parameters: { l1ChainId: 1n, l2ChainId: 7_171n },
  signal: new AbortController().signal,
  logger: silentLogger,
};

function open(flags: Record<string, unknown>, seconds?: { witness: number; prove: number; verify: number }) {
  const job = { id: '3-1', batch: 3, shape: 'dev', status: 'proven', attempts: 1 } as const;
  const config = loadConfig({ env: { ENGRAM_SEQUENCER_ENABLED: 'false' }, flags });
  const proofs = {
    // only these members are read
    jobs: () => (seconds === undefined ? [] : [job as never]),
    result: async () => (seconds === undefined ? undefined : ({ seconds } as never)),
  };
  return openNodePage(config, { ...DEPS, proofs });
}

describe('the page of a node', () => {
  it('is not there without a contract, or when it is switched off', () => {
    expect(open({})).toBeUndefined();
    expect(open({ '--l1-rollup': ROLLUP, '--web-enabled': 'false' })).toBeUndefined();
  });

  it('tells its own deployment, and how long things take here', async () => {
    const flags = {
      ...{ '--l1-rollup': ROLLUP, '--l1-start-block': 77, '--l1-rpc-url': 'https://l1.example/secret-token-1234' },
      ...{ '--sequencer-batch-ms': 20_000, '--web-name': 'Test net', '--web-l1-explorer': 'https://x.example/' },
      '--circuits-cache-dir': '/nowhere',
    };
    const config = await open(flags, { witness: 1.2, prove: 6.1, verify: 0.4 })?.config('node.example');
    expect(config).toEqual({
      version: 1,
      name: 'Test net',
      rpc: '/',
      l1: { chainId: 1, name: 'Ethereum', explorer: 'https://x.example', confirmations: 2, blockSeconds: 12 },
      l2: { chainId: 7_171 },
      rollup: ROLLUP,
      deployedAt: 77,
      pace: { batchSeconds: 20, proofSeconds: 8 },
    });
    expect(JSON.stringify(config)).not.toContain('secret');
  });

  it.each(['<b>x</b>', 'x'.repeat(65), 'a\u0000b', '\u202Eevil'])('has no name such as %j', (name) => {
    expect(() => open({ '--web-name': name })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
