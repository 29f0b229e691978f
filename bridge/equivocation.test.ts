/** An equivocating validator loses its stake on L1: somebody submits the two signatures. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attestationTypedData } from './client/attestation.ts';
import type { Address, Hex } from './client/types.ts';
import { expectError } from './testing/fixture.ts';
import { LaneWorld, lower } from './testing/laneWorld.ts';
import { ETHER, RegistryWorld } from './testing/registryWorld.ts';

/** The order of secp256k1. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const NOBODY: Address = '0x000000000000000000000000000000000000dEaD';

let w: RegistryWorld;
beforeAll(async () => {
  w = await RegistryWorld.start();
});
beforeEach(() => w.f.reset());
afterAll(() => w?.f.l1.stop());

describe('a validator that signed two commitments of one batch', () => {
  it('loses its whole stake: a tenth to the reporter, the rest is burned', async () => {
    const { registry, f } = w;
    const offender = w.signer(0);
    const evidence = await w.equivocation(offender);
    const events = await w.send(registry.calls.slash(evidence), f.bob);
    expect(events).toMatchObject([
      { type: 'equivocated', signer: lower(offender.address), batch: 7 },
      { type: 'slashed', signer: lower(offender.address), reporter: lower(f.bob.account), stake: 4n * ETHER },
    ]);
    expect(await registry.validator(offender.address)).toMatchObject({ stake: 0n, weight: 0n, isSlashed: true });
    expect(await registry.pending(f.bob.account)).toBe((4n * ETHER) / 10n);
    expect(await registry.pending(NOBODY)).toBe((36n * ETHER) / 10n);
    expect(await registry.pending(f.alice.account)).toBe(0n);
    await expectError('NothingToWithdraw', w.send(registry.calls.withdraw()));
    await w.send(registry.calls.withdraw(), f.bob);
    // What was burned stays, and so do the stakes of the others.
    expect(await f.balance(registry.address)).toBe((96n * ETHER) / 10n);
  });

  it('signed them for batches that L1 has never seen: a signature is enough', async () => {
    await w.send(w.registry.calls.slash(await w.equivocation(w.signer(1), 2 ** 40)), w.f.bob);
    expect((await w.registry.validator(w.signer(1).address))?.isSlashed).toBe(true);
  });

  it('loses nine tenths by reporting itself', async () => {
    const { registry, f } = w;
    const offender = await w.client(w.signer(0));
    await w.send(registry.calls.slash(await w.equivocation(w.signer(0))), offender);
    expect(await registry.pending(offender.account)).toBe((4n * ETHER) / 10n);
    expect(await registry.pending(f.alice.account)).toBe(0n);
  });

  it('can be slashed until its stake has been withdrawn, not after', async () => {
    const { registry, f } = w;
    const evidence = await w.equivocation(w.signer(1));
    await w.send(registry.calls.unstake(w.signer(1).address));
    await w.send(registry.calls.unstake(w.signer(2).address));
    const left = (await registry.validator(w.signer(1).address)) ?? expect.unreachable();
    await w.warpTo((left.withdrawableAt ?? 0) - 2);
    await expectError('NothingToWithdraw', w.send(registry.calls.withdraw()));
    await w.send(registry.calls.slash(evidence), f.bob);
    await w.warpTo((left.withdrawableAt ?? 0) + 10);
    // The other one is free, and nobody took it before.
    expect(await registry.pending(f.alice.account)).toBe(3n * ETHER);
    await w.send(registry.calls.withdraw());
    expect(await registry.pending(f.alice.account)).toBe(0n);
    const late = registry.calls.slash(await w.equivocation(w.signer(2)));
    await expectError('NothingAtStake', w.send(late, f.bob));
  });

  it('loses what came later, too, and cannot add to it or leave', async () => {
    const { registry, f } = w;
    const evidence = await w.equivocation(w.signer(0));
    await w.send(registry.calls.addStake(w.signer(0).address, ETHER));
    const [, slashed] = await w.send(registry.calls.slash(evidence), f.bob);
    expect(slashed).toMatchObject({ stake: 5n * ETHER });
    await expectError('AlreadySlashed', w.send(registry.calls.addStake(w.signer(0).address, ETHER)));
    await expectError('AlreadySlashed', w.send(registry.calls.unstake(w.signer(0).address)));
  });

  it('is slashed once, by whatever evidence', async () => {
    const { registry, f } = w;
    const evidence = await w.equivocation(w.signer(0));
    await w.send(registry.calls.slash(evidence), f.bob);
    await expectError('AlreadySlashed', w.send(registry.calls.slash(evidence), f.bob));
    const other = await w.equivocation(w.signer(0), 9);
    await expectError('AlreadySlashed', w.send(registry.calls.slash(other), f.bob));
    const { batch, first, second } = evidence;
    await expectError('AlreadySlashed', w.send(registry.calls.slash({ batch, first: second, second: first }), f.bob));
  });

  it('counts for nothing at once, while the total of the epoch stays', async () => {
    const { registry, f } = w;
    await w.send(registry.calls.slash(await w.equivocation(w.signer(0))), f.bob);
    expect(await registry.weightOf(w.signer(0).address)).toBe(0n);
    expect(await registry.totalWeight()).toBe(10n * ETHER);
    await w.nextEpoch();
    expect(await registry.totalWeight()).toBe(6n * ETHER);
  });

  it('can never come back under the same key', async () => {
    const { registry, f } = w;
    await w.send(registry.calls.slash(await w.equivocation(w.signer(0))), f.bob);
    await w.nextEpoch(3);
    await expectError('SignerTaken', w.register(w.signer(0)));
  });
});

describe('no evidence is', () => {
  it('one commitment twice, even with two signatures', async () => {
    const { registry, f } = w;
    const first = await w.statement(w.signer(0), 7, 1n);
    await expectError('SameCommitment', w.send(registry.calls.slash({ batch: 7, first, second: first }), f.bob));
    const second = { commitment: 1n, signature: twin(first.signature) };
    await expectError('SameCommitment', w.send(registry.calls.slash({ batch: 7, first, second }), f.bob));
  });

  it('a signature in another form', async () => {
    const { registry, f } = w;
    const { batch, first, second } = await w.equivocation(w.signer(0));
    const slash = (signature: Hex) =>
      w.send(registry.calls.slash({ batch, first, second: { ...second, signature } }), f.bob);
    await expectError('ECDSAInvalidSignatureS', slash(twin(second.signature)));
    await expectError('ECDSAInvalidSignatureLength', slash(second.signature.slice(0, -2) as Hex));
    await expectError('ECDSAInvalidSignature', slash(`0x${'00'.repeat(65)}`));
  });

  it('two signers', async () => {
    const first = await w.statement(w.signer(0), 7, 1n);
    const second = await w.statement(w.signer(1), 7, 2n);
    await expectError('DifferentSigners', w.send(w.registry.calls.slash({ batch: 7, first, second }), w.f.bob));
  });

  it('two batches', async () => {
    const first = await w.statement(w.signer(0), 7, 1n);
    const second = await w.statement(w.signer(0), 8, 2n);
    await expectError('DifferentSigners', w.send(w.registry.calls.slash({ batch: 7, first, second }), w.f.bob));
    await expectError('DifferentSigners', w.send(w.registry.calls.slash({ batch: 8, first, second }), w.f.bob));
  });

  it('a signature for another chain, another lane, or anything that is no attestation', async () => {
    const { registry, f } = w;
    const here = { l1ChainId: 31337n, evmLane: f.deployment.evmLane };
    const first = await w.statement(w.signer(0), 7, 1n);
    for (const domain of [
      { ...here, l1ChainId: 1n },
      { ...here, evmLane: f.deployment.address },
      { ...here, evmLane: registry.address },
    ]) {
      const signature = await w.signer(0).signTypedData(attestationTypedData(domain, 7, 2n));
      const evidence = { batch: 7, first, second: { commitment: 2n, signature } };
      await expectError('DifferentSigners', w.send(registry.calls.slash(evidence), f.bob));
      // Even two of them: they are somebody's, but nobody's that is a validator.
      const both = {
        batch: 7,
        first: {
          commitment: 1n,
          signature: await w.signer(0).signTypedData(attestationTypedData(domain, 7, 1n)),
        },
        second: { commitment: 2n, signature },
      };
      await expectError('DifferentSigners', w.send(registry.calls.slash(both), f.bob));
    }
    const agreement = await w.agreement(w.signer(0), f.alice.account);
    const second = { commitment: 2n, signature: agreement };
    await expectError('DifferentSigners', w.send(registry.calls.slash({ batch: 7, first, second }), f.bob));
  });

  it('what somebody signed who is no validator', async () => {
    const evidence = await w.equivocation(w.stranger(0));
    await expectError('UnknownValidator', w.send(w.registry.calls.slash(evidence), w.f.bob));
  });
});

describe('attesters that slash one of their own', () => {
  it('do not lower what they have to reach: the count of the epoch needs the total of the epoch', async () => {
    const { registry, f } = w;
    const lane = await LaneWorld.open(f);
    const outcome = await lane.prove();
    // 40 % sign and are counted; without them the others would have 6 of 6, and 4 would be two thirds of 6.
    await lane.attest(outcome, [0]);
    expect(await lane.alice.attestationWeight(1, outcome.posted.header.evmCommitment)).toBe(4n * ETHER);
    await w.send(registry.calls.slash(await w.equivocation(w.signer(0))), f.bob);
    await expectError('NothingCounted', lane.attest(outcome, [0]));
    expect(await lane.alice.attestedBatch()).toBe(0);
    // In the next epoch the total is 6, and what was counted is forgotten.
    await w.nextEpoch();
    expect(await lane.alice.attestationWeight(1, outcome.posted.header.evmCommitment)).toBe(0n);
    await expectError('NotAttestor', lane.attest(outcome, [0]));
    await lane.attest(outcome, [1]);
    expect(await lane.alice.attestedBatch()).toBe(0);
    await lane.attest(outcome, [2]);
    expect(await lane.alice.attestedBatch()).toBe(1);
  });
});

/** The same signature as another would write it: the higher s. */
function twin(signature: Hex): Hex {
  const s = BigInt(`0x${signature.slice(66, 130)}`);
  const v = signature.slice(130) === '1b' ? '1c' : '1b';
  return `0x${signature.slice(2, 66)}${(N - s).toString(16).padStart(64, '0')}${v}`;
}
