import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateKeyToAddress } from 'viem/accounts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LaneWorld, lower } from '../../bridge/testing/laneWorld.ts';
import { ETHER, RegistryWorld } from '../../bridge/testing/registryWorld.ts';
import { openLevel } from '../../chain/db.ts';
import { devAccount } from '../devnet/accounts.ts';
import { readKeystore, writeKeystore } from '../keystore/keystoreFile.ts';
import { engram, type Run } from '../testing/runCli.ts';
import { SigningGuard } from '../validator/signingGuard.ts';
import { Exit } from './output.ts';

let w: RegistryWorld;
let folder: string;
let passphrase: string;

beforeAll(async () => {
  w = await RegistryWorld.start({ registry: { rewardPerEpoch: 1000n } });
  folder = mkdtempSync(join(tmpdir(), 'engram-validator-'));
  passphrase = join(folder, 'passphrase');
  writeFileSync(passphrase, 'correct horse\n');
}, 120_000);
beforeEach(() => w.f.reset());
afterAll(async () => {
  await w?.f.l1.stop();
  rmSync(folder, { recursive: true });
});

/** In the order of anvil's accounts, who owns the validators of epoch 0, who signs for the first of them, and who is nobody. */
const [OWNER, FIRST, STRANGER] = ['fees', 'bob', 'erin'] as const;

const onL1 = () => ['--l1', w.f.l1.url, '--registry', w.registry.address, '--json'];
const validator = (...args: string[]): Promise<Run> => engram('validator', ...args, ...onL1());
const failure = ({ exit, json }: Run) => [exit, json.error.code];
const keyFile = (name: string, key: string): string => {
  const file = join(folder, name);
  writeFileSync(file, key);
  return file;
};

describe('keys', () => {
  it('are made in an encrypted file that nobody else can read', async () => {
    const out = join(folder, 'new.json');
    const { exit, json } = await engram('validator', 'keygen', '--out', out, '--passphrase-file', passphrase, '--json');
    expect(exit).toBe(Exit.OK);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(privateKeyToAddress(readKeystore(out, 'correct horse'))).toBe(json.address);
    const again = await engram('validator', 'keygen', '--out', out, '--passphrase-file', passphrase, '--json');
    expect(failure(again)).toEqual([Exit.USAGE, 'KEYSTORE_EXISTS']);
  });

  it('are taken over from a plain file, and never shown', async () => {
    const { l1Key, l1 } = devAccount(STRANGER);
    const [plain, out] = [keyFile('plain', l1Key), join(folder, 'imported.json')];
    const run = await engram(
      ...['validator', 'import', '--l1-key-file', plain, '--out', out, '--passphrase-file', passphrase, '--json'],
    );
    expect(run.json.address).toBe(l1.address);
    expect(`${run.stdout}${run.stderr}${readFileSync(out, 'utf8')}`).not.toContain(l1Key.slice(2));
    expect(readKeystore(out, 'correct horse')).toBe(l1Key);
  });

  it('need a passphrase that is not on the command line', async () => {
    const out = join(folder, 'none.json');
    expect(failure(await engram('validator', 'keygen', '--out', out, '--json'))).toEqual([Exit.USAGE, 'NO_PASSPHRASE']);
  });
});

describe('a stake', () => {
  it('is put down, added to, and taken back after its delay', async () => {
    const out = join(folder, 'staker.json');
    const { l1Key, l1 } = devAccount(STRANGER);
    writeKeystore(out, l1Key, 'correct horse', { work: 2 ** 12 });
    const me = ['--l1-keystore', out, '--l1-passphrase-file', passphrase];
    const staked = await validator('stake', ...me, '--amount', '2ether');
    expect(staked.json).toMatchObject({ signer: l1.address, owner: l1.address, stake: String(2n * ETHER), seat: 3 });
    expect(staked.json.countsFrom).toBe(w.startOf(staked.json.activeFrom));
    const added = await validator('add', ...me, '--amount', '0.5ether');
    expect(added.json.stake).toBe(String((5n * ETHER) / 2n));
    expect((await validator('status', ...me)).json).toMatchObject({ state: 'waiting', weight: '0' });
    await w.nextEpoch();
    expect((await validator('status', ...me)).json).toMatchObject({
      state: 'active',
      weight: String((5n * ETHER) / 2n),
    });

    const left = await validator('exit', ...me);
    expect(left.json.countsUntil).toBe(w.startOf(left.json.activeUntil));
    expect((await validator('status', ...me)).json.state).toBe('leaving');
    const early = await validator('withdraw', ...me);
    expect(failure(early)).toEqual([Exit.NOT_FOUND, 'NOTHING_TO_WITHDRAW']);
    expect(early.stderr).toContain(new Date(left.json.withdrawableAt * 1000).toISOString().slice(0, 19));
    await w.warpTo(left.json.withdrawableAt);
    expect((await validator('withdraw', ...me)).json.amount).toBe(String((5n * ETHER) / 2n));
    expect((await validator('status', ...me)).json).toMatchObject({ state: 'left', stake: '0' });
  });

  it('can be an owner’s whose signer is on another machine', async () => {
    const owner = devAccount(OWNER).l1.address;
    const signed = await validator('authorize', '--dev', STRANGER, '--owner', owner);
    const { signer, signature } = signed.json;
    const stake = ['stake', '--dev', OWNER, '--amount', '1ether', '--signer', signer];
    expect(failure(await validator(...stake))).toEqual([Exit.USAGE, 'NO_SIGNATURE']);
    expect((await validator(...stake, '--signature', signature)).json).toMatchObject({ signer, owner });
  });

  it('cannot be put on somebody else’s signer, or on one’s own with somebody else’s word', async () => {
    const mallory = devAccount('frank').l1.address;
    const { json } = await validator('authorize', '--dev', STRANGER, '--owner', mallory);
    const signer = devAccount(STRANGER).l1.address;
    const run = await validator(
      ...['stake', '--dev', OWNER, '--amount', '1ether', '--signer', signer, '--signature', json.signature],
    );
    expect(run.exit).toBe(Exit.REFUSED);
    expect(await w.registry.validator(signer)).toBeUndefined();
  });

  it('must be enough', async () => {
    const run = await validator('stake', '--dev', STRANGER, '--amount', '1gwei');
    expect(failure(run)).toEqual([Exit.REFUSED, 'StakeTooLow']);
    expect(run.stderr).toContain('1 ETH');
  });

  it('belongs to its owner: nobody else ends it', async () => {
    const run = await validator('unstake', '--dev', STRANGER, '--signer', w.signer(0).address);
    expect(run.exit).toBe(Exit.REFUSED);
    expect((await w.registry.validator(w.signer(0).address))?.activeUntil).toBeUndefined();
  });
});

describe('status', () => {
  it('tells seat, stake, turns and what the batch after is', async () => {
    const { json } = await validator('status', '--signer', w.signer(0).address, '--slots', '2');
    expect(json).toMatchObject({
      signer: lower(w.signer(0).address),
      state: 'active',
      seat: 0,
      stake: String(4n * ETHER),
      totalWeight: String(10n * ETHER),
      leads: 'only if the sequencer falls silent',
      attestation: { provenBatch: 0, attestedBatch: 0 },
    });
    for (const { slot, at } of json.nextSlots) {
      expect(at).toBe(slot * w.parameters.slotSeconds);
      expect(await w.registry.leaderAt(at)).toBe(lower(w.signer(0).address));
    }
    expect(json.nextSlots).toHaveLength(2);
  });

  it('says what people read', async () => {
    const args = ['--l1', w.f.l1.url, '--registry', w.registry.address];
    const { stdout } = await engram('validator', 'status', '--signer', w.signer(0).address, ...args);
    expect(stdout).toMatch(/^stake +4 ETH$/m);
    expect(stdout).toMatch(/^epochEnds +20\d\d-/m);
    const list = await engram('validator', 'list', ...args);
    expect(list.stdout.trim().split('\n')).toHaveLength(4);
  });

  it('of a node that is away does not hide what L1 says', async () => {
    const { json } = await validator('status', '--signer', w.signer(0).address, '--rpc', 'http://127.0.0.1:1');
    expect(json).toMatchObject({ state: 'active', node: { unreachable: expect.any(String) } });
  });

  it('of nobody → UNKNOWN_VALIDATOR', async () => {
    const run = await validator('status', '--dev', STRANGER);
    expect(failure(run)).toEqual([Exit.NOT_FOUND, 'UNKNOWN_VALIDATOR']);
  });

  it.each<[string, string[], string]>([
    ['no contract', [], 'NO_REGISTRY'],
    ['a contract of another kind', ['--registry', 'rollup'], 'NOT_A_REGISTRY'],
  ])('with %s is refused', async (_name, args, code) => {
    const placed = args.map((arg) => (arg === 'rollup' ? w.f.deployment.address : arg));
    const run = await engram('validator', 'status', '--dev', FIRST, '--l1', w.f.l1.url, ...placed, '--json');
    expect(run.json.error.code).toBe(code);
  });
});

describe('rewards', () => {
  it('are funded, shown, claimed and paid out', async () => {
    expect((await validator('rewards', 'fund', '--dev', STRANGER, '--amount', '5000')).json.pot).toBe('5000');
    const lane = await LaneWorld.open(w.f);
    await lane.attest(await lane.prove());
    const epoch = await w.epoch();
    const signer = ['--signer', w.signer(0).address];
    const none = await validator('rewards', 'claim', '--dev', STRANGER, ...signer);
    expect(failure(none)).toEqual([Exit.NOT_FOUND, 'NOTHING_TO_CLAIM']);
    await w.nextEpoch();
    const status = await validator('status', ...signer);
    expect(status.json.rewards.claimable).toEqual([{ epoch, amount: '400' }]);
    const claimed = await validator('rewards', 'claim', '--dev', STRANGER, ...signer);
    expect(claimed.json).toMatchObject({ claimed: '400', pending: '400' });
    expect((await validator('withdraw', '--dev', OWNER)).json.amount).toBe('400');
  });
});

describe('records', () => {
  const domain = () => ({ l1ChainId: 31337n, evmLane: w.f.deployment.evmLane });

  async function signs(dataDir: string, batch: number, commitment: bigint): Promise<unknown> {
    const db = await openLevel(join(dataDir, 'validator'));
    try {
      return await new SigningGuard({ domain: domain(), account: devAccount(FIRST).l1 }, { db }).sign(
        batch,
        commitment,
      );
    } finally {
      await db.close();
    }
  }

  it('go along to another machine, which then signs nothing twice', async () => {
    const [old, fresh, file] = [join(folder, 'old'), join(folder, 'fresh'), join(folder, 'history.json')];
    await signs(old, 5, 1n);
    const exported = await validator('history', 'export', '--data-dir', old, '--out', file);
    expect(exported.json.signers).toEqual([`${lower(devAccount(FIRST).l1.address)} (1 batches)`]);
    const imported = await validator('history', 'import', file, '--data-dir', fresh);
    expect(imported.json).toMatchObject({ added: 1 });
    await expect(signs(fresh, 5, 2n)).rejects.toMatchObject({ code: 'WOULD_EQUIVOCATE' });
    await signs(fresh, 5, 1n);
  });

  it('of a key that signed on both machines raise the alarm', async () => {
    const [one, other, file] = [join(folder, 'one'), join(folder, 'other'), join(folder, 'both.json')];
    await signs(one, 5, 1n);
    await signs(other, 5, 2n);
    await validator('history', 'export', '--data-dir', one, '--out', file);
    const run = await validator('history', 'import', file, '--data-dir', other);
    expect(failure(run)).toEqual([Exit.REFUSED, 'HAS_EQUIVOCATED']);
  });

  it('that were lost are made good: nothing is signed that could have been signed before', async () => {
    const dataDir = join(folder, 'lost');
    const { json } = await validator('history', 'floor', '--dev', FIRST, '--data-dir', dataDir, '--batch', '7');
    expect(json.signsFrom).toBe(8);
    await expect(signs(dataDir, 7, 1n)).rejects.toMatchObject({ code: 'BELOW_HISTORY' });
    await signs(dataDir, 8, 1n);
    const now = await validator('history', 'floor', '--dev', FIRST, '--data-dir', join(folder, 'new'));
    expect(now.json.signsFrom).toBe(1);
  });

  it('are not read from where no node is, from a node that runs, or from a file that is none', async () => {
    const out = ['--out', join(folder, 'x.json')];
    const nowhere = await validator('history', 'export', '--data-dir', join(folder, 'nowhere'), ...out);
    expect(failure(nowhere)).toEqual([Exit.NOT_FOUND, 'NO_DATA']);
    const dataDir = join(folder, 'locked');
    const db = await openLevel(join(dataDir, 'validator'));
    expect(failure(await validator('history', 'export', '--data-dir', dataDir, ...out))).toEqual([
      Exit.REFUSED,
      'STORE_UNAVAILABLE',
    ]);
    await db.close();
    const bad = keyFile('bad-history', '{"version":2}');
    expect(failure(await validator('history', 'import', bad, '--data-dir', dataDir))[1]).toBe('BAD_HISTORY');
  });

  it('of two signatures take the stake', async () => {
    const { batch, first, second } = await w.equivocation(w.signer(0));
    const written = ({ commitment, signature }: typeof first) => ({
      commitment: `0x${commitment.toString(16).padStart(64, '0')}`,
      signature: signature.toLowerCase(),
    });
    const evidence = {
      ...{ version: 1, l1ChainId: '31337', evmLane: lower(w.f.deployment.evmLane), signer: lower(w.signer(0).address) },
      ...{ batch, first: written(first), second: written(second) },
    };
    const forged = keyFile('forged.json', JSON.stringify({ ...evidence, second: evidence.first }));
    expect(failure(await validator('slash', '--dev', STRANGER, '--evidence', forged))[1]).toBe('BAD_EVIDENCE');
    const file = keyFile('evidence.json', JSON.stringify(evidence));
    expect((await validator('slash', '--dev', STRANGER, '--evidence', file)).exit).toBe(Exit.OK);
    expect((await validator('status', '--signer', w.signer(0).address)).json).toMatchObject({
      state: 'slashed',
      stake: '0',
    });
    expect((await validator('slash', '--dev', STRANGER, '--evidence', file)).exit).toBe(Exit.REFUSED);
  });
});
