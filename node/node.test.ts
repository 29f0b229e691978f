import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fixture } from '../bridge/testing/fixture.ts';
import { silentLogger } from '../chain/logger.ts';
import { bytesToHex } from '../protocol/bytes.ts';
import { encodeTx } from '../protocol/codec/tx.ts';
import { field } from '../protocol/field.ts';
import { closedBatchFromJson } from '../protocol/serialize.ts';
import { verifyAccountProof } from '../protocol/tree.ts';
import { signTx } from '../protocol/tx.ts';
import type { AccountIndex, Op } from '../protocol/types.ts';
import { exit, transfer } from '../sdk/ops.ts';
import { RpcClient } from '../sdk/rpcClient.ts';
import type { BatchEvent, Hex, Wire } from '../sdk/rpcTypes.ts';
import { loadConfig } from './config/config.ts';
import { type DevAccount, devAccount } from './devnet/accounts.ts';
import { accountsOf } from './devnet/funding.ts';
import { EngramNode } from './node.ts';
import { instantProving } from './testing/instantProving.ts';

/** The whole node on a real L1 whose contract takes any proof; real proofs are in test/e2e. */
let fixture: Fixture;
let folder: string;
let node: EngramNode | undefined;
let rpc: RpcClient;
const [alice, bob] = [devAccount('alice'), devAccount('bob')];

beforeAll(async () => {
  fixture = await Fixture.start();
  folder = await mkdtemp(join(tmpdir(), 'engram-node-'));
});
afterAll(async () => {
  await fixture.l1.stop();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  await rpc?.close();
  await node?.stop();
  node = undefined;
});

function config(flags: Record<string, unknown> = {}) {
  return loadConfig({
    env: { ENGRAM_L1_KEY: devAccount('sequencer').l1Key },
    flags: {
      '--data-dir': folder,
      '--l1-rpc-url': fixture.l1.url,
      '--l1-rollup': fixture.deployment.address,
      '--l1-start-block': Number(fixture.deployment.deployedAt),
      '--l1-confirmations': 0,
      '--l1-poll-ms': 50,
      '--rpc-port': 0,
      '--sequencer-shapes': 'small',
      '--sequencer-block-ms': 100,
      '--sequencer-batch-ms': 1_500,
      '--sequencer-l1-wait-ms': 100,
      ...flags,
    },
  });
}

async function start(): Promise<EngramNode> {
  node = await EngramNode.start(config(), { logger: silentLogger, proving: instantProving });
  rpc = new RpcClient(node.rpcUrl);
  return node;
}

async function send(from: AccountIndex, owner: DevAccount, op: Op): Promise<Hex> {
  const { domain } = await rpc.request('engram_chainInfo', []);
  const account = await rpc.request('engram_getAccount', [from]);
  const tx = { signer: from, nonce: account?.nonce ?? 0, validUntil: 2 ** 40 - 1, ops: [op] };
  return rpc.request('engram_sendTransaction', [
    `0x${bytesToHex(encodeTx(signTx(tx, owner.seed, field(BigInt(domain)))))}`,
  ]);
}

describe('a node', () => {
  it('takes a deposit to a withdrawal, and tells of every step', async () => {
    await start();
    const batches: Wire<BatchEvent>[] = [];
    await rpc.subscribe('batches', [], (event) => batches.push(event));
    await fixture.alice.depositNew({ token: 0, amount: parseEther('10'), key: alice.key });
    await fixture.bob.depositNew({ token: 0, amount: parseEther('1'), key: bob.key });
    const [from] = (await accountsOf(alice, 1, { rpc })).map(({ index }) => index as AccountIndex);
    const [to] = (await accountsOf(bob, 1, { rpc })).map(({ index }) => index as AccountIndex);
    if (from === undefined || to === undefined) throw new Error('no accounts');

    const paid = await send(from, alice, transfer({ from, to, amount: parseEther('2') }));
    await rpc.waitForTransaction(paid, 'included');
    const recipient = `0x${'ab'.repeat(20)}` as const;
    const left = await send(from, alice, exit({ from, recipient: BigInt(recipient), amount: parseEther('3') }));
    const status = await rpc.waitForTransaction(left, 'proven');
    expect(status.batch).toBeGreaterThan(0);
    expect(await rpc.request('engram_getTransactionStatus', [paid])).toMatchObject({ status: 'proven', position: 0 });

    const { balance, address } = (await rpc.request('engram_getAccount', [to])) ?? {};
    expect(balance).toBe(String(parseEther('3')));
    expect(address).toBe(fixture.bob.account.toLowerCase());
    expect(await rpc.request('engram_getAccountsByAddress', [fixture.bob.account])).toHaveLength(1);
    expect(batches.map(({ status: seen }) => seen)).toEqual(expect.arrayContaining(['closed', 'committed', 'proven']));

    expect(await fixture.alice.pendingWithdrawal(0, recipient)).toBe(parseEther('3'));
    await fixture.alice.withdraw(0, recipient);
    expect(await fixture.clients.publicClient.getBalance({ address: recipient })).toBe(parseEther('3'));
  });

  it('still knows everything after a restart', async () => {
    await start();
    const batch = await rpc.request('engram_getBatch', ['proven']);
    expect(batch?.exits).toEqual([{ recipient: `0x${'ab'.repeat(20)}`, token: 0, amount: String(parseEther('3')) }]);
    expect(batch?.commitTx).toMatch(/^0x/);
    const hash = batch?.txs.at(-1) ?? '0x';
    expect((await rpc.request('engram_getTransactionStatus', [hash])).status).toBe('proven');
    const block = await rpc.request('engram_getBlock', [batch?.lastBlock ?? '0']);
    expect(block?.txs).toContain(hash);
    const { heads } = await rpc.request('engram_chainInfo', []);
    expect(heads.proven.root).toBe((await fixture.alice.state()).proven.root.toString());
  });

  it('proves accounts against the roots that L1 knows', async () => {
    await start();
    const proven = await rpc.request('engram_getAccountProof', [1]);
    expect(proven).toMatchObject({ state: 'proven', root: (await fixture.alice.state()).proven.root.toString() });
    const closed = closedBatchFromJson(await rpc.request('engram_getClosedBatch', [Number(proven.batch)]));
    expect(closed.batch.newRoot.toString()).toBe(proven.root);
    for (const state of ['latest', 'committed', 'proven'] as const) {
      const { root, index, children } = await rpc.request('engram_getAccountProof', [1, state]);
      const path = {
        root: field(BigInt(root)),
        index: index as AccountIndex,
        account: node?.sequencer.account(index as AccountIndex),
        children: children.map((group) => group.map((word) => field(BigInt(word)))),
      };
      expect(verifyAccountProof(path, field(BigInt(root)))).toBe(true);
    }
  });

  it('refuses what the ledger refuses, with its code', async () => {
    await start();
    const wrongKey = send(
      1 as AccountIndex,
      bob,
      transfer({ from: 1 as AccountIndex, to: 2 as AccountIndex, amount: 1n }),
    );
    await expect(wrongKey).rejects.toMatchObject({ code: -32000, reason: 'BAD_SIGNATURE' });
    const garbage = rpc.request('engram_sendTransaction', ['0x1234']);
    await expect(garbage).rejects.toMatchObject({ code: -32000, reason: 'MALFORMED_BYTES' });
    const old = rpc.request('engram_getTransactionStatus', [`0x${'ff'.repeat(32)}`]);
    await expect(old).rejects.toMatchObject({ code: -32000, reason: 'WORD_NOT_CANONICAL' });
    await expect(rpc.request('engram_devAdvanceTime', [60])).rejects.toMatchObject({
      code: -32002,
      reason: 'DEVNET_ONLY',
    });
    expect(await rpc.request('engram_getTransactionStatus', [`0x${'01'.repeat(32)}`])).toMatchObject({
      status: 'unknown',
    });
  });

  it('reports health and metrics', async () => {
    const { rpcUrl } = await start();
    await expect
      .poll(async () => (await fetch(`${rpcUrl}/health`)).json())
      .toEqual({ live: true, ready: true, reasons: [] });
    const text = await (await fetch(`${rpcUrl}/metrics`)).text();
    const { heads } = await rpc.request('engram_chainInfo', []);
    expect(text).toContain(`engram_head{head="proven"} ${heads.proven.batch}`);
    expect(text).toContain('engram_mempool_transactions 0');
  });
});

describe('a start that fails', () => {
  it('needs a contract and a key', async () => {
    const { secrets, l1, ...rest } = config();
    const run = (changed: object) =>
      EngramNode.start({ ...rest, secrets, l1, ...changed }, { logger: silentLogger, proving: instantProving });
    await expect(run({ l1: { ...l1, rollup: undefined } })).rejects.toMatchObject({ code: 'NO_ROLLUP' });
    await expect(run({ secrets: { l1Key: undefined } })).rejects.toMatchObject({ code: 'NO_L1_KEY' });
  });

  it('needs circuits that the contract verifies', async () => {
    const start = EngramNode.start(config({ '--sequencer-shapes': 'large' }), { logger: silentLogger });
    await expect(start).rejects.toMatchObject({ code: 'SHAPE_NOT_ON_L1' });
  });

  it('needs L1', async () => {
    const start = EngramNode.start(config({ '--l1-rpc-url': 'http://127.0.0.1:9' }), { logger: silentLogger });
    await expect(start).rejects.toMatchObject({ code: 'L1_UNREACHABLE' });
  });

  it('leaves the data of a running node alone', async () => {
    await start();
    const second = EngramNode.start(config(), { logger: silentLogger, proving: instantProving });
    await expect(second).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect((await fetch(`${node?.rpcUrl}/health`)).ok).toBe(true);
  });
});
