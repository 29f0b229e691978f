import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { terminateSnarkjs } from '../circuits/build/snarkCurve.ts';
import { packAttestation, packChannel } from '../protocol/account.ts';
import { R_FIELD } from '../protocol/field.ts';
import { actor } from '../protocol/testing/actors.ts';
import type { AttestationTerms, ChannelTerms, Field } from '../protocol/types.ts';
import type { EscapeLeaf, ProvenLeaf } from './client/types.ts';
import { accountVerifierCode, proveLeaf } from './testing/accountProofs.ts';
import { expectError, Fixture, TEST_SETTINGS } from './testing/fixture.ts';
import { ALICE, attestAccount, BOB, channelAccount, leafWorld, proveRoot } from './testing/leafWorld.ts';

/** Real proofs of real leaves against the real verifier; only the batch that brought the root was not proven. */
let f: Fixture;
const proofs = new Map<number, ProvenLeaf>();
/** Under the root before the last: the channel held more. */
let stale: { channel: ProvenLeaf; alice: ProvenLeaf };
const sha256 = new Uint8Array(32).fill(7);

const MODEL = 3;
const CHANNEL = 4;
const CHANNEL_OF_BOB = 5;
const CHANNEL_OF_A_MODEL = 6;
const CHANNEL_OF_A_CHANNEL = 7;
const attestC = (owner: number) =>
  packAttestation({ owner, parent: 0, royaltyBps: 0, subtype: 1 } as AttestationTerms) as bigint;
const channelC = (payer: number) =>
  packChannel({ payer, provider: BOB, model: 0, expiry: 5 } as ChannelTerms) as bigint;

beforeAll(async () => {
  f = await Fixture.start({}, { accountVerifier: await accountVerifierCode() });
  const tree = leafWorld(f, {
    [MODEL]: attestAccount({ sha256, owner: BOB, balance: 70n }),
    [CHANNEL]: channelAccount({ payer: ALICE, model: MODEL, balance: 300n }),
    [CHANNEL_OF_BOB]: channelAccount({ payer: BOB, provider: ALICE, balance: 20n }),
    [CHANNEL_OF_A_MODEL]: channelAccount({ payer: MODEL, balance: 1n }),
    [CHANNEL_OF_A_CHANNEL]: channelAccount({ payer: CHANNEL, balance: 1n }),
  });
  const older = leafWorld(f, { [CHANNEL]: channelAccount({ payer: ALICE, model: MODEL, balance: 900n }) });
  stale = { channel: await proveLeaf(older, CHANNEL), alice: await proveLeaf(older, ALICE) };
  for (const [index] of tree.entries()) proofs.set(index, await proveLeaf(tree, index));
  await f.alice.depositNew({ token: 0, amount: 10_000n, key: actor(1).key });
  await proveRoot(f, older.root);
  await proveRoot(f, tree.root);
  await f.warp(TEST_SETTINGS.queueDeadlineSeconds + 10);
  await f.keep();
  await f.bob.freeze();
  await f.keep();
});
beforeEach(() => f.reset());
afterAll(async () => {
  await f?.l1.stop();
  await terminateSnarkjs();
});

const proven = (index: number): ProvenLeaf => proofs.get(index) ?? expect.unreachable();

/** The escape of `index` beside the leaf of `controller`, with parts changed. */
function leave(
  index: number,
  controller: number,
  changes: { leaf?: Partial<EscapeLeaf>; controller?: Partial<EscapeLeaf> } = {},
) {
  const [account, owner] = [proven(index), proven(controller)];
  return f.bob.escape({ ...account.leaf, ...changes.leaf }, account.proof, {
    leaf: { ...owner.leaf, ...changes.controller },
    proof: owner.proof,
  });
}

describe('a channel or an attestation leaves', () => {
  it("to its controller's Ethereum address, whoever asks", async () => {
    const { events } = await leave(CHANNEL, ALICE);
    expect(events[0]).toMatchObject({
      type: 'escaped',
      index: CHANNEL,
      owner: f.alice.account,
      token: 0,
      amount: 300n,
    });
    await leave(MODEL, BOB);
    expect(await f.alice.pendingWithdrawal(0, f.alice.account)).toBe(300n);
    expect(await f.alice.pendingWithdrawal(0, f.bob.account)).toBe(70n);
    expect([await f.alice.isEscaped(CHANNEL), await f.alice.isEscaped(MODEL)]).toEqual([true, true]);
    await f.bob.withdraw(0, f.alice.account);
    expect(await f.alice.pendingWithdrawal(0, f.alice.account)).toBe(0n);
  });

  it("without its controller's own balance, which leaves by itself, before or after", async () => {
    await leave(CHANNEL, ALICE);
    await f.bob.escape(proven(ALICE).leaf, proven(ALICE).proof);
    await f.bob.escape(proven(BOB).leaf, proven(BOB).proof);
    await leave(CHANNEL_OF_BOB, BOB);
    await leave(MODEL, BOB);
    expect(await f.alice.pendingWithdrawal(0, f.alice.account)).toBe(1300n);
    expect(await f.alice.pendingWithdrawal(0, f.bob.account)).toBe(590n);
  });

  it('once', async () => {
    await leave(CHANNEL, ALICE);
    const error = await expectError('AlreadyEscaped', leave(CHANNEL, ALICE));
    expect(error.data).toEqual({ args: [BigInt(CHANNEL)] });
    await expectError('AlreadyEscaped', f.bob.escape(proven(CHANNEL).leaf, proven(CHANNEL).proof));
  });

  it('after a freeze only', async () => {
    const open = await Fixture.start();
    try {
      const { leaf, proof } = proven(CHANNEL);
      await expectError('NotFrozen', open.bob.escape(leaf, proof, proven(ALICE)));
    } finally {
      await open.l1.stop();
    }
  });
});

describe('nobody takes what is not theirs', () => {
  it.each([
    ['the provider of a channel', CHANNEL, BOB, [1n, 2n]],
    ['a stranger to an attestation', MODEL, ALICE, [2n, 1n]],
    ['the model of a channel', CHANNEL, MODEL, [1n, 3n]],
    ['the channel itself', CHANNEL, CHANNEL, [1n, 4n]],
  ])('%s is not its controller', async (_name, index, controller, args) => {
    const error = await expectError('ControllerMismatch', leave(index, controller));
    expect(error.data).toEqual({ args });
  });

  it.each([
    ['an attestation', CHANNEL_OF_A_MODEL, MODEL, 3n],
    ['a channel', CHANNEL_OF_A_CHANNEL, CHANNEL, 2n],
  ])('%s is nobody’s controller, even if the terms name it', async (_name, index, controller, kind) => {
    const error = await expectError('KindMismatch', leave(index, controller));
    expect(error.data).toEqual({ args: [1n, kind] });
  });

  it('proofs in the wrong order prove nothing', async () => {
    const [account, owner] = [proven(CHANNEL), proven(ALICE)];
    const swapped = f.bob.escape(account.leaf, owner.proof, { leaf: owner.leaf, proof: account.proof });
    await expectError('ProofInvalid', swapped);
    const twice = f.bob.escape(account.leaf, account.proof, { leaf: owner.leaf, proof: account.proof });
    await expectError('ProofInvalid', twice);
    const none = f.bob.escape(account.leaf, owner.proof, owner);
    await expectError('ProofInvalid', none);
  });

  it('a leaf that was edited is not proven', async () => {
    const mine = BigInt(f.bob.account) as Field;
    await expectError('ProofInvalid', leave(CHANNEL, ALICE, { controller: { c: mine } }));
    await expectError('ProofInvalid', leave(CHANNEL, BOB, { controller: { index: ALICE } }));
    await expectError('ProofInvalid', leave(CHANNEL, BOB, { leaf: { c: channelC(BOB) as Field } }));
    const more = (proven(CHANNEL).leaf.state + 1n) as Field;
    await expectError('ProofInvalid', leave(CHANNEL, ALICE, { leaf: { state: more } }));
    const asAttestation = (proven(CHANNEL).leaf.state + (1n << 240n)) as Field;
    await expectError('ProofInvalid', leave(CHANNEL, ALICE, { leaf: { state: asAttestation } }));
    await expectError('ProofInvalid', leave(CHANNEL_OF_BOB, BOB, { leaf: { index: CHANNEL } }));
  });

  it.each(['leaf', 'controller'] as const)('an index of %s has no second name', async (which) => {
    const own = which === 'leaf' ? CHANNEL : ALICE;
    for (const index of [0, own + 2 ** 24, own + 2 ** 32]) {
      const error = await expectError('IndexOutOfRange', leave(CHANNEL, ALICE, { [which]: { index } }));
      expect(error.data).toEqual({ args: [BigInt(index)] });
    }
  });

  it.each(['leaf', 'controller'] as const)('a word of %s has no second name', async (which) => {
    const { leaf } = proven(which === 'leaf' ? CHANNEL : ALICE);
    for (const name of ['state', 'a', 'b', 'c'] as const) {
      const change = { [which]: { [name]: (leaf[name] + R_FIELD) as Field } };
      await expectError('WordNotCanonical', leave(CHANNEL, ALICE, change));
    }
  });

  it('each kind has one way out', async () => {
    expect((await expectError('KindNotControlled', leave(ALICE, ALICE))).data).toEqual({ args: [1n] });
    expect((await expectError('KindNotControlled', leave(ALICE, BOB))).data).toEqual({ args: [1n] });
    for (const [index, kind] of [
      [CHANNEL, 2n],
      [MODEL, 3n],
    ] as const) {
      const { leaf, proof } = proven(index);
      expect((await expectError('KindMismatch', f.bob.escape(leaf, proof))).data).toEqual({ args: [1n, kind] });
    }
  });

  it('too little gas for either proof takes nothing and burns no chance', async () => {
    const { leaf, proof } = proven(CHANNEL);
    const call = f.bob.calls.escape(leaf, proof, proven(ALICE));
    const estimate = await f.bob.simulate(call, f.bob.account);
    expect(estimate).toBeGreaterThan(500_000n);
    const wallet = f.clients.walletClient(f.l1.accounts[3] ?? expect.unreachable());
    for (const share of [20n, 40n, 50n, 60n, 80n, 95n]) {
      const hash = await wallet.sendTransaction({ ...call, gas: (estimate * share) / 100n });
      expect((await f.clients.publicClient.waitForTransactionReceipt({ hash })).status).toBe('reverted');
    }
    expect(await f.bob.isEscaped(CHANNEL)).toBe(false);
    await f.bob.send(call);
  });
});

describe('only the last proven root counts', () => {
  it('a proof under an older root is worthless', async () => {
    const { channel, alice } = stale;
    await expectError('ProofInvalid', f.bob.escape(channel.leaf, channel.proof, alice));
    await expectError('ProofInvalid', f.bob.escape(channel.leaf, channel.proof, proven(ALICE)));
    await expectError('ProofInvalid', f.bob.escape(proven(CHANNEL).leaf, proven(CHANNEL).proof, alice));
  });
});

describe('terms out of their layout name nobody, whatever was proven', () => {
  let mock: Fixture;
  beforeAll(async () => {
    mock = await Fixture.start(); // accepts any proof
    await mock.alice.forcedExit(1);
    await mock.warp(TEST_SETTINGS.queueDeadlineSeconds + 10);
    await mock.bob.freeze();
  });
  afterAll(() => mock?.l1.stop());

  it.each([
    ['a bit above an attestation’s terms', MODEL, attestC(ALICE) | (1n << 88n)],
    ['a bit above a channel’s terms', CHANNEL, channelC(ALICE) | (1n << 136n)],
    ['an owner + 2^24', MODEL, attestC(ALICE) | (1n << 24n)],
    ['a payer + 2^24', CHANNEL, channelC(ALICE) | (1n << 56n)],
    ['owner 0', MODEL, attestC(0)],
    ['payer 0', CHANNEL, channelC(0)],
  ])('%s', async (_name, index, c) => {
    const { leaf, proof } = proven(index);
    const error = await expectError(
      'MalformedTerms',
      mock.bob.escape({ ...leaf, c: c as Field }, proof, proven(ALICE)),
    );
    expect(error.data).toEqual({ args: [c] });
  });

  it.each([0n, 1n << 160n])('a controller whose address is %i has none', async (c) => {
    const { leaf, proof } = proven(ALICE);
    const owner = { leaf: { ...leaf, c: c as Field }, proof };
    await expectError('BadOwner', mock.bob.escape(proven(CHANNEL).leaf, proven(CHANNEL).proof, owner));
  });
});
