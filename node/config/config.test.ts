import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeKeystore } from '../keystore/keystoreFile.ts';
import { loadConfig, lockedKeystore } from './config.ts';
import { ConfigError } from './errors.ts';
import { listOptions } from './options.ts';

const KEY = `0x${'ab'.repeat(32)}` as const;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engram-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(content: unknown): string {
  const path = join(folder, 'engram.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function failure(run: () => unknown): ConfigError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

describe('precedence', () => {
  it('uses defaults when nothing is given', () => {
    const config = loadConfig({});
    expect(config.rpc.port).toBe(8645);
    expect(config.sequencer).toMatchObject({ shapes: [], feeAccounts: [] });
    expect(config.secrets.l1Key).toBeUndefined();
  });

  it('lets file, environment and flags override in this order', () => {
    const path = file({ rpc: { port: 1, batchLimit: 1, host: 'file' } });
    const config = loadConfig({
      file: path,
      env: { ENGRAM_RPC_PORT: '2', ENGRAM_RPC_BATCH_LIMIT: '2' },
      flags: { '--rpc-port': '3' },
    });
    expect(config.rpc).toMatchObject({ port: 3, batchLimit: 2, host: 'file', maxSubscriptions: 64 });
  });

  it('takes from a network only what nothing else says', () => {
    const network = {
      name: 'test',
      settings: new Map<string, unknown>([
        ['l1.startBlock', 5],
        ['p2p.bootnodes', ['/ip4/1.2.3.4/tcp/1/p2p/x']],
        ['p2p.enabled', true],
        ['l1.rollup', `0x${'0a'.repeat(20)}`],
      ]),
    };
    const config = loadConfig({
      network,
      file: file({ l1: { rollup: `0x${'0b'.repeat(20)}` } }),
      env: { ENGRAM_P2P_ENABLED: 'false' },
      flags: { '--l1-start-block': '6' },
    });
    expect(config.l1).toMatchObject({ startBlock: 6, rollup: `0x${'0b'.repeat(20)}` });
    expect(config.p2p).toMatchObject({ enabled: false, bootnodes: ['/ip4/1.2.3.4/tcp/1/p2p/x'] });
    const wrong = { ...network, settings: new Map([['l1.startBlock', 'x']]) };
    expect(failure(() => loadConfig({ network: wrong })).issues[0]?.source).toBe('network test');
  });

  it('reads lists and amounts from text and from JSON', () => {
    const path = file({ sequencer: { feeAccounts: ['0:3', '1:4'], shapes: ['small', 'dev'] } });
    const config = loadConfig({ file: path, env: { ENGRAM_SEQUENCER_MINIMUM_FEES: '0:1000,1:5' } });
    expect(config.sequencer.shapes).toEqual(['small', 'dev']);
    expect(config.sequencer.feeAccounts).toEqual([
      { token: 0, amount: 3n },
      { token: 1, amount: 4n },
    ]);
    expect(config.sequencer.minimumFees).toEqual([
      { token: 0, amount: 1000n },
      { token: 1, amount: 5n },
    ]);
  });

  it('gives every setting a name of its own in each source', () => {
    const options = listOptions();
    expect(new Set(options.map(({ variable }) => variable)).size).toBe(options.length);
    expect(new Set(options.map(({ flag }) => flag)).size).toBe(options.length);
    expect(options.find(({ field }) => field === 'rpc.bodyLimitBytes')).toMatchObject({
      variable: 'ENGRAM_RPC_BODY_LIMIT_BYTES',
      flag: '--rpc-body-limit-bytes',
    });
  });
});

describe('errors', () => {
  it('names field and source of every wrong value at once', () => {
    const path = file({ rpc: { host: 5 } });
    const error = failure(() =>
      loadConfig({
        file: path,
        env: { ENGRAM_RPC_PORT: '70000', ENGRAM_PROVER_ENABLED: 'yes' },
        flags: { '--l1-rollup': '0x12' },
      }),
    );
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.issues.map(({ field, source }) => [field, source])).toEqual([
      ['l1.rollup', '--l1-rollup'],
      ['rpc.host', path],
      ['rpc.port', 'ENGRAM_RPC_PORT'],
      ['prover.enabled', 'ENGRAM_PROVER_ENABLED'],
    ]);
  });

  it.each(['', ' ', '1e3', '0x10', '1.5', 'NaN'])('refuses %j as an integer', (value) => {
    expect(failure(() => loadConfig({ env: { ENGRAM_RPC_BATCH_LIMIT: value } })).issues[0]?.field).toBe(
      'rpc.batchLimit',
    );
  });

  it('refuses settings that do not exist, in the file and in the environment', () => {
    const error = failure(() => loadConfig({ file: file({ rpc: { prot: 1 } }), env: { ENGRAM_RPC_PROT: '1' } }));
    expect(error.issues.map(({ field }) => field)).toEqual(['rpc.prot', 'ENGRAM_RPC_PROT']);
  });

  it('leaves variables of other parts alone', () => {
    expect(() => loadConfig({ env: { ENGRAM_CACHE: '/x', PATH: '/bin' } })).not.toThrow();
  });

  it.each([['{'], ['[]'], ['{"rpc":1}']])('refuses the file %s', (content) => {
    expect(failure(() => loadConfig({ file: file(content) })).code).toBe('CONFIG_UNREADABLE');
  });

  it('refuses a file that is not there', () => {
    expect(failure(() => loadConfig({ file: join(folder, 'none.json') })).code).toBe('CONFIG_UNREADABLE');
  });
});

describe('secrets', () => {
  it('reads the key from a file or the environment', () => {
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, `${KEY}\n`);
    expect(loadConfig({ flags: { '--l1-key-file': keyFile } }).secrets.l1Key?.reveal()).toBe(KEY);
    expect(loadConfig({ env: { ENGRAM_L1_KEY: KEY } }).secrets.l1Key?.reveal()).toBe(KEY);
  });

  it('reads the key from a keystore, with the passphrase from where it is', () => {
    const [keystore, right, wrong] = [join(folder, 'keystore.json'), join(folder, 'right'), join(folder, 'wrong')];
    writeKeystore(keystore, KEY, 'correct horse', { work: 2 ** 12 });
    writeFileSync(right, 'correct horse\n');
    writeFileSync(wrong, 'battery staple\n');
    const flags = { '--l1-keystore': keystore };
    const open = (sources: Parameters<typeof loadConfig>[0]) => loadConfig(sources).secrets.l1Key?.reveal();
    expect(open({ flags: { ...flags, '--l1-passphrase-file': right } })).toBe(KEY);
    expect(open({ flags, env: { ENGRAM_PASSPHRASE_FILE: right } })).toBe(KEY);
    expect(open({ flags, passphrase: 'correct horse' })).toBe(KEY);
    const codeOf = (sources: Parameters<typeof loadConfig>[0], code: string) =>
      expect(() => loadConfig(sources)).toThrow(expect.objectContaining({ code }));
    codeOf({ flags: { ...flags, '--l1-passphrase-file': wrong } }, 'WRONG_PASSPHRASE');
    codeOf({ flags: { ...flags, '--l1-passphrase-file': join(folder, 'none') } }, 'PASSPHRASE_UNREADABLE');
    codeOf({ flags }, 'NO_PASSPHRASE');
    codeOf({ flags: { ...flags, '--l1-key-file': right }, passphrase: 'correct horse' }, 'CONFIG_INVALID');
  });

  it('says when a passphrase has to be asked for', () => {
    const flags = { '--l1-keystore': '/k' };
    expect(lockedKeystore({ flags })).toBe('/k');
    expect(lockedKeystore({ flags, env: { ENGRAM_PASSPHRASE_FILE: '/p' } })).toBeUndefined();
    expect(lockedKeystore({ flags, env: { ENGRAM_L1_KEY: KEY } })).toBeUndefined();
    expect(lockedKeystore({ flags: { ...flags, '--l1-passphrase-file': '/p' } })).toBeUndefined();
    expect(lockedKeystore({})).toBeUndefined();
  });

  it('never shows it', () => {
    const config = loadConfig({ env: { ENGRAM_L1_KEY: KEY } });
    const shown = `${inspect(config, { depth: 9, showHidden: true })}${JSON.stringify(config)}${config.secrets.l1Key}`;
    expect(shown).not.toContain('abab');
  });

  it('refuses a malformed key without repeating it, a key in the file, and an unreadable key file', () => {
    const malformed = failure(() => loadConfig({ env: { ENGRAM_L1_KEY: '0xabab' } }));
    expect(malformed.code).toBe('CONFIG_INVALID');
    expect(malformed.message).not.toContain('abab');
    const inFile = failure(() => loadConfig({ file: file({ l1: { key: KEY } }) }));
    expect(inFile.issues[0]?.field).toBe('l1.key');
    expect(inFile.message).not.toContain('abab');
    expect(failure(() => loadConfig({ flags: { '--l1-key-file': join(folder, 'none') } })).code).toBe(
      'SECRET_UNREADABLE',
    );
  });
});
