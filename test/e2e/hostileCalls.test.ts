/** What a hostile caller may send to a real node (a process of its own). Whatever it is, the node refuses it by name and goes on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { devAccount } from '../../node/devnet/accounts.ts';
import { bigintToBytes, hexToBytes, prefixedHex } from '../../protocol/bytes.ts';
import { SUBGROUP_ORDER } from '../../protocol/crypto/babyjub.ts';
import { computeDomain } from '../../protocol/domain.ts';
import { field, R_FIELD } from '../../protocol/field.ts';
import { transfer } from '../../sdk/ops.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import type { NodeProcess } from './support/nodeProcess.ts';
import { startSequencerNode } from './support/sequencerNode.ts';
import { L2_CHAIN_ID, Settlement } from './support/settlement.ts';
import { User } from './support/user.ts';

const MINUTES = 60_000;

let settlement: Settlement;
let dataDir: string;
let node: NodeProcess;
let alice: User;
let bob: User;

beforeAll(async () => {
  settlement = await Settlement.start();
  for (const name of ['alice', 'bob'] as const) {
    await (await settlement.as(name)).depositNew({ token: 0, amount: parseEther('10'), key: devAccount(name).key });
  }
  dataDir = await mkdtemp(join(tmpdir(), 'engram-calls-'));
  node = await startSequencerNode({ dataDir, prove: false }, settlement);
  alice = await User.open('alice', node.rpc);
  bob = await User.open('bob', node.rpc);
}, 10 * MINUTES);
afterAll(async () => {
  await node?.kill();
  await settlement?.stop();
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
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
    return text === '' ? undefined : JSON.parse(text);
  };

  it('refuses signatures that were made for another deployment', async () => {
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
      return prefixedHex(copy);
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
      const word = BigInt(prefixedHex(raw.subarray(14, 44)));
      copy.set(bigintToBytes(change(word), 30), 14);
      return prefixedHex(copy);
    };
    await refuses(
      w0((word) => word + 7n),
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
      JSON.stringify(Array(1001).fill({ jsonrpc: '2.0', id: 1, method: 'engram_getFees' })),
      'BATCH_TOO_LARGE',
    ],
    ['more than a megabyte', `"${'x'.repeat(1_100_000)}"`, 'BODY_TOO_LARGE'],
  ])('answers %s with an error and goes on', async (_what, body, reason) => {
    for (const type of ['application/json', 'text/plain', 'multipart/form-data']) {
      const answer = await post(body, type);
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
    const { bytes, hash } = alice.signAt(nonce, [transfer({ from: alice.index, to: bob.index, amount: 5n })]);
    await node.rpc.request('engram_sendTransaction', [bytes]);
    await node.rpc.waitForTransaction(hash, 'included');
    expect(await nextNonce()).toBe(nonce + 1);
    expect(await (await fetch(`${node.rpc.url}/health`)).json()).toMatchObject({ live: true });
  });

  async function nextNonce(): Promise<number> {
    return (await node.rpc.request('engram_getAccount', [alice.index]))?.nonce ?? expect.unreachable();
  }
});
