import { encodeAbiParameters, type Hex, toFunctionSelector } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actor, transfer } from '../../../../protocol/testing/actors.ts';
import { RecoveryCore } from './recoveryCore.ts';
import { ArtifactServer } from './testing/artifactServer.ts';
import { expectRecoveryError } from './testing/expectRecoveryError.ts';
import { ALICE, BOB, CHANNEL, type Intercept, MODEL, RecoveryWorld } from './testing/recoveryWorld.ts';
import type { ProveProgress } from './types.ts';

/** Real proofs from L1's data, accepted by the real contracts; and files that are not what they should be. */
let world: RecoveryWorld;
let server: ArtifactServer;
const honest: Intercept = (method, params, ask) => ask(method, params);
const core = (intercept = honest) => new RecoveryCore(world.options(server.urls), { l1: world.through(intercept) });
const calldata = (params: unknown) => (params as [{ data: Hex }])[0].data;
const callee = (params: unknown) => (params as [{ to: Hex }])[0].to.toLowerCase();

beforeAll(async () => {
  [world, server] = await Promise.all([RecoveryWorld.start(), ArtifactServer.start()]);
  await world.populate();
  await world.keep();
});
beforeEach(() => {
  server.answers.clear();
  return world.rewind();
});
afterAll(async () => {
  await server?.stop();
  await world?.f.l1.stop();
});

describe('a frozen rollup', () => {
  it('lets out what was proven here: an account, a channel to its payer, a model to its owner', async () => {
    await world.freeze();
    const { f } = world;
    const recovery = core();
    const seen: ProveProgress[] = [];
    const before = await recovery.ledger(f.alice.account);
    expect(before.isFrozen).toBe(true);
    const channel = await recovery.prove(CHANNEL, { onProgress: (progress) => void seen.push(progress) });
    const stages = seen.filter(({ stage }) => stage !== 'download');
    expect(stages).toEqual(
      [0, 1].flatMap((done) => ['witness', 'prove', 'verify'].map((stage) => ({ stage, done, of: 2 }))),
    );
    const bytes = Object.values(server.files).reduce((sum, file) => sum + file.length, 0);
    expect(seen.findLast(({ stage }) => stage === 'download')).toEqual({ stage: 'download', done: bytes, of: bytes });
    expect(channel.controller?.leaf.index).toBe(ALICE);
    await f.bob.escape(channel.leaf.leaf, channel.leaf.proof, channel.controller);

    // Files are downloaded once; the owner was proven already.
    expect(server.requests).toBe(3);
    seen.length = 0;
    const model = await recovery.prove(MODEL, { onProgress: (progress) => void seen.push(progress) });
    expect(seen.map(({ stage, done }) => [stage, done])).toEqual([
      ['witness', 0],
      ['prove', 0],
      ['verify', 0],
    ]);
    await f.bob.escape(model.leaf.leaf, model.leaf.proof, model.controller);
    const account = await recovery.prove(ALICE);
    expect(account.controller).toBe(undefined);
    await f.bob.escape(account.leaf.leaf, account.leaf.proof);
    expect(server.requests).toBe(3);

    const total = before.accounts.reduce((sum, { balance }) => sum + balance, 0n);
    // The exit of 200 was proven before the freeze; the queue fees are the sequencer's.
    expect(await f.alice.pendingWithdrawal(0, f.alice.account)).toBe(total + 200n);
    const after = await recovery.ledger(f.alice.account);
    expect(after.accounts.map(({ isEscaped }) => isEscaped)).toEqual([true, true, true]);
    const { data } = await expectRecoveryError('AlreadyEscaped', recovery.prove(CHANNEL));
    expect(data).toEqual({ index: CHANNEL });
  });

  it('somebody else may have been faster: the simulated escape says so', async () => {
    await world.freeze();
    const { leaf } = await core().prove(BOB);
    await world.f.alice.escape(leaf.leaf, leaf.proof);
    const isEscaped = toFunctionSelector('isEscaped(uint256)');
    const late = core((method, params, ask) =>
      method === 'eth_call' && calldata(params).startsWith(isEscaped)
        ? Promise.resolve(encodeAbiParameters([{ type: 'bool' }], [false]))
        : ask(method, params),
    );
    const { data } = await expectRecoveryError('AlreadyEscaped', late.prove(BOB));
    expect(data).toEqual({ index: BOB });
  });
});

describe('a rollup that runs', () => {
  it('proofs are checked by its verifier all the same, and change with the ledger', async () => {
    const recovery = core();
    const first = await recovery.prove(BOB);
    await world.batch({ txs: [world.tx(ALICE, 2, [transfer(ALICE, BOB, 1n)])] });
    const second = await recovery.prove(BOB);
    expect(BigInt.asUintN(96, second.leaf.leaf.state) - BigInt.asUintN(96, first.leaf.leaf.state)).toBe(1n);
    expect(second.leaf.leaf.a).toBe(actor(BOB).key[0]);
  });

  it('an account that does not exist', async () => {
    const recovery = core();
    for (const index of [5, 0, 2 ** 24 - 1]) {
      const { data } = await expectRecoveryError('UNKNOWN_ACCOUNT', recovery.prove(index));
      expect(data).toEqual({ index });
    }
    const requests = server.requests;
    for (const index of [-1, 2 ** 24, 1.5, Number.NaN]) {
      await expectRecoveryError('UNKNOWN_ACCOUNT', recovery.prove(index));
    }
    expect(server.requests).toBe(requests);
  });

  it('can be given up at every stage, and asked again', async () => {
    const recovery = core();
    for (const stage of ['download', 'witness', 'verify'] as const) {
      const abort = new AbortController();
      const onProgress = (progress: ProveProgress) => {
        if (progress.stage === stage) abort.abort();
      };
      await expectRecoveryError('ABORTED', recovery.prove(CHANNEL, { signal: abort.signal, onProgress }));
    }
    expect((await recovery.prove(CHANNEL)).leaf.leaf.index).toBe(CHANNEL);
  });
});

describe('files that are not what they should be', () => {
  const half = (name: string) => server.files[name]?.subarray(0, 100_000) ?? expect.unreachable();
  const html = new TextEncoder().encode('<!doctype html><title>Not here</title>');

  it.each(['wasm', 'zkey', 'vkey'])('%s: another file, or nothing', async (file) => {
    const recovery = core();
    for (const bytes of [html, new Uint8Array(0)]) {
      server.answers.set(file, { bytes });
      const { data } = await expectRecoveryError('ARTIFACT_INVALID', recovery.prove(BOB));
      expect(data).toEqual({ file });
    }
    server.answers.set(file, { status: 404, bytes: html });
    const { data } = await expectRecoveryError('ARTIFACT_UNREACHABLE', recovery.prove(BOB));
    expect(data).toEqual({ file, status: 404 });
  });

  it('another try downloads them again', async () => {
    const recovery = core();
    server.answers.set('zkey', { bytes: html });
    await expectRecoveryError('ARTIFACT_INVALID', recovery.prove(BOB));
    server.answers.clear();
    expect((await recovery.prove(BOB)).leaf.leaf.index).toBe(BOB);
  });

  it.each(['wasm', 'zkey'])('%s: cut off', async (file) => {
    server.answers.set(file, { bytes: half(file) });
    const { data } = await expectRecoveryError('ARTIFACT_INVALID', core().prove(BOB));
    expect(data).toEqual({ file });
    server.answers.set(file, { bytes: half(file), length: server.files[file]?.length ?? 0 });
    await expectRecoveryError('ARTIFACT_UNREACHABLE', core().prove(BOB));
  });

  it('zkey: bytes were changed on the way', async () => {
    const bytes = Uint8Array.from(server.files.zkey ?? []);
    // Points of the last sections.
    for (let i = 1; i <= 200_000; i += 1) bytes[bytes.length - i] = 3;
    server.answers.set('zkey', { bytes });
    await expectRecoveryError('ARTIFACT_INVALID', core().prove(BOB));
  });

  it('vkey: of another key', async () => {
    const vkey = JSON.parse(new TextDecoder().decode(server.files.vkey)) as { vk_gamma_2: unknown; vk_beta_2: unknown };
    const other = { ...vkey, vk_gamma_2: vkey.vk_beta_2 };
    server.answers.set('vkey', { bytes: new TextEncoder().encode(JSON.stringify(other)) });
    const { data } = await expectRecoveryError('ARTIFACT_INVALID', core().prove(BOB));
    expect(data).toEqual({ file: 'vkey' });
    for (const wrong of [{ ...vkey, nPublic: 3 }, { ...vkey, IC: [] }, { ...vkey, curve: 'bls12381' }, 7, null, []]) {
      server.answers.set('vkey', { bytes: new TextEncoder().encode(JSON.stringify(wrong)) });
      await expectRecoveryError('ARTIFACT_INVALID', core().prove(BOB));
    }
  });

  it('a whole set of another deployment: its proofs verify, but not on L1', async () => {
    const other = await RecoveryWorld.start({ isMock: true });
    try {
      await other.populate();
      const { accountVerifier } = other.f;
      await (await other.f.mock(accountVerifier)).write('setAnswer', [false]);
      const wanted = { index: BOB, reason: 'ProofInvalid' };
      const recovery = new RecoveryCore(other.options(server.urls), { l1: other.through(honest) });
      expect((await expectRecoveryError('PROOF_REFUSED', recovery.prove(BOB))).data).toEqual(wanted);
      // An endpoint that praises the proof: the escape as a whole is simulated, too.
      await other.freeze();
      const praising = other.through((method, params, ask) => {
        const isVerifier = method === 'eth_call' && callee(params) === accountVerifier.toLowerCase();
        return isVerifier ? Promise.resolve(encodeAbiParameters([{ type: 'bool' }], [true])) : ask(method, params);
      });
      const fooled = new RecoveryCore(other.options(server.urls), { l1: praising });
      expect((await expectRecoveryError('PROOF_REFUSED', fooled.prove(BOB))).data).toEqual(wanted);
    } finally {
      await other.f.l1.stop();
    }
  });

  it('none at all: the command line is left', async () => {
    await expectRecoveryError(
      'NO_ARTIFACTS',
      new RecoveryCore(world.options(), { l1: world.through(honest) }).prove(BOB),
    );
  });
});
