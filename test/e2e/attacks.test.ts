/**
 * What a hostile prover, relayer or caller may try, against the real verifier and a real node: two batches are committed by the
 * node and proven for real; each attack must leave L1 and the node as they were, and in the end both go on. Told in order.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Address, parseAbi, parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { WebSocket } from 'ws';
import type { RollupClient } from '../../bridge/client/rollupClient.ts';
import type { PostedBatch, Proof } from '../../bridge/client/types.ts';
import { expectError } from '../../bridge/testing/fixture.ts';
import { rawCommit } from '../../bridge/testing/rawCommit.ts';
import { ensureArtifacts } from '../../circuits/build/artifacts.ts';
import { devAccount } from '../../node/devnet/accounts.ts';
import { bigintToBytes, hexToBytes } from '../../protocol/bytes.ts';
import { SUBGROUP_ORDER } from '../../protocol/crypto/babyjub.ts';
import { computeDomain } from '../../protocol/domain.ts';
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
import { L2_CHAIN_ID, Settlement } from './support/settlement.ts';
import { hexOf, User } from './support/user.ts';

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
      const call = rawCommit(mallory.address, second.closed, { input });
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
    expect(hexOf(body.subarray(recipient + 12, recipient + 32))).toBe(bob.account.l1.address.toLowerCase());
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

describe('the node', () => {
  const refuses = async (bytes: Hex, reason: string) => {
    await expect(node.rpc.request('engram_sendTransaction', [bytes])).rejects.toMatchObject({ reason });
    await answers();
  };
  const answers = async () => {
    expect(await node.rpc.request('engram_getAccount', [alice.index])).toMatchObject({ index: alice.index });
  };
  const post = async (body: string | Uint8Array, type = 'application/json') => {
    const response = await fetch(node.rpc.url, {
      method: 'POST',
      headers: { 'content-type': type },
      body: body as BodyInit,
    });
    const text = await response.text();
    return { status: response.status, answer: text === '' ? undefined : JSON.parse(text) };
  };

  it('refuses signatures that were made for another deployment', async () => {
    onTestFailed(() => console.error(node.tail()));
    const { rollup } = settlement.deployment;
    const here = { l1ChainId: 31337n, rollup: BigInt(rollup), l2ChainId: L2_CHAIN_ID };
    expect(computeDomain(here)).toBe(alice.domain);
    const nonce = await nextNonce();
    const ops = [transfer({ from: alice.index, to: bob.index, amount: 5n })];
    const elsewhere = [
      { ...here, l1ChainId: 1n },
      { ...here, l1ChainId: here.l1ChainId + (1n << 64n) },
      { ...here, l2ChainId: L2_CHAIN_ID + 1n },
      { ...here, rollup: BigInt(alice.account.l1.address) },
    ];
    for (const place of elsewhere) await refuses(alice.signAt(nonce, ops, computeDomain(place)).bytes, 'BAD_SIGNATURE');
    await refuses(alice.signAt(nonce, ops, field(0n)).bytes, 'BAD_SIGNATURE');
    // Signed by somebody else for alice's account.
    const mine = new User('grace', { index: alice.index, domain: alice.domain });
    await refuses(mine.signAt(nonce, ops).bytes, 'BAD_SIGNATURE');
  });

  it('refuses words that are not canonical, and every other spelling of a transaction', async () => {
    const ops = [transfer({ from: alice.index, to: bob.index, amount: 5n, memo: [field(7n)] })];
    const { bytes, tx } = alice.signAt(await nextNonce(), ops);
    const raw = hexToBytes(bytes);
    const at = { memo: 14 + 30, r8x: raw.length - 96, r8y: raw.length - 64, s: raw.length - 32 };
    const withWord = (offset: number, word: bigint): Hex => {
      const copy = Uint8Array.from(raw);
      copy.set(bigintToBytes(word, 32), offset);
      return hexOf(copy);
    };
    const { r8, s } = tx.signature;
    await refuses(withWord(at.memo, 7n + R_FIELD), 'WORD_NOT_CANONICAL');
    await refuses(withWord(at.r8x, r8[0] + R_FIELD), 'WORD_NOT_CANONICAL');
    await refuses(withWord(at.r8y, r8[1] + R_FIELD), 'WORD_NOT_CANONICAL');
    await refuses(withWord(at.memo, 2n ** 256n - 1n), 'WORD_NOT_CANONICAL');
    // The same signature to a careless verifier: S counts modulo l, and −R8 has the same y.
    await refuses(withWord(at.s, s + SUBGROUP_ORDER), 'BAD_SIGNATURE');
    await refuses(withWord(at.r8x, R_FIELD - r8[0]), 'BAD_SIGNATURE');
    await refuses(withWord(at.s, 0n), 'BAD_SIGNATURE');
    await refuses(`${bytes}00`, 'MALFORMED_BYTES');
    await refuses(bytes.slice(0, -2) as Hex, 'MALFORMED_BYTES');
    await refuses('0x00', 'MALFORMED_BYTES');
    // An index that the sequencer has to choose; an opcode of the future; flags without meaning.
    const w0 = (change: (word: bigint) => bigint): Hex => {
      const copy = Uint8Array.from(raw);
      const word = BigInt(hexOf(raw.subarray(14, 44)));
      copy.set(bigintToBytes(change(word), 30), 14);
      return hexOf(copy);
    };
    await refuses(
      w0((word) => word + 3n),
      'UNKNOWN_OPCODE',
    );
    await refuses(
      w0((word) => word | (1n << 15n)),
      'MALFORMED_BYTES',
    );
    await refuses(
      w0((word) => word & ~(1n << 8n)),
      'MALFORMED_BYTES',
    );
    await refuses(
      w0((word) => word | (0xffn << 72n)),
      'INDEX_OUT_OF_RANGE',
    );
  });

  it.each([
    ['nothing', '', 'PARSE_ERROR'],
    ['half of an object', '{"jsonrpc":"2.0","id":1,', 'PARSE_ERROR'],
    ['nesting without end', '['.repeat(400_000), 'PARSE_ERROR'],
    ['deep nesting', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, 'INVALID_REQUEST'],
    ['a number past all doubles', '1e999999', 'INVALID_REQUEST'],
    ['a prototype', '{"__proto__":{"jsonrpc":"2.0","method":"engram_chainInfo","id":1}}', 'INVALID_REQUEST'],
    ['bytes that are no text', new Uint8Array([0xff, 0xfe, 0x00, 0xc3, 0x28]), 'PARSE_ERROR'],
    [
      'too many calls',
      JSON.stringify(Array(101).fill({ jsonrpc: '2.0', id: 1, method: 'engram_getFees' })),
      'BATCH_TOO_LARGE',
    ],
    ['more than a megabyte', `"${'x'.repeat(1_100_000)}"`, 'BODY_TOO_LARGE'],
  ])('answers %s with an error and goes on', async (_what, body, reason) => {
    for (const type of ['application/json', 'text/plain', 'multipart/form-data']) {
      const { answer } = await post(body, type);
      const [error] = Array.isArray(answer) ? answer : [answer];
      expect(error.error.data.code).toBe(reason);
    }
    await answers();
  });

  it('survives connections that speak no HTTP, and frames that are too long', async () => {
    const { hostname, port } = new URL(node.rpc.url);
    for (const bytes of ['\0\0\0\0\r\n\r\n', 'POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n', 'GET\r\n\r\n']) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined); // being cut off is what we came for
      socket.end(bytes);
      await new Promise((resolve) => socket.once('close', resolve).resume());
    }
    const webSocket = new WebSocket(node.rpc.url.replace('http', 'ws'));
    await new Promise((resolve) => webSocket.once('open', resolve));
    webSocket.on('error', () => undefined);
    const gone = new Promise((resolve) => webSocket.once('close', resolve));
    webSocket.send('x'.repeat(1_100_000));
    await gone;
    await answers();
  });

  it('still takes an honest transaction', async () => {
    const nonce = await nextNonce();
    await send(alice.signAt(nonce, [transfer({ from: alice.index, to: bob.index, amount: 5n })]));
    expect(await nextNonce()).toBe(nonce + 1);
    expect(await (await fetch(`${node.rpc.url}/health`)).json()).toMatchObject({ live: true });
  });

  async function nextNonce(): Promise<number> {
    return (await node.rpc.request('engram_getAccount', [alice.index]))?.nonce ?? expect.unreachable();
  }
});
