import { createHash } from 'node:crypto';
import { encodeAbiParameters, encodeDeployData, getAddress, keccak256 } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { terminateSnarkjs } from '../circuits/build/snarkCurve.ts';
import { packAttestation } from '../protocol/account.ts';
import { artefactCommitment, provenanceCommitment } from '../protocol/attestation.ts';
import { R_FIELD } from '../protocol/field.ts';
import { actor } from '../protocol/testing/actors.ts';
import type { AccountTree } from '../protocol/tree.ts';
import { type AttestationTerms, type Field, Subtype } from '../protocol/types.ts';
import { artifact, buildContracts } from './build.ts';
import { attestationsAbi } from './client/abi.ts';
import { AttestationsClient } from './client/attestationsClient.ts';
import type { EscapeLeaf, Hex, PostedBatch, ProvenLeaf } from './client/types.ts';
import { deployCode } from './deploy/deployCode.ts';
import { accountVerifierCode, proveLeaf } from './testing/accountProofs.ts';
import { expectError, Fixture, TEST_SETTINGS } from './testing/fixture.ts';
import { ALICE, attestAccount, BOB, channelAccount, leafWorld, proveRoot } from './testing/leafWorld.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();
const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`;
const model = { bytes: digest('weights'), sha256: hex(digest('weights')) };
const fineTune = { bytes: digest('tuned weights'), sha256: hex(digest('tuned weights')) };
const card = digest('model card');

const MODEL = 3;
const FINE_TUNE = 4;
/** A channel whose voucher key is no point but the artefact's commitment: nothing on L1 may take it for an attestation. */
const CHANNEL = 5;

/** The model's account, with parts of its words replaced. */
const attestC = (terms: Partial<Record<keyof AttestationTerms, number>>): bigint =>
  packAttestation({ owner: ALICE, parent: 0, royaltyBps: 250, subtype: 1, ...terms } as AttestationTerms);

function world(f: Fixture): AccountTree {
  return leafWorld(f, {
    [MODEL]: attestAccount({ sha256: model.bytes, owner: ALICE, royaltyBps: 250, balance: 70n }),
    [FINE_TUNE]: attestAccount({
      ...{ sha256: fineTune.bytes, provenance: card, owner: BOB, parent: MODEL, royaltyBps: 10_000 },
      ...{ balance: 5n },
    }),
    [CHANNEL]: channelAccount({ payer: ALICE, a: artefactCommitment(model.bytes) }),
  });
}

function connect(f: Fixture): Promise<AttestationsClient> {
  const { attestations, address } = f.deployment;
  return AttestationsClient.connect({ address: attestations, rollup: address }, f.clients.publicClient);
}

describe('real proofs', () => {
  let f: Fixture;
  let client: AttestationsClient;
  let batch: PostedBatch;
  const proofs = new Map<number, ProvenLeaf>();
  const proven = (index: number): ProvenLeaf => proofs.get(index) ?? expect.unreachable();
  const edited = (index: number, changes: Partial<EscapeLeaf>): ProvenLeaf => {
    const { leaf, proof } = proven(index);
    return { leaf: { ...leaf, ...changes }, proof };
  };

  beforeAll(async () => {
    f = await Fixture.start({}, { accountVerifier: await accountVerifierCode() });
    client = await connect(f);
    const tree = world(f);
    for (const [index] of tree.entries()) proofs.set(index, await proveLeaf(tree, index));
    batch = await proveRoot(f, tree.root);
    await f.keep();
  });
  beforeEach(() => f.reset());
  afterAll(async () => {
    await f?.l1.stop();
    await terminateSnarkjs();
  });

  it('show who attested a file, on what terms, and what it descends from', async () => {
    expect(await client.verify({ sha256: model.sha256, attestation: proven(MODEL) })).toEqual({
      ...{ index: MODEL, owner: ALICE, parent: 0, royaltyBps: 250, subtype: Subtype.MODEL },
      ...{ artefact: artefactCommitment(model.bytes), provenance: 0n },
    });
    expect(await client.verify({ sha256: fineTune.sha256, attestation: proven(FINE_TUNE) })).toEqual({
      ...{ index: FINE_TUNE, owner: BOB, parent: MODEL, royaltyBps: 10_000, subtype: Subtype.MODEL },
      ...{ artefact: artefactCommitment(fineTune.bytes), provenance: provenanceCommitment(card) },
    });
  });

  it('show the owner’s Ethereum address with a second leaf', async () => {
    const claim = { sha256: fineTune.sha256, attestation: proven(FINE_TUNE), owner: proven(BOB) };
    expect(await client.verify(claim)).toMatchObject({ index: FINE_TUNE, ownerAddress: f.bob.account });
    expect(await client.verify({ ...claim, batch: batch.stored })).toMatchObject({ ownerAddress: f.bob.account });
    const wrong = await expectError('ControllerMismatch', client.verify({ ...claim, owner: proven(ALICE) }));
    expect(wrong.data).toEqual({ args: [BigInt(BOB), BigInt(ALICE)] });
    const mine = BigInt(f.alice.account) as Field;
    await expectError('ProofInvalid', client.verify({ ...claim, owner: edited(BOB, { c: mine }) }));
    await expectError('ProofInvalid', client.verify({ ...claim, owner: edited(ALICE, { index: BOB }) }));
    await expectError('IndexOutOfRange', client.verify({ ...claim, owner: edited(BOB, { index: BOB + 2 ** 24 }) }));
  });

  it('stay good in the root of their batch while the chain goes on', async () => {
    const claim = { sha256: model.sha256, attestation: proven(MODEL) };
    await proveRoot(f, 12345n as Field);
    await expectError('ProofInvalid', client.verify(claim));
    expect(await client.verify({ ...claim, batch: batch.stored })).toMatchObject({ owner: ALICE });
  });

  it('are good after a freeze, too', async () => {
    await f.alice.depositNew({ token: 0, amount: 1n, key: actor(1).key });
    await f.warp(TEST_SETTINGS.queueDeadlineSeconds + 10);
    await f.alice.freeze();
    const claim = { sha256: model.sha256, attestation: proven(MODEL) };
    expect(await client.verify(claim)).toMatchObject({ owner: ALICE });
    expect(await client.verify({ ...claim, batch: batch.stored })).toMatchObject({ owner: ALICE });
  });

  it('are for their file alone', async () => {
    const other = client.verify({ sha256: fineTune.sha256, attestation: proven(MODEL) });
    expect((await expectError('ArtefactMismatch', other)).data).toEqual({
      args: [artefactCommitment(fineTune.bytes), artefactCommitment(model.bytes)],
    });
    const a = artefactCommitment(fineTune.bytes);
    const swapped = client.verify({ sha256: fineTune.sha256, attestation: edited(MODEL, { a }) });
    await expectError('ProofInvalid', swapped);
    // The provenance document is no artefact.
    await expectError('ArtefactMismatch', client.verify({ sha256: hex(card), attestation: proven(FINE_TUNE) }));
  });

  it('are for their terms alone', async () => {
    const verify = (changes: Partial<EscapeLeaf>) =>
      client.verify({ sha256: model.sha256, attestation: edited(MODEL, changes) });
    await expectError('ProofInvalid', verify({ c: attestC({ owner: BOB }) as Field }));
    await expectError('ProofInvalid', verify({ c: attestC({ parent: FINE_TUNE }) as Field }));
    await expectError('ProofInvalid', verify({ c: attestC({ royaltyBps: 0 }) as Field }));
    await expectError('ProofInvalid', verify({ b: provenanceCommitment(card) }));
    await expectError('ProofInvalid', verify({ index: FINE_TUNE }));
    await expectError('IndexOutOfRange', verify({ index: MODEL + 2 ** 24 }));
    await expectError('IndexOutOfRange', verify({ index: 0 }));
    for (const name of ['state', 'a', 'b', 'c'] as const) {
      await expectError('WordNotCanonical', verify({ [name]: (proven(MODEL).leaf[name] + R_FIELD) as Field }));
    }
  });

  it('of other kinds of account attest nothing', async () => {
    for (const [index, kind] of [
      [ALICE, 1n],
      [CHANNEL, 2n],
    ] as const) {
      const error = await expectError(
        'KindMismatch',
        client.verify({ sha256: model.sha256, attestation: proven(index) }),
      );
      expect(error.data).toEqual({ args: [3n, kind] });
    }
    const owner = proven(MODEL);
    const claim = { sha256: model.sha256, attestation: proven(MODEL), owner };
    await expectError('ControllerMismatch', client.verify(claim));
  });

  it('are never answered with “no”: with too little gas the call reverts', async () => {
    const claim = { sha256: model.sha256, attestation: proven(MODEL), batch: batch.stored };
    const estimate = await client.estimateGas(claim, f.alice.account);
    expect(estimate).toBeGreaterThan(230_000n);
    for (const share of [25n, 50n, 75n, 90n]) {
      const call = { account: f.alice.account, ...client.call(claim), gas: (estimate * share) / 100n };
      await expect(f.clients.publicClient.call(call)).rejects.toThrow(/revert|out of gas/i);
    }
  });
});

describe('what is proven to the contract', () => {
  let f: Fixture;
  let client: AttestationsClient;
  const ANY = { a: [1n, 2n], b: [[3n, 4n] as const, [5n, 6n] as const], c: [7n, 8n] } as const;
  const leafOf = (c: bigint, state = 3n << 240n): ProvenLeaf => ({
    leaf: { index: MODEL, state: state as Field, a: artefactCommitment(model.bytes), b: 0n as Field, c: c as Field },
    proof: ANY,
  });

  beforeAll(async () => {
    f = await Fixture.start(); // accepts any proof
    client = await connect(f);
    await f.keep();
  });
  beforeEach(() => f.reset());
  afterAll(() => f?.l1.stop());

  it('is exactly root, index and words', async () => {
    await proveRoot(f, 777n as Field);
    const { leaf, proof } = leafOf(attestC({}));
    const inputs = [777n, BigInt(MODEL), leaf.state, leaf.a, leaf.b, leaf.c] as const;
    const expected = keccak256(encodeAbiParameters([{ type: 'uint256[6]' }], [inputs]));
    await (await f.mock(f.accountVerifier)).write('expect', [expected]);
    expect(await client.verify({ sha256: model.sha256, attestation: { leaf, proof } })).toMatchObject({ index: MODEL });
  });

  it.each([
    ['a bit above the terms', attestC({}) | (1n << 88n)],
    ['owner 0', attestC({ owner: 0 })],
    ['an owner + 2^24', attestC({}) | (1n << 24n)],
    ['a parent + 2^24', attestC({}) | (1n << 56n)],
    ['a royalty over all', attestC({ royaltyBps: 0 }) | (10_001n << 64n)],
  ])('has no %s', async (_name, c) => {
    const error = await expectError('MalformedTerms', client.verify({ sha256: model.sha256, attestation: leafOf(c) }));
    expect(error.data).toEqual({ args: [c] });
  });

  it('has no kind of more than 8 bits', async () => {
    const claim = { sha256: model.sha256, attestation: leafOf(attestC({}), (3n << 240n) | (1n << 248n)) };
    expect((await expectError('KindMismatch', client.verify(claim))).data).toEqual({ args: [3n, 259n] });
  });

  it('commits to a digest as the ledger does', async () => {
    const ask = (functionName: 'artefactCommitment' | 'provenanceCommitment', sha256: Hex) =>
      f.clients.publicClient.readContract({
        address: client.address,
        abi: attestationsAbi,
        functionName,
        args: [sha256],
      });
    for (const text of ['', 'a', 'weights']) {
      expect(await ask('artefactCommitment', hex(digest(text)))).toBe(artefactCommitment(digest(text)));
      expect(await ask('provenanceCommitment', hex(digest(text)))).toBe(provenanceCommitment(digest(text)));
    }
  });

  it('is bound to one rollup and its verifier', async () => {
    const { address, attestations } = f.deployment;
    const { publicClient } = f.clients;
    const { bytecode } = artifact(await buildContracts(), 'Attestations');
    const deploy = (rollup: Hex, verifier: Hex) => {
      const data = encodeDeployData({ abi: attestationsAbi, bytecode, args: [rollup, verifier] });
      const wallet = f.clients.walletClient(f.l1.accounts[0] ?? expect.unreachable());
      return deployCode(data, 0n, { wallet, publicClient });
    };
    await expectError('BadParameters', deploy(address, f.verifier));
    await expectError('BadParameters', deploy(address, f.alice.account));
    await expectError('BadParameters', deploy(f.alice.account, f.accountVerifier));
    const read = (functionName: 'rollup' | 'accountVerifier') =>
      publicClient.readContract({ address: attestations, abi: attestationsAbi, functionName });
    expect([await read('rollup'), await read('accountVerifier')]).toEqual(
      [address, f.accountVerifier].map((a) => getAddress(a)),
    );
  });

  it('is asked of the right contract: not of another rollup’s, not of what is none', async () => {
    const { address, attestations } = f.deployment;
    const { publicClient } = f.clients;
    const at = (contract: Hex, rollup: Hex) => AttestationsClient.connect({ address: contract, rollup }, publicClient);
    expect((await at(attestations, address)).address).toBe(attestations);
    await expectError('NOT_ATTESTATIONS', at(attestations, f.verifier));
    await expectError('NOT_ATTESTATIONS', at(address, address));
    await expectError('NOT_ATTESTATIONS', at(f.alice.account, address));
  });
});
