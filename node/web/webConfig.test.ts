import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/config.ts';
import type { ConfigError } from '../config/errors.ts';
import { contentSecurityPolicy, metaPolicy } from './securityHeaders.ts';
import { publicL1Url, webConfig } from './webConfig.ts';

const DEPLOYMENT = {
  l1ChainId: 1,
  l2ChainId: 7_171,
  rollup: '0x00000000000000000000000000000000000000aa',
  deployedAt: 9,
} as const;

function settings(flags: Record<string, unknown>) {
  return loadConfig({ env: { ENGRAM_SEQUENCER_ENABLED: 'false' }, flags });
}

describe('the endpoint of L1 that browsers are told', () => {
  it.each([
    'https://mainnet.example/v3/0123456789abcdef',
    'https://user:password@l1.example',
    'http://10.0.0.5:8545',
    'http://l1.internal:8545',
    'http://127.0.0.1:8545/0123456789abcdef',
    'http://127.0.0.1:8545/?key=0123456789abcdef',
    'http://key@localhost:8545',
    'http://127.0.0.1.evil.example:8545',
    'http://localhost.evil.example',
  ])('is never the node’s own %s', (url) => {
    expect(publicL1Url(settings({ '--l1-rpc-url': url }), '127.0.0.1:8645')).toBeUndefined();
  });

  it.each(['http://127.0.0.1:8545', 'http://localhost:8545', 'http://[::1]:8545'])(
    'is the node’s own %s for a browser of the same machine, and for no other',
    (url) => {
      const config = settings({ '--l1-rpc-url': url });
      for (const host of ['127.0.0.1:8645', 'localhost:8645', '[::1]:8645']) {
        expect(publicL1Url(config, host)).toBe(url);
      }
      for (const host of [
        'node.example',
        '192.168.1.5:8645',
        '127.evil.example',
        'localhost@evil.example:80',
        '',
        undefined,
      ]) {
        expect(publicL1Url(config, host)).toBeUndefined();
      }
    },
  );

  it('is what the operator says, for everybody', () => {
    const config = settings({
      '--l1-rpc-url': 'https://private.example/token',
      '--web-l1-rpc-url': 'https://l1.example',
    });
    expect(publicL1Url(config, 'node.example')).toBe('https://l1.example');
  });

  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'ws://l1.example', 'l1.example'])('is not %s', (url) => {
    for (const flag of ['--web-l1-rpc-url', '--web-l1-explorer']) {
      expect(() => settings({ [flag]: url })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }) as ConfigError,
      );
    }
  });
});

describe('config.json', () => {
  it('leaves out what is not known', () => {
    expect(webConfig({ deployment: DEPLOYMENT, l1: {} })).toEqual({
      version: 1,
      name: 'Engram',
      l1: { chainId: 1, name: 'Ethereum', confirmations: 2, blockSeconds: 12 },
      l2: { chainId: 7_171 },
      rollup: DEPLOYMENT.rollup,
      deployedAt: 9,
      pace: { batchSeconds: 60, proofSeconds: 60 },
    });
  });

  it('names explorers without a slash at the end', () => {
    const { l1 } = webConfig({ deployment: DEPLOYMENT, l1: { explorer: 'https://etherscan.example//' } });
    expect(l1.explorer).toBe('https://etherscan.example');
  });
});

describe('policies', () => {
  it('name the endpoints’ origins only, not their paths', () => {
    const config = webConfig({
      deployment: DEPLOYMENT,
      rpc: 'https://node.example/rpc',
      l1: { rpc: 'https://l1.example/v3/token' },
    });
    for (const policy of [contentSecurityPolicy(config), metaPolicy(config)]) {
      expect(policy).toContain(
        "connect-src 'self' https://node.example wss://node.example https://l1.example wss://l1.example",
      );
      expect(policy).not.toContain('token');
      expect(policy).not.toMatch(/unsafe-(inline|eval)'(?<!wasm-unsafe-eval')/);
    }
    expect(metaPolicy(config)).not.toContain('frame-ancestors');
  });

  it('take nothing over from a path of the page’s own origin', () => {
    const policy = contentSecurityPolicy(webConfig({ deployment: DEPLOYMENT, rpc: '/', l1: {} }), 'node.example');
    expect(policy).toContain("connect-src 'self' ws://node.example wss://node.example;");
  });
});
