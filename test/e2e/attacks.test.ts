/**
 * What a hostile prover or relayer may try against the real verifier: two batches are committed by a real node and proven for
 * real; each attack must leave L1 as it was, and in the end L1 and the node go on. Told in order. What a hostile caller may try
 * against the node is in hostileCalls.test.ts.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Address, parseAbi, parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RollupClient } from '../../bridge/client/rollupClient.ts';
import type { PostedBatch, Proof } from '../../bridge/client/types.ts';
import { NO_EVM } from '../../bridge/testing/evmBatch.ts';
import { expectError } from '../../bridge/testing/fixture.ts';
import { rawCommit } from '../../bridge/testing/rawCommit.ts';
import { ensureArtifacts } from '../../circuits/build/artifacts.ts';
import { devAccount } from '../../node/devnet/accounts.ts';
import { hexToBytes, prefixedHex } from '../../protocol/bytes.ts';
import { field, R_FIELD } from '../../protocol/field.ts';
import { closedBatchFromJson } from '../../protocol/serialize.ts';
import type { ClosedBatch, Field } from '../../protocol/types.ts';
import { snarkjsBackend } from '../../prover/backends/snarkjs.ts';
import { proveBatch } from '../../prover/proveBatch.ts';
import { exit, transfer } from '../../sdk/ops.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { waitForBatch } from './support/batches.ts';
import { negated, Q_FIELD, scaled, shifted } from './support/groth16.ts';
import type { NodeProcess } from './support/nodeProcess.ts';
import { startSequencerNode } from './support/sequencerNode.ts';
import { Settlement } from './support/settlement.ts';
import { User } from './support/user.ts';

const MINUTES = 60_000;
const EXITED = parseEther('1');

interface Proven {
  readonly closed: ClosedBatch;
  readonly posted: PostedBatch;
  readonly proof: Proof;
}

let settlement: Settlement;
let dataDir: string;
let node: NodeProcess;
let alice: User;
let bob: User;
/** Somebody without any right. */
let mallory: RollupClient;
let first: Proven;
let second: Proven;

beforeAll(async () => {
  settlement = await Settlement.start();
  for (const name of ['alice', 'bob'] as const) {
    await (await settlement.as(name)).depositNew({ token: 0, amount: parseEther('10'), key: devAccount(name).key });
  }
  dataDir = await mkdtemp(join(tmpdir(), 'engram-attacks-'));
  node = await startSequencerNode({ dataDir, prove: false }, settlement);
  alice = await User.open('alice', node.rpc);
  bob = await User.open('bob', node.rpc);
  mallory = await settlement.as('grace');
  // Four transactions a batch; the ninth closes the second batch.
  await send(bob.sign([exit({ from: bob.index, recipient: BigInt(bob.account.l1.address), amount: EXITED })]));
  for (let count = 0; count < 8; count += 1) await send(payment());
  [first, second] = [await proven(1), await proven(2)];
}, 10 * MINUTES);
afterAll(async () => {
  await node?.kill();
  await settlement?.stop();
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
});

function payment() {
  return alice.sign([transfer({ from: alice.index, to: bob.index, amount: 1n, memo: [field(7n)] })]);
}

async function send({ bytes, hash }: { bytes: Hex; hash: Hex }): Promise<void> {
  await node.rpc.request('engram_sendTransaction', [bytes]);
  await node.rpc.waitForTransaction(hash, 'included');
}

async function proven(number: number): Promise<Proven> {
  await waitForBatch(node.rpc, number, 'committed');
  const closed = closedBatchFromJson(await node.rpc.request('engram_getClosedBatch', [number]));
  const { proof } = await proveBatch(closed, await ensureArtifacts('batch-small'), { backend: snarkjsBackend() });
  return { closed, posted: await mallory.readBatch(number), proof };
}

const prove = (...batches: readonly Pick<Proven, 'posted' | 'proof'>[]) => mallory.proveBatches(batches);
const provenOnL1 = async () => (await mallory.state()).proven.batch;

describe('a proof', () => {
  const verifierAbi = parseAbi([
    'function verifyProof(uint256[2] a, uint256[2][2] b, uint256[2] c, uint256[3] inputs) view returns (bool)',
  ]);
  type Inputs = readonly [bigint, bigint, bigint];
  const inputsOf = ({ closed }: Proven): Inputs => {
    const { c, r, y } = closed.commitment;
    return [c, r, y];
  };

  async function verifies(proof: Proof, inputs: Inputs): Promise<boolean> {
    return settlement.clients.publicClient.readContract({
      address: await verifier(),
      abi: verifierAbi,
      functionName: 'verifyProof',
      args: [proof.a, proof.b, proof.c, inputs],
    });
  }

  async function verifier(): Promise<Address> {
    const { shapes } = await mallory.parameters();
    return shapes[0]?.verifier ?? expect.unreachable();
  }

  it('of one batch proves no other', async () => {
    expect(await verifies(first.proof, inputsOf(first))).toBe(true);
    expect(await verifies(second.proof, inputsOf(first))).toBe(false);
    await expectError('ProofInvalid', prove({ ...first, proof: second.proof }));
    await expectError('BatchOutOfOrder', prove(second));
    // Nothing of the first counts if the second is wrong.
    await expectError('ProofInvalid', prove(first, { ...second, proof: first.proof }));
    expect(await provenOnL1()).toBe(0);
  });

  it.each([0, 1, 2])('is not valid for public input %i plus the field modulus', async (i) => {
    const inputs = inputsOf(first);
    expect(await verifies(first.proof, inputs)).toBe(true);
    expect(await verifies(first.proof, inputs.with(i, (inputs[i] ?? 0n) + R_FIELD) as unknown as Inputs)).toBe(false);
  });

  it('is refused with a stored batch or a commit whose words are past the modulus', async () => {
    for (const name of ['c', 'r', 'y', 'newRoot', 'oldRoot'] as const) {
      const stored = { ...first.posted.stored, [name]: (first.posted.stored[name] + R_FIELD) as Field };
      await expectError('UnknownBatch', prove({ ...first, posted: { ...first.posted, stored } }));
    }
    const { sequencer } = await mallory.state();
    for (const input of [
      { c: second.closed.commitment.c + R_FIELD },
      { newRoot: second.closed.batch.newRoot + R_FIELD },
    ]) {
      const { evmOutput: outputHash, evmData: data, header } = second.posted;
      const evm = { ...NO_EVM, outputHash, data, commitment: header.evmCommitment };
      const call = rawCommit(mallory.address, second.closed, { input, evm });
      await expectError('WordNotCanonical', mallory.simulate(call, sequencer));
    }
  });

  it('is not valid with coordinates past their modulus, off the curve, or at infinity', async () => {
    const { a, b, c } = first.proof;
    const zero = [0n, 0n] as const;
    const wrong: Proof[] = [
      { a: [a[0] + Q_FIELD, a[1]], b, c },
      { a: [a[0], a[1] + Q_FIELD], b, c },
      { a, b: [[b[0][0] + Q_FIELD, b[0][1]], b[1]], c },
      { a, b, c: [c[0], c[1] + Q_FIELD] },
      { a: [a[0], a[1] + 1n], b, c },
      { a, b: [[b[0][1], b[0][0]], b[1]], c },
      { a: zero, b: [zero, zero], c: zero },
      { a, b, c: zero },
    ];
    for (const proof of wrong) {
      expect(await verifies(proof, inputsOf(first))).toBe(false);
      await expectError('ProofInvalid', prove({ ...first, proof }));
    }
  });

  it('settles nothing with too little gas, and the estimate is enough', async () => {
    const { publicClient, walletClient } = settlement.clients;
    const call = mallory.calls.proveBatches([first]);
    const estimate = await mallory.simulate(call, mallory.account);
    // The verifier alone answers "false" instead of failing when gas runs out, so its own estimate is far too low.
    const args = [first.proof.a, first.proof.b, first.proof.c, inputsOf(first)] as const;
    const trap = await publicClient.estimateContractGas({
      address: await verifier(),
      abi: verifierAbi,
      functionName: 'verifyProof',
      args,
    });
    expect(trap).toBeLessThan(estimate / 2n);
    // What any transaction with these data costs: with less it never gets into a block.
    const { account } = mallory;
    const intrinsic = await publicClient.estimateGas({ account, to: account, data: call.data });
    const wallet = walletClient(devAccount('grace').l1);
    const steps = Array.from({ length: 12 }, (_, i) => intrinsic + ((estimate - intrinsic) * BigInt(i)) / 12n);
    for (const gas of [...steps, intrinsic + trap]) {
      const hash = await wallet.sendTransaction({ ...call, gas });
      const { status } = await publicClient.waitForTransactionReceipt({ hash });
      expect(status, `gas ${gas} of ${estimate}`).toBe('reverted');
    }
    expect(await provenOnL1()).toBe(0);
    await publicClient.call({ account, ...call, gas: estimate });
  });

  it('is refused with exits that are not those of the batch, or as data that are cut off', async () => {
    const body = Uint8Array.from(first.posted.body);
    const recipient = 2 * 128; // after two deposits: the exit's first word
    expect(prefixedHex(body.subarray(recipient + 12, recipient + 32))).toBe(bob.account.l1.address.toLowerCase());
    body.set(hexToBytes(mallory.account), recipient + 12);
    await expectError('BodyMalformed', prove({ ...first, posted: { ...first.posted, body } }));
    const { to, data } = mallory.calls.proveBatches([first]);
    for (const length of [data.length - 64, 10 + 3 * 64, 10]) {
      const call = { to, data: data.slice(0, length) as Hex, value: 0n };
      await expectError('L1_REVERTED', mallory.simulate(call, mallory.account));
    }
    await expectError('L1_REVERTED', mallory.simulate({ to, data, value: 1n }, mallory.account));
    expect(await provenOnL1()).toBe(0);
  });

  it('can be changed into another that is as valid, which proves the batch once and no more', async () => {
    const { vkey } = await ensureArtifacts('batch-small');
    const { vk_delta_2: delta } = JSON.parse(await readFile(vkey, 'utf8')) as { vk_delta_2: [string, string][] };
    const [dx, dy] = delta.map(([re, im]) => [BigInt(im), BigInt(re)] as [bigint, bigint]);
    if (dx === undefined || dy === undefined) return expect.unreachable();
    const others = [
      negated(first.proof),
      scaled(first.proof, 123_456_789n),
      shifted(first.proof, [dx, dy], 987_654_321n),
    ];
    for (const proof of others) {
      expect(proof).not.toEqual(first.proof);
      expect(await verifies(proof, inputsOf(first))).toBe(true);
    }
    const [used, ...unused] = others;
    if (used === undefined) return expect.unreachable();
    await prove({ ...first, proof: used });
    expect(await provenOnL1()).toBe(1);
    const owed = async () => mallory.pendingWithdrawal(0, bob.account.l1.address);
    expect(await owed()).toBe(EXITED);
    for (const proof of [used, first.proof, ...unused]) {
      await expectError('BatchOutOfOrder', prove({ ...first, proof }));
      await expectError('BatchOutOfOrder', prove({ ...first, proof }, second));
      await expectError('BatchOutOfOrder', prove(second, { ...first, proof }));
    }
    expect(await owed()).toBe(EXITED);
    expect(await provenOnL1()).toBe(1);
  });

  it('of the honest kind still settles the next batch, and the node follows', async () => {
    await prove(second);
    expect(await provenOnL1()).toBe(2);
    await waitForBatch(node.rpc, 2, 'proven');
  });
});
