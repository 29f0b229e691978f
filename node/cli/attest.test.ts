import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryWorld } from '../../bridge/testing/registryWorld.ts';
import { engram } from '../testing/runCli.ts';
import { Exit } from './output.ts';

let world: RegistryWorld;
let folder: string;
beforeAll(async () => {
  world = await RegistryWorld.start();
  folder = mkdtempSync(join(tmpdir(), 'engram-attest-'));
});
afterAll(async () => {
  await world?.f.l1.stop();
  rmSync(folder, { recursive: true });
});

function attest(...args: readonly string[]) {
  const { address, evmLane } = world.f.deployment;
  const place = ['--l1-rpc-url', world.f.l1.url, '--l1-rollup', address, '--l1-evm-lane', evmLane, '--json'];
  process.env.ENGRAM_ATTESTOR_KEY = `0x${'1'.repeat(64)}`;
  return engram('attest', ...place, ...args).finally(() => {
    delete process.env.ENGRAM_ATTESTOR_KEY;
  });
}

describe('engram attest with a stake', () => {
  it('signs nothing without the record of what the key has signed', async () => {
    const found = await attest('--no-send');
    expect([found.exit, found.json.error.code]).toEqual([Exit.USAGE, 'NO_RECORD']);
  });

  it('goes on with it', async () => {
    const found = await attest('--no-send', '--data-dir', folder);
    expect([found.exit, found.json.error.code]).toEqual([Exit.NOT_FOUND, 'NOTHING_PROVEN']);
  });
});
