import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NetworkFileError, type NetworkFileErrorCode } from './errors.ts';
import {
  loadNetwork,
  type NetworkFile,
  networkSettings,
  readNetworkFile,
  writeDevnetNetwork,
  writeNetworkFile,
} from './networkFile.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engram-network-'));
  vi.stubEnv('ENGRAM_CACHE', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const NETWORK: NetworkFile = {
  name: 'test',
  l1ChainId: 31337,
  l2ChainId: 42,
  l1: { rollup: `0x${'0a'.repeat(20)}`, registry: `0x${'0b'.repeat(20)}`, startBlock: 7 },
  spec: 'devnet',
  bootnodes: ['/ip4/127.0.0.1/tcp/7171/p2p/12D3KooWabc'],
};

function codeOf(run: () => unknown): NetworkFileErrorCode {
  try {
    run();
  } catch (error) {
    if (error instanceof NetworkFileError) return error.code;
    throw error;
  }
  throw new TypeError('nothing was thrown');
}

function file(content: unknown): string {
  const path = join(folder, 'file.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('network files', () => {
  it('come back as they were written', () => {
    const path = join(folder, 'a', 'network.json');
    writeNetworkFile(path, NETWORK);
    expect(readNetworkFile(path)).toEqual(NETWORK);
  });

  it('are settings, and switch the network on', () => {
    expect(Object.fromEntries(networkSettings(NETWORK))).toEqual({
      'l1.rollup': NETWORK.l1.rollup,
      'l1.registry': NETWORK.l1.registry,
      'l1.startBlock': 7,
      'evm.spec': 'devnet',
      'p2p.enabled': true,
      'p2p.bootnodes': NETWORK.bootnodes,
    });
  });

  it('name a spec that lies beside them', () => {
    expect(readNetworkFile(file({ ...NETWORK, spec: './mine.json' })).spec).toBe(join(folder, 'mine.json'));
    expect(readNetworkFile(file({ ...NETWORK, spec: '/etc/mine.json' })).spec).toBe('/etc/mine.json');
  });

  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['an address that is none', { ...NETWORK, l1: { ...NETWORK.l1, rollup: '0x12' } }],
    ['a setting that network files have not', { ...NETWORK, l1: { ...NETWORK.l1, keyFile: '/etc/shadow' } }],
    ['a boot node without identity', { ...NETWORK, bootnodes: ['/ip4/127.0.0.1/tcp/7171'] }],
    ['an endpoint that is no URL', { ...NETWORK, l1: { ...NETWORK.l1, rpcUrl: 'file:///etc/passwd' } }],
    ['a name with control characters', { ...NETWORK, name: 'a\u001b[31m' }],
    ['no chain id', { ...NETWORK, l1ChainId: 0 }],
  ])('are refused with %s', (_name, content) => {
    expect(codeOf(() => readNetworkFile(file(content)))).toBe('NETWORK_INVALID');
  });

  it('must be there', () => {
    expect(codeOf(() => loadNetwork(join(folder, 'none.json')))).toBe('NETWORK_UNREADABLE');
  });

  it('are not written if they could not be read', () => {
    const path = join(folder, 'bad.json');
    expect(codeOf(() => writeNetworkFile(path, { ...NETWORK, l2ChainId: -1 }))).toBe('NETWORK_INVALID');
    expect(() => readFileSync(path)).toThrow();
  });
});

describe('devnet', () => {
  it('is the one that was started last', () => {
    expect(codeOf(() => loadNetwork('devnet'))).toBe('NO_DEVNET');
    const first = writeDevnetNetwork(join(folder, 'first'), NETWORK);
    writeDevnetNetwork(join(folder, 'second'), { ...NETWORK, l2ChainId: 43 });
    expect(loadNetwork('devnet').l2ChainId).toBe(43);
    expect(loadNetwork(first).l2ChainId).toBe(42);
  });
});
