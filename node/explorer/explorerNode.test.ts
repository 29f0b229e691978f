import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fixture } from '../../bridge/testing/fixture.ts';
import { openLevel } from '../../chain/db.ts';
import { silentLogger } from '../../chain/logger.ts';
import { field } from '../../protocol/field.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { exit, transfer } from '../../sdk/ops.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { loadConfig } from '../config/config.ts';
import { devAccount } from '../devnet/accounts.ts';
import { accountsOf } from '../devnet/funding.ts';
import { EngramNode } from '../node.ts';
import { instantProving } from '../testing/instantProving.ts';
import { sendOps } from '../testing/sendOps.ts';

/** The whole node on a real L1 whose contract takes any proof. */
let fixture: Fixture;
let folder: string;
let node: EngramNode | undefined;
let rpc: RpcClient;
const [alice, bob] = [devAccount('alice'), devAccount('bob')];
const RECIPIENT: Hex = `0x${'ab'.repeat(20)}`;

beforeAll(async () => {
  fixture = await Fixture.start();
  folder = await mkdtemp(join(tmpdir(), 'engram-explorer-'));
}, 60_000);
afterAll(async () => {
  await fixture.l1.stop();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  await rpc?.close();
  await node?.stop();
  node = undefined;
});

async function start(flags: Record<string, unknown> = {}, { hasKey = true } = {}): Promise<void> {
  const config = loadConfig({
    env: hasKey ? { ENGRAM_L1_KEY: devAccount('sequencer').l1Key } : {},
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
      '--sequencer-batch-ms': 500,
      '--sequencer-l1-wait-ms': 100,
      ...flags,
    },
  });
  node = await EngramNode.start(config, { logger: silentLogger, proving: instantProving });
  rpc = new RpcClient(node.rpcUrl);
}

/** What the node's background work comes to. */
async function eventually<T>(ask: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (isThere(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** All that an explorer shows of one account and its exits. */
async function shown(account: AccountIndex) {
  return {
    history: await rpc.request('engram_getHistory', [account]),
    exits: await rpc.request('engram_getExits', [RECIPIENT]),
    batches: await rpc.request('engram_getBatches', []),
    blocks: await rpc.request('engram_getBlocks', [{ limit: 3 }]),
    hours: (await rpc.request('engram_getStats', [{ interval: 86_400, count: 2 }])).at(-1),
  };
}

let from: AccountIndex;
let before: Awaited<ReturnType<typeof shown>>;

describe('a node’s explorer', () => {
  it('follows a deposit to a withdrawal', async () => {
    await start();
    await fixture.alice.depositNew({ token: 0, amount: parseEther('10'), key: alice.key });
    await fixture.bob.depositNew({ token: 0, amount: parseEther('1'), key: bob.key });
    const [first] = await accountsOf(alice, 1, { rpc });
    const [second] = await accountsOf(bob, 1, { rpc });
    [from] = [first?.index as AccountIndex]; // a node's answer
    const to = second?.index as AccountIndex; // as above
    const { domain } = await rpc.request('engram_chainInfo', []);
    const deps = { rpc, domain: field(BigInt(domain)) };
    const paid = await sendOps({ from, seed: alice.seed, ops: [transfer({ from, to, amount: 5n })] }, deps);
    expect((await rpc.request('engram_getTransaction', [paid]))?.ops[0]?.opcode).toBe('TRANSFER');
    await rpc.waitForTransaction(paid, 'included');
    const left = await sendOps(
      { from, seed: alice.seed, ops: [exit({ from, recipient: BigInt(RECIPIENT), amount: parseEther('3') })] },
      deps,
    );
    const { block, batch = 0 } = await rpc.waitForTransaction(left, 'proven');

    const { items: exits } = await rpc.request('engram_getExits', [RECIPIENT]);
    expect(exits).toEqual([
      expect.objectContaining({ account: from, amount: String(parseEther('3')), transaction: left, block, batch }),
    ]);
    expect(exits[0]?.status).toBe('proven');
    const credited = await fixture.clients.publicClient.getTransactionReceipt({ hash: exits[0]?.proveTx ?? '0x' });
    expect(credited.status).toBe('success');
    const { items: history } = await rpc.request('engram_getHistory', [from]);
    expect(history.map(({ kind, change }) => [kind, change])).toEqual([
      ['EXIT', String(-parseEther('3'))],
      ['TRANSFER', '-5'],
      ['DEPOSIT_NEW', String(parseEther('10'))],
    ]);
    expect(await rpc.request('engram_search', [left])).toEqual([{ kind: 'ledgerTx', hash: left }]);

    const ask = () => rpc.request('engram_getBatchFacts', [batch]);
    const facts = await eventually(ask, (found) => [found?.commit, found?.prove, found?.proof?.seconds].every(Boolean));
    const commit = await fixture.clients.publicClient.getTransactionReceipt({
      hash: facts?.commit?.transaction ?? '0x',
    });
    expect(facts?.commit).toEqual({
      transaction: commit.transactionHash,
      block: String(commit.blockNumber),
      gasUsed: String(commit.gasUsed),
      gasPrice: String(commit.effectiveGasPrice),
      batches: 1,
    });
    expect(facts?.prove?.batches).toBeGreaterThanOrEqual(1);
    expect(facts?.proof).toEqual({
      ...{ state: 'proven', peakMemoryMB: 1 },
      seconds: { witness: 0, prove: 0.01, verify: 0 },
    });
    const posted = await fixture.alice.readBatch(batch);
    expect(facts?.posted).toEqual({ ledgerBytes: posted.body.length, evmBytes: posted.evmData.length });
    expect(facts?.constraints).toBe(63_905);
  }, 60_000);

  it('says the same after a restart, and after its folder is gone', async () => {
    await start({ '--sequencer-enabled': false });
    before = await shown(from);
    expect(before.hours?.proofs.count).toBeGreaterThan(0);
    await rpc.close();
    await node?.stop();
    await rm(join(folder, 'explorer'), { recursive: true });
    await start({ '--sequencer-enabled': false });
    const isWhole = (found: typeof before): boolean =>
      found.batches.items.every(({ commit, prove, proof }) => commit && prove && proof?.seconds);
    const again = await eventually(
      () => shown(from).catch(() => ({ ...before, batches: { items: [{}] } }) as unknown as typeof before), // still behind
      isWhole,
    );
    expect(again).toEqual(before);
  }, 60_000);

  it('of a node that follows L1 alone says the same of batches, but for whose work the proofs were', async () => {
    const other = await mkdtemp(join(tmpdir(), 'engram-explorer-'));
    try {
      await start({ '--data-dir': other, '--sequencer-enabled': false, '--prover-enabled': false }, { hasKey: false });
      const newest = before.batches.items[0]?.number ?? 0;
      const ask = () => rpc.request('engram_getBatches', []);
      const { items } = await eventually(
        ask,
        (found) => found.items.length === newest && found.items.every(({ commit, prove }) => commit && prove),
      );
      const withoutProofs = before.batches.items.map(({ proof: _, ...facts }) => facts);
      expect(items.map(({ proof: _, ...facts }) => facts)).toEqual(withoutProofs);
      const { items: exits } = await rpc.request('engram_getExits', [RECIPIENT]);
      expect(exits.map(({ amount, proveTx }) => [amount, proveTx])).toEqual(
        before.exits.items.map(({ amount, proveTx }) => [amount, proveTx]),
      );
      // L1 has no signatures: what its user signed is not known here, nor its hash.
      const hash = exits[0]?.transaction ?? '0x';
      const transaction = await rpc.request('engram_getTransaction', [hash]);
      expect([transaction?.raw, transaction?.ops[0]?.opcode]).toEqual([undefined, 'EXIT']);
    } finally {
      await rpc.close();
      await node?.stop();
      await rm(other, { recursive: true });
    }
  }, 60_000);

  it('that another process has holds up nothing: the node runs without', async () => {
    const other = await openLevel(join(folder, 'explorer'));
    try {
      await start({ '--sequencer-enabled': false });
      expect(await rpc.request('engram_getAccount', [from])).toMatchObject({ index: from });
      await expect(rpc.request('engram_getBlocks', [])).rejects.toMatchObject({
        reason: 'EXPLORER_DISABLED',
        message: expect.stringContaining('log'),
      });
    } finally {
      await other.close();
    }
  }, 60_000);

  it('whose folder is damaged is made anew', async () => {
    await writeFile(join(folder, 'explorer', 'CURRENT'), 'damaged');
    await start({ '--sequencer-enabled': false });
    const { items } = await eventually(
      () => rpc.request('engram_getHistory', [from]).catch(() => ({ items: [] })), // still behind
      (found) => found.items.length > 0,
    );
    expect(items).toEqual(before.history.items);
  }, 60_000);

  it('is not there if it is switched off', async () => {
    await start({ '--explorer-enabled': false, '--sequencer-enabled': false });
    await expect(rpc.request('engram_getBlocks', [])).rejects.toMatchObject({ reason: 'EXPLORER_DISABLED' });
    await expect(rpc.request('engram_search', ['1'])).rejects.toMatchObject({ reason: 'EXPLORER_DISABLED' });
  }, 60_000);
});
