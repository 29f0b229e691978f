import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../chain/logger.ts';
import { decodeTx } from '../../protocol/codec/tx.ts';
import { verify } from '../../protocol/crypto/eddsa.ts';
import { field } from '../../protocol/field.ts';
import { txHash } from '../../protocol/tx.ts';
import { devAccount } from '../devnet/accounts.ts';
import { commandLine } from '../main.ts';
import { Metrics } from '../metrics.ts';
import { type RpcServer, startRpcServer } from '../rpc/server.ts';
import { ACCOUNT, FakeBackend } from '../testing/fakeBackend.ts';
import { engram } from '../testing/runCli.ts';
import { Exit } from './output.ts';

let server: RpcServer;
let backend: FakeBackend;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'engram-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(async () => {
  backend = new FakeBackend();
  server = await startRpcServer(
    {
      host: '127.0.0.1',
      port: 0,
      bodyLimitBytes: 100_000,
      batchLimit: 10,
      requestsPerMinute: 10_000,
      maxConnections: 10,
      maxSubscriptions: 10,
      corsOrigins: [],
      trustProxy: false,
    },
    { backend, metrics: new Metrics(), logger: silentLogger },
  );
});
afterEach(() => server.stop());

const rpc = () => ['--rpc', server.url, '--json'];

describe('keys', () => {
  it('makes a key that only its owner can read, and shows it', async () => {
    const file = join(folder, 'plain.json');
    const made = await engram('account', 'new', '--out', file, '--json');
    expect(made.exit).toBe(Exit.OK);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const shown = await engram('account', 'show', '--key', file, ...rpc());
    expect(shown.json).toEqual({ publicKey: made.json.publicKey, x: made.json.x, y: made.json.y, accounts: [] });
  });

  it('never overwrites a key', async () => {
    const file = join(folder, 'once.json');
    await engram('account', 'new', '--out', file, '--json');
    const before = readFileSync(file, 'utf8');
    const again = await engram('account', 'new', '--out', file, '--json');
    expect([again.exit, again.json.error.code]).toEqual([Exit.USAGE, 'KEY_FILE']);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('encrypts a key', async () => {
    const [file, right, wrong] = ['secret.json', 'right', 'wrong'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(right, 'correct horse\n');
    writeFileSync(wrong, 'battery staple\n');
    const made = await engram('account', 'new', '--out', file, '--passphrase-file', right, '--json');
    expect(readFileSync(file, 'utf8')).not.toContain('"seed"');
    const show = (...args: string[]) => engram('account', 'show', '--key', file, ...args, ...rpc());
    expect((await show('--passphrase-file', right)).json.publicKey).toBe(made.json.publicKey);
    expect((await show('--passphrase-file', wrong)).json.error.code).toBe('KEY_FILE');
    expect((await show()).exit).toBe(Exit.USAGE);
  });

  it('refuses a file that is no key', async () => {
    const file = join(folder, 'bad');
    writeFileSync(file, '{"engram":"ledger key"}');
    expect((await engram('account', 'show', '--key', file, ...rpc())).json.error.code).toBe('KEY_FILE');
  });
});

describe('questions', () => {
  it('shows accounts, statuses and the chain', async () => {
    expect((await engram('account', 'show', '--index', '5', ...rpc())).json).toMatchObject({
      index: 5,
      balance: String(ACCOUNT.balance),
    });
    const owned = await engram('account', 'show', '--address', '0x0000000000000000000000000000000000000003', ...rpc());
    expect(owned.json.accounts).toHaveLength(1);
    expect((await engram('status', `0x${'00'.repeat(32)}`, ...rpc())).json.status).toBe('unknown');
    expect((await engram('info', ...rpc())).json.l1ChainId).toBe('31337');
  });

  it('exits with 4 for what is not there', async () => {
    expect((await engram('account', 'show', '--index', '6', ...rpc())).exit).toBe(Exit.NOT_FOUND);
    const batch = await engram('batch', '12', ...rpc());
    expect([batch.exit, batch.json.error.code]).toEqual([Exit.NOT_FOUND, 'UNKNOWN_BATCH']);
    expect((await engram('prove', '--batch', '12', ...rpc())).exit).toBe(Exit.NOT_FOUND);
  });

  it('exits with 3 when the node does not answer', async () => {
    await server.stop();
    const run = await engram('info', ...rpc());
    expect([run.exit, run.json.error.code]).toEqual([Exit.UNREACHABLE, 'UNREACHABLE']);
  });
});

describe('transactions', () => {
  const send = ['--dev', 'alice', '--from', '5', '--amount', '1.5ether', '--wait', 'no'];

  it('signs what it was told for the chain of the node', async () => {
    const run = await engram('transfer', ...send, '--to', '7', '--fee', '20gwei', '--memo', '1,0xff', ...rpc());
    expect(run.json).toMatchObject({ status: 'pending' });
    const tx = decodeTx(backend.sent[0] ?? new Uint8Array());
    expect(tx).toMatchObject({ signer: 5, nonce: ACCOUNT.nonce });
    expect(tx.ops).toEqual([
      { opcode: 1, from: 5, to: 7, amount: 15n * 10n ** 17n, fee: 20n * 10n ** 9n, payload: [1n, 255n] },
    ]);
    const { domain } = await backend.chainInfo();
    expect(verify(devAccount('alice').key, txHash(tx, field(domain)), tx.signature)).toBe(true);
  });

  it('makes registers and exits', async () => {
    const owner = `0x${'0a'.repeat(20)}`;
    await engram('register', ...send, '--new-key', devAccount('bob').packedKey, '--owner', owner, ...rpc());
    await engram('exit', ...send, '--recipient', owner, ...rpc());
    const [register, exit] = backend.sent.map((bytes) => decodeTx(bytes).ops[0]);
    expect(register).toMatchObject({ opcode: 2, to: 0, payload: [...devAccount('bob').key, BigInt(owner)] });
    expect(exit).toMatchObject({ opcode: 3, to: 0, payload: [BigInt(owner)] });
  });

  it('waits until the transaction is so far', async () => {
    backend.status = { status: 'committed', batch: 3 };
    const run = await engram('transfer', ...send, '--to', '7', '--wait', 'committed', ...rpc());
    expect(run.json).toMatchObject({ status: 'committed', batch: 3 });
  });

  it('names the transaction when the node goes away while it is waited for', async () => {
    backend.status = { status: 'pending' };
    const running = engram('transfer', ...send, '--to', '7', '--wait', 'included', ...rpc());
    await vi.waitFor(() => expect(backend.sent).toHaveLength(1));
    await server.stop();
    const run = await running;
    expect(run.exit).toBe(Exit.UNREACHABLE);
    expect(run.json.error.message).toMatch(/was sent and may go through: engram status 0x[0-9a-f]{64}$/);
  });

  it('exits with 1 and the reason when it is dropped', async () => {
    backend.status = { status: 'dropped', reason: { code: 'EXPIRED' } };
    const run = await engram('transfer', ...send, '--to', '7', '--wait', 'included', ...rpc());
    expect([run.exit, run.json.error.code]).toEqual([Exit.REFUSED, 'EXPIRED']);
  });

  it.each([
    ['an amount', ['--to', '7', '--amount', '1.5']],
    ['an index', ['--to', '16777216', '--amount', '1']],
    ['a memo', ['--to', '7', '--amount', '1', '--memo', '1,2,3,4']],
    ['a missing option', ['--amount', '1']],
  ])('exits with 2 for %s that cannot be', async (_what, args) => {
    const run = await engram('transfer', '--dev', 'alice', '--from', '5', ...args, ...rpc());
    expect(run.exit).toBe(Exit.USAGE);
    expect(backend.sent).toEqual([]);
  });

  it('needs a key file, not a key', async () => {
    const run = await engram('transfer', '--from', '5', '--to', '7', '--amount', '1', ...rpc());
    expect([run.exit, run.json.error.code]).toEqual([Exit.USAGE, 'NO_KEY']);
    const l1 = await engram('withdraw', ...rpc());
    expect([l1.exit, l1.json.error.code]).toEqual([Exit.USAGE, 'NO_KEY']);
  });
});

describe('the program', () => {
  const bin = fileURLToPath(new URL('../bin/engram.mjs', import.meta.url));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });

  it('starts from its file, explains itself, and refuses commands it does not know', () => {
    const help = run('--help');
    expect(help.status).toBe(Exit.OK);
    for (const name of [
      'node',
      'devnet',
      'account',
      'deposit',
      'transfer',
      'exit',
      'withdraw',
      'forced-exit',
      'escape',
      'status',
      'batch',
      'prove',
      'keys',
    ]) {
      expect(help.stdout).toContain(`  ${name} `);
    }
    expect(run('bogus').status).toBe(Exit.USAGE);
  });

  it('explains every command', () => {
    const explain = (command: Command): void => {
      expect(command.helpInformation()).toContain('Usage: ');
      command.commands.forEach(explain);
    };
    explain(commandLine());
  });

  it('names the field and source of a wrong setting', async () => {
    const wrong = await engram('node', '--rpc-port', 'many', '--json');
    expect(wrong.exit).toBe(Exit.USAGE);
    expect(wrong.stderr).toContain('rpc.port (--rpc-port)');
  });
});
