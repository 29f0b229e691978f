import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { registerKeysCommands } from './keys.ts';

const dir = mkdtempSync(path.join(os.tmpdir(), 'engram-cli-keys-'));

async function run(...args: string[]): Promise<Record<string, unknown>> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  registerKeysCommands(program);
  // Subcommands made by `command()` inherit neither.
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => {} });
    command.commands.forEach(quiet);
  };
  quiet(program);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await program.parseAsync(['node', 'engram', 'keys', ...args]);
  return JSON.parse(String(log.mock.calls.at(-1)?.[0])) as Record<string, unknown>;
}

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('engram keys', () => {
  it('builds a circuit and describes its key', async () => {
    const { artifacts } = (await run('build', '--circuit', 'account-proof', '--cache', dir, '--json')) as {
      artifacts: { name: string; zkey: string; vkey: string; keys: string }[];
    };
    expect(artifacts).toMatchObject([{ name: 'account-proof', keys: 'dev' }]);
    expect(process.exitCode).toBeUndefined();
    for (const file of [artifacts[0]?.zkey ?? '', artifacts[0]?.vkey ?? '']) {
      expect(await run('info', file, '--json')).toMatchObject({
        file,
        publicSignals: 6,
        isDevKey: true,
        isForgeable: false,
      });
    }
  });

  it('answers a bad file with its code and exit code 1', async () => {
    const file = path.join(dir, 'not.zkey');
    writeFileSync(file, 'nothing of the kind');
    expect(await run('info', file, '--json')).toMatchObject({ error: { code: 'ZKEY_MALFORMED' } });
    expect(process.exitCode).toBe(1);
    expect(await run('info', path.join(dir, 'absent.zkey'), '--json')).toMatchObject({ error: { code: 'ENOENT' } });
    expect(await run('ceremony', 'ptau', '--ptau', file, '--out', path.join(dir, 'x'), '--json')).toMatchObject({
      error: { code: 'PTAU_INVALID' },
    });
  });

  it('refuses a circuit it does not know', async () => {
    await expect(run('build', '--circuit', 'batch-huge')).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });
});
