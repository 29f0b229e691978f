import { encodeDeployData, type Hex, toHex } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { evmBatchOf } from '../protocol/lane/evmCommitment.ts';
import { artifact, buildContracts } from './build.ts';
import { attestationTypedData } from './client/attestation.ts';
import { evmLaneAbi, signerSetAbi } from './client/evmLaneAbi.ts';
import { EvmLaneReader } from './client/evmLaneClient.ts';
import type { Address } from './client/types.ts';
import { deployCode } from './deploy/deployCode.ts';
import { expectError, Fixture, TEST_SETTINGS } from './testing/fixture.ts';
import { LaneWorld, lower, type Outcome } from './testing/laneWorld.ts';
import { ANY_PROOF } from './testing/ledger.ts';

/** The order of secp256k1. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

let f: Fixture;
let w: LaneWorld;
beforeAll(async () => {
  f = await Fixture.start();
});
beforeEach(async () => {
  await f.reset();
  w = await LaneWorld.open(f);
});
afterAll(() => f?.l1.stop());

async function deploy(name: 'SignerSet' | 'EvmLane', args: readonly unknown[]): Promise<Address> {
  const { bytecode } = artifact(await buildContracts(), name);
  const abi = name === 'SignerSet' ? signerSetAbi : evmLaneAbi;
  const [deployer] = f.l1.accounts;
  const wallet = f.clients.walletClient(deployer ?? expect.unreachable());
  // The cast: one call for two constructors, whose arguments the tests get wrong on purpose.
  const data = encodeDeployData({ abi, bytecode, args } as unknown as Parameters<typeof encodeDeployData>[0]);
  return (await deployCode(data, 0n, { wallet, publicClient: f.clients.publicClient })).address;
}

describe('two thirds of the weight', () => {
  it('accept an outbox root for ever', async () => {
    w.withdraw({ amount: 1n });
    const first = await w.prove();
    const { events } = await w.attest(first, [0, 1]); // 7 of 10
    const commitment = toHex(first.posted.header.evmCommitment, { size: 32 });
    expect(events).toMatchObject([
      { type: 'counted', batch: 1, signer: lower(f.attestors[0]?.address ?? '0x'), commitment },
      { type: 'counted', batch: 1, signer: lower(f.attestors[1]?.address ?? '0x'), commitment },
      { type: 'attested', batch: 1, commitment, outboxRoot: first.output.outboxRoot, outboxCount: 1n, inboxCount: 0n },
    ]);
    expect(await w.alice.attestedBatch()).toBe(1);
    w.withdraw({ amount: 2n });
    await w.settle();
    expect(await w.alice.attestedBatch()).toBe(2);
    expect(await w.alice.isAttestedRoot(first.output.outboxRoot)).toBe(true);
    expect(await w.alice.isAttestedRoot(w.outbox.root)).toBe(true);
  });

  it('less by one unit accept nothing', async () => {
    const outcome = await w.prove();
    await w.attest(outcome, [1, 2]); // 6 of 10: 18 < 20
    expect(await w.alice.isAttestedRoot(outcome.output.outboxRoot)).toBe(false);
    expect(await w.alice.attestedBatch()).toBe(0);
    expect(await w.alice.attestationWeight(1, outcome.posted.header.evmCommitment)).toBe(6n);
  });

  it('come together over several calls', async () => {
    const outcome = await w.prove();
    await w.attest(outcome, [2]);
    await w.attest(outcome, [1, 2]); // the second of them was counted before
    expect(await w.alice.attestationWeight(1, outcome.posted.header.evmCommitment)).toBe(6n);
    await w.attest(outcome, [2, 0, 1]);
    expect(await w.alice.attestedBatch()).toBe(1);
  });

  it('are not reached by one signer many times, in one call or several', async () => {
    const outcome = await w.prove();
    await w.attest(outcome, [1, 1, 1, 1]);
    expect(await w.alice.attestationWeight(1, outcome.posted.header.evmCommitment)).toBe(3n);
    await expectError('NothingCounted', w.attest(outcome, [1]));
    await expectError('NothingCounted', w.attest(outcome, [1, 1, 1]));
    await expectError('NothingCounted', w.attest(outcome, []));
    expect(await w.alice.attestedBatch()).toBe(0);
  });

  it('are not reached by one signer in several calls of one transaction', async () => {
    const outcome = await w.prove();
    const sequence = await f.deployTest('Sequence');
    const data = async (signers: number[]) =>
      w.alice.calls.attest({ ...outcome, signatures: await w.sign(outcome, signers) }).data;
    const run = (calls: Hex[]) => sequence.write('run', [calls.map(() => w.address), calls]);
    await expectError('NothingCounted', run([await data([1]), await data([1])]));
    await run([await data([1]), await data([2])]);
    expect(await w.alice.attestationWeight(1, outcome.posted.header.evmCommitment)).toBe(6n);
    await run([await data([0])]);
    expect(await w.alice.attestedBatch()).toBe(1);
  });

  it.each([
    [3, 2],
    [4, 3],
    [5, 4],
    [6, 4],
  ])('of %i equal signers are %i', async (signers, needed) => {
    const set = await deploy('SignerSet', [
      f.l1.accounts.slice(0, signers).map(({ address }) => ({ signer: address, weight: 1n })),
    ]);
    const lane = await deploy('EvmLane', [f.deployment.address, set]);
    const world = await LaneWorld.open(f, { evmLane: lane });
    const outcome = await world.prove();
    const { number, header } = outcome.posted;
    const data = attestationTypedData(world.alice.attestationDomain, number, header.evmCommitment);
    for (const account of f.l1.accounts.slice(0, needed)) {
      expect(await world.alice.attestedBatch()).toBe(0);
      await world.bob.attest({ ...outcome, signatures: [await account.signTypedData(data)] });
    }
    expect(await world.alice.attestedBatch()).toBe(1);
  });

  it('are not needed twice', async () => {
    const outcome = await w.settle();
    await expectError('AlreadyAttested', w.attest(outcome));
  });

  it('of an older batch do not turn the head back, and its root counts', async () => {
    w.withdraw({ amount: 1n });
    const first = await w.prove();
    w.withdraw({ amount: 2n });
    await w.settle();
    await w.attest(first);
    expect(await w.alice.attestedBatch()).toBe(2);
    expect(await w.alice.isAttestedRoot(first.output.outboxRoot)).toBe(true);
  });

  it('are needed again for a batch whose outbox is that of the one before', async () => {
    await w.settle();
    const second = await w.prove();
    expect(await w.alice.attestedBatch()).toBe(1);
    await w.attest(second);
    expect(await w.alice.attestedBatch()).toBe(2);
  });
});

describe('signatures', () => {
  let outcome: Outcome;
  beforeEach(async () => {
    await w.prove();
    outcome = await w.prove();
  });

  const attestWith = (...signatures: Hex[]) => w.bob.attest({ ...outcome, signatures });
  async function signedBy(change: Partial<Parameters<typeof attestationTypedData>[0]>, batch = 2): Promise<Hex> {
    const { evmCommitment } = outcome.posted.header;
    const domain = { ...w.alice.attestationDomain, ...change };
    const [attestor] = f.attestors;
    return (attestor ?? expect.unreachable()).signTypedData(attestationTypedData(domain, batch, evmCommitment));
  }

  it('have the digest that the contract computes', async () => {
    const { evmCommitment } = outcome.posted.header;
    const digest = await f.clients.publicClient.readContract({
      address: w.address,
      abi: evmLaneAbi,
      functionName: 'attestationDigest',
      args: [2n, toHex(evmCommitment, { size: 32 })],
    });
    expect(w.alice.attestationDigest(2, evmCommitment)).toBe(digest);
  });

  it('of strangers are refused, with good ones beside them, too', async () => {
    const [stranger] = f.l1.accounts;
    const { evmCommitment } = outcome.posted.header;
    const data = attestationTypedData(w.alice.attestationDomain, 2, evmCommitment);
    const foreign = await (stranger ?? expect.unreachable()).signTypedData(data);
    const error = await expectError('NotAttestor', attestWith(...(await w.sign(outcome)), foreign));
    expect(error.data).toEqual({ args: [stranger?.address] });
  });

  it('for another batch, contract or chain are worth nothing', async () => {
    await expectError('NotAttestor', attestWith(await signedBy({}, 1)));
    await expectError('NotAttestor', attestWith(await signedBy({ evmLane: f.deployment.address })));
    await expectError('NotAttestor', attestWith(await signedBy({ l1ChainId: 1n })));
    await attestWith(await signedBy({}));
  });

  it('in another form are refused: the higher s, 64 bytes, none, nobody’s', async () => {
    const [good] = await w.sign(outcome);
    const { r, s, v } = parts(good ?? '0x');
    const high: Hex = `0x${r}${(N - s).toString(16).padStart(64, '0')}${v === '1b' ? '1c' : '1b'}`;
    await expectError('ECDSAInvalidSignatureS', attestWith(high));
    await expectError('ECDSAInvalidSignatureLength', attestWith((good ?? '0x').slice(0, -2) as Hex));
    await expectError('ECDSAInvalidSignatureLength', attestWith('0x'));
    await expectError('ECDSAInvalidSignature', attestWith(`0x${'00'.repeat(65)}`));
    await expectError('ECDSAInvalidSignature', attestWith(`0x${r}${s.toString(16).padStart(64, '0')}00`));
  });
});

function parts(signature: Hex) {
  return {
    r: signature.slice(2, 66),
    s: BigInt(`0x${signature.slice(66, 130)}`),
    v: signature.slice(130),
  };
}

describe('what is attested', () => {
  it('must be the outcome that the batch committed to', async () => {
    const outcome = await w.prove({ data: Uint8Array.from([1, 2]) });
    const signatures = await w.sign(outcome);
    const { output, posted } = outcome;
    const word = toHex(1n, { size: 32 });
    for (const change of [{ blockHash: word }, { outboxRoot: word }, { outboxCount: 1n }, { inboxCount: 1n }]) {
      const changed = { posted, output: { ...output, ...change }, signatures };
      await expectError('CommitmentMismatch', w.bob.attest(changed));
    }
    const otherData = { posted: { ...posted, evmData: Uint8Array.from([1]) }, output, signatures };
    await expectError('CommitmentMismatch', w.bob.attest(otherData));
    await w.bob.attest({ ...outcome, signatures });
  });

  it('must be proven', async () => {
    const outcome = await w.commit();
    await expectError('UnknownBatch', w.attest(outcome));
    await f.bob.proveBatches([{ posted: outcome.posted, proof: ANY_PROOF }]);
    await w.attest(outcome);
  });

  it('must be the batch that was proven, whatever a committer says of it', async () => {
    const outcome = await w.prove();
    const { output, posted } = outcome;
    const rich = { ...output, outboxRoot: toHex(7n, { size: 32 }) };
    const forgery = forge(outcome, rich);
    // All attestors sign, and still: L1 does not remember such a batch.
    const signatures = await w.sign(forgery);
    await expectError('UnknownBatch', w.bob.attest({ ...forgery, signatures }));
    expect(posted.stored.evmCommitment).not.toBe(forgery.posted.stored.evmCommitment);
  });

  it('is not a batch that was reverted, nor are its signatures good for the next of its number', async () => {
    w.withdraw({ amount: 5n });
    const reverted = await w.commit();
    const signatures = await w.sign(reverted);
    await f.warp(TEST_SETTINGS.proveDeadlineSeconds + 10);
    await f.bob.revertBatches();
    await expectError('UnknownBatch', w.bob.attest({ ...reverted, signatures }));
    // The open path goes on with the same number.
    const again = await LaneWorld.open(f);
    const proven = await again.submit();
    expect(proven.posted.number).toBe(1);
    await expectError('UnknownBatch', w.bob.attest({ ...reverted, signatures }));
    await expectError('NotAttestor', w.bob.attest({ ...proven, signatures }));
    await w.attest(proven);
  });

  function forge({ posted }: Outcome, output: Outcome['output']): Outcome {
    const evm = evmBatchOf(output, posted.evmData);
    const stored = { ...posted.stored, evmCommitment: toHex(evm.commitment, { size: 32 }) };
    const header = { ...posted.header, evmCommitment: evm.commitment };
    return { posted: { ...posted, stored, header }, output };
  }
});

describe('the set', () => {
  const someone = `0x${'a1'.repeat(20)}` as const;
  const other = `0x${'b2'.repeat(20)}` as const;
  const of = (...members: [Address, bigint][]) =>
    deploy('SignerSet', [members.map(([signer, weight]) => ({ signer, weight }))]);

  it('is refused with nobody, with the zero address, with no weight, with anyone twice', async () => {
    await expectError('BadParameters', of());
    await expectError('ZeroAddress', of([`0x${'00'.repeat(20)}`, 1n]));
    await expectError('BadParameters', of([someone, 0n]));
    await expectError('DuplicateSigner', of([someone, 1n], [other, 1n], [someone, 2n]));
  });

  it('is refused with weights that the rule could not multiply', async () => {
    const most = 2n ** 128n - 1n;
    await expectError('BadParameters', of([someone, most + 1n]));
    await expectError('BadParameters', of([someone, 2n ** 256n - 1n]));
    await expectError('BadParameters', of([someone, most], [other, 1n]));
    await of([someone, most - 1n], [other, 1n]);
  });

  it('is what the client reads', async () => {
    expect(await w.alice.attestors()).toEqual(
      f.attestors.map(({ address }, i) => ({ address, weight: [4n, 3n, 3n][i] })),
    );
    expect(await w.alice.totalWeight()).toBe(10n);
  });

  it('and a rollup are what a lane is bound to: neither can be missing', async () => {
    const { address, attestors, evmLane, deployedAt } = f.deployment;
    await expectError('BadParameters', deploy('EvmLane', [someone, attestors]));
    await expectError('BadParameters', deploy('EvmLane', [address, someone]));
    const connect = (lane: Address, rollup: Address) =>
      EvmLaneReader.connect({ address: lane, deployedAt, rollup }, f.clients.publicClient);
    await expectError('NOT_AN_EVM_LANE', connect(address, address));
    await expectError('NOT_AN_EVM_LANE', connect(evmLane, someone));
    expect(lower((await connect(evmLane, address)).rollup)).toBe(lower(address));
  });
});
