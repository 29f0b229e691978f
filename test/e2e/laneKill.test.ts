/**
 * kill -9 of a node that makes blocks of the EVM lane: what it said was in a block stays there, its state with it; a batch goes on where it was;
 * a deposit that L1 took back never arrives. The node is a process of its own, and each life goes on with the data of the one before.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPublicClient, createWalletClient, type Hex, http, keccak256, type PublicClient, parseEther } from 'viem';
import { afterAll, afterEach, beforeAll, expect, it, onTestFailed } from 'vitest';
import { EvmLaneClient } from '../../bridge/client/evmLaneClient.ts';
import { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import { tempDb } from '../../chain/testing/tempDb.ts';
import { deriveFromL1 } from '../../node/cli/deriveFromL1.ts';
import { devAccount } from '../../node/devnet/accounts.ts';
import { type EngramChain, fetchEngramChain, laneActions } from '../../sdk/index.ts';
import { waitForBatch } from './support/batches.ts';
import { until } from './support/laneWorld.ts';
import type { NodeProcess } from './support/nodeProcess.ts';
import { startSequencerNode } from './support/sequencerNode.ts';
import { Settlement } from './support/settlement.ts';

const MINUTES = 60_000;
const DEPOSIT = parseEther('10');
const CONFIRMATIONS = 3;
const GWEI = 10n ** 9n;

/** What the node said of a transaction in a block. */
interface Promised {
  readonly hash: Hex;
  readonly block: bigint;
  readonly blockHash: Hex;
  readonly stateRoot: Hex;
}

const [alice, bob] = [devAccount('alice').l1, devAccount('bob').l1];
const promised: Promised[] = [];
let settlement: Settlement;
let lane: EvmLaneClient;
let dataDir: string;
let node: NodeProcess | undefined;
let chain: EngramChain;
let sent = 0;
let lastLog = '';

beforeAll(async () => {
  settlement = await Settlement.start();
  const { publicClient, walletClient } = settlement.clients;
  const { evmLane: address, deployedAt } = settlement.deployment;
  lane = await EvmLaneClient.open(
    { address, deployedAt: BigInt(deployedAt) },
    { publicClient: publicClient as PublicClient, wallet: walletClient(alice) },
  );
  dataDir = await mkdtemp(join(tmpdir(), 'engram-lane-kill-'));
}, 10 * MINUTES);
afterEach(die);
afterAll(async () => {
  await settlement?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

function evm() {
  return createPublicClient({ chain, transport: http(), pollingInterval: 50 }).extend(laneActions);
}

/** A new life; everything that was said before must still be so. */
async function live({ prove = false, ...flags }: { prove?: boolean } & Record<string, string | number | boolean> = {}) {
  const lane = { '--l1-evm-lane': settlement.deployment.evmLane, '--l1-confirmations': CONFIRMATIONS };
  node = await startSequencerNode({ dataDir, prove, flags: { ...lane, ...flags } }, settlement);
  chain = await fetchEngramChain(node.rpc.url);
  const client = evm();
  for (const { hash, block, blockHash, stateRoot } of promised) {
    const receipt = await client.getTransactionReceipt({ hash });
    expect(receipt).toMatchObject({ blockNumber: block, blockHash, status: 'success' });
    expect(await client.getBlock({ blockNumber: block })).toMatchObject({ hash: blockHash, stateRoot });
  }
  // the head is whole: its header's root is there, and leads to the balances that are told
  const { stateRoot, number: blockNumber } = await client.getBlock();
  const proof = await client.getProof({ address: bob.address, storageKeys: [], blockNumber });
  expect(keccak256(proof.accountProof[0] ?? '0x')).toBe(stateRoot);
  expect(proof.balance).toBe(await client.getBalance({ address: bob.address, blockNumber }));
  return client;
}

async function die(): Promise<void> {
  lastLog = node?.tail() ?? lastLog;
  await node?.kill();
  node = undefined;
}

async function promise(client: ReturnType<typeof evm>, hash: Hex): Promise<void> {
  const { blockNumber: block, blockHash } = await client.waitForTransactionReceipt({ hash });
  const { stateRoot } = await client.getBlock({ blockNumber: block });
  promised.push({ hash, block, blockHash, stateRoot });
}

/** Sends `count` payments at once, from the nonce that the node says is next. */
async function pay(client: ReturnType<typeof evm>, count: number): Promise<Hex[]> {
  const wallet = createWalletClient({ account: alice, chain, transport: http() });
  const first = await client.getTransactionCount({ address: alice.address, blockTag: 'pending' });
  const fees = { maxFeePerGas: GWEI, maxPriorityFeePerGas: 0n, gas: 21_000n } as const;
  const hashes: Hex[] = [];
  for (let nonce = first; nonce < first + count; nonce += 1) {
    hashes.push(await wallet.sendTransaction({ to: bob.address, value: 1n, nonce, ...fees }));
  }
  sent += count;
  return hashes;
}

function step(name: string, run: () => Promise<void>): void {
  it(
    name,
    async () => {
      onTestFailed(() => console.error(lastLog));
      await run();
      await die();
    },
    5 * MINUTES,
  );
}

step('a deposit that L1 takes back within its confirmations never arrives; the one in its place does', async () => {
  const client = await live();
  await settlement.pause();
  const lost = { to: bob.address, refundTo: bob.address, amount: parseEther('3') };
  const [sending] = [lane.depositEvm(lost)];
  await until(async () => (await settlement.clients.testClient.getTxpoolStatus()).pending === 1);
  await settlement.clients.testClient.mine({ blocks: 1 });
  const { index } = await sending;
  expect(index).toBe(0n);
  const block = await settlement.clients.publicClient.getBlockNumber({ cacheTime: 0 });
  await settlement.clients.testClient.mine({ blocks: CONFIRMATIONS - 1 });
  expect(await lane.messageCount()).toBe(1n);
  await settlement.dropFrom(block);
  await settlement.forgetPool();
  expect(await lane.messageCount()).toBe(0n);
  await settlement.resume();
  const kept = await lane.depositEvm({ to: alice.address, refundTo: alice.address, amount: DEPOSIT });
  expect(kept.index).toBe(0n);
  expect(await client.waitForMessage(0n)).toMatchObject({ isDelivered: true });
  expect(await client.getBalance({ address: bob.address })).toBe(0n);
  expect(await client.getBalance({ address: alice.address })).toBe(DEPOSIT);
  expect((await client.getLane()).inboxCount).toBe(1n);
});

for (const round of [1, 2, 3]) {
  step(`blocks are being made (${round})`, async () => {
    const client = await live();
    const [first] = await pay(client, 40);
    if (first === undefined) return expect.unreachable();
    // the first is in a block; others are in the pool, in the same block or in one that is being made
    await promise(client, first);
  });
}

step('what was only in the pool is sent again, and the open batch goes on', async () => {
  const client = await live();
  const before = await client.getTransactionCount({ address: alice.address });
  // bob got one wei for each that is in a block
  expect(await client.getBalance({ address: bob.address })).toBe(BigInt(before));
  expect(before).toBeGreaterThanOrEqual(3);
  expect(before).toBeLessThanOrEqual(sent);
  expect((await node?.rpc.request('engram_chainInfo', []))?.heads.unsafe.batch).toBe(0);
  const again = await pay(client, 3);
  for (const hash of again) await promise(client, hash);
  expect(await client.getBalance({ address: bob.address })).toBe(BigInt(before) + 3n);
});

step('the batch of all these lives is posted and proven, and L1 alone leads to the same block', async () => {
  const client = await live({ prove: true, '--sequencer-batch-ms': 500 });
  if (node === undefined) return expect.unreachable();
  // time closes a batch that has content
  const [hash] = await pay(client, 1);
  if (hash === undefined) return expect.unreachable();
  await promise(client, hash);
  await waitForBatch(node.rpc, 1, 'proven');
  const { evmLane: address, deployedAt: block } = settlement.deployment;
  const deployedAt = BigInt(block);
  const reader = await EvmLaneReader.connect({ address, deployedAt }, settlement.clients.publicClient as PublicClient);
  const { db, remove } = await tempDb();
  try {
    const rollup = await settlement.as('carol');
    const { deriver, totals } = await deriveFromL1(
      { genesis: 'devnet', deployedAt, to: 1 },
      { rollup, lane: reader, db },
    );
    expect(totals).toMatchObject({ batches: 1, differing: [], replaced: [], l1Messages: 1 });
    const { hash: ours } = await client.getBlock({ blockNumber: deriver.head.header.number });
    expect(deriver.head.blockHash).toBe(ours);
    expect(deriver.head.header.number).toBeGreaterThanOrEqual(promised[2]?.block ?? 0n);
  } finally {
    await remove();
  }
});
