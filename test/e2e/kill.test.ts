/**
 * kill -9 at every step of a batch's life: real node process, real L1, real proofs. Each case is one life of the node on the same
 * data: it begins by checking everything that earlier lives promised, goes on to its step, and dies there. The cases are steps of
 * one story and run in order. Only what is in a block is promised: a transaction that was merely accepted may be gone after a
 * kill, and its sender sends it again.
 */
import type { Hex } from 'viem';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { rebuildProvenTree } from '../../node/cli/rebuild.ts';
import { transfer } from '../../sdk/ops.ts';
import { waitForBatch } from './support/batches.ts';
import { DEPOSIT, KillWorld } from './support/killWorld.ts';
import { preparing, sending } from './support/l1Gate.ts';
import { commandLine, descendants, running } from './support/processes.ts';
import type { Signed } from './support/user.ts';

const MINUTES = 60_000;

let world: KillWorld;
/** What alice paid bob so far, by transactions that are in blocks. */
let paid = 0n;

beforeAll(async () => {
  world = await KillWorld.open();
}, 10 * MINUTES);
afterEach(() => world?.kill('the end of a case'));
afterAll(() => world?.stop());

function payment(): Signed {
  const amount = BigInt(world.promisedHashes.length + 1);
  return world.alice.sign([transfer({ from: world.alice.index, to: world.bob.index, amount })]);
}

/** Alice pays bob; the payment is in a block when this returns. */
async function pay(signed = payment()): Promise<void> {
  await world.include(signed);
  paid += signed.tx.ops[0]?.amount ?? 0n;
}

function step(name: string, run: () => Promise<void>): void {
  it(
    name,
    async () => {
      onTestFailed(() => console.error(world.lastLog()));
      await run();
      await world.kill(name);
    },
    5 * MINUTES,
  );
}

describe('the node is killed when', () => {
  step('a transaction is accepted', async () => {
    await world.start({ prove: false });
    const signed = payment();
    await world.rpc.request('engram_sendTransaction', [signed.bytes]);
    await world.kill('accepted');
    await world.start({ prove: false });
    const { status } = await world.rpc.request('engram_getTransactionStatus', [signed.hash]);
    // A block may have been made in between.
    expect(['unknown', 'included']).toContain(status);
    if (status === 'unknown') await world.rpc.request('engram_sendTransaction', [signed.bytes]);
    await world.included(signed.hash);
    paid += signed.tx.ops[0]?.amount ?? 0n;
  });

  step('a transaction is in a block', async () => {
    await world.start({ prove: false });
    await pay();
  });

  step('a batch is closed and its commit not yet made', async () => {
    const caught = world.gate.hold({ matches: preparing('commitBatch'), at: 'request' });
    const node = await world.start({ prove: false });
    // Four transactions fill the batch; the fifth opens the next one.
    for (let count = 0; count < 3; count += 1) await pay();
    await node.logged('batch closed', { number: 1 });
    await caught;
  });

  step('the commit is signed and on disk, but not sent', async () => {
    const caught = world.gate.hold({ matches: sending('commitBatch'), at: 'request' });
    await world.start({ prove: false });
    await caught;
    expect(await poolSize()).toBe(0);
  });

  step('the commit is sent and not mined, and L1 then forgets it', async () => {
    await world.settlement.pause();
    const node = await world.start({ prove: false });
    await pay();
    await node.logged('L1 transaction sent', { kind: 'commit', first: 1 });
    await world.kill('commit in the pool');
    expect(await poolSize()).toBe(1);
    await world.settlement.forgetPool();
    await world.settlement.resume();
    expect((await world.rollup.state()).committed.batch).toBe(0);
  });

  step('the commit is mined and the node does not know that it was even sent', async () => {
    const caught = world.gate.hold({ matches: sending('commitBatch'), at: 'answer' });
    await world.start({ prove: false });
    await pay();
    await caught;
    await expect.poll(async () => (await world.rollup.state()).committed.batch, WAIT).toBe(1);
  });

  step('a proof is being made; the proving process ends by itself', async () => {
    const node = await world.start({ prove: true });
    await waitForBatch(world.rpc, 1, 'committed');
    await pay();
    await node.logged('proving', { batch: 1 });
    const children = descendants(node.pid);
    expect(children.some((pid) => commandLine(pid).includes('snarkjsChild'))).toBe(true);
    try {
      await world.killAlone('proving');
      await expect.poll(() => running(children), WAIT).toEqual([]);
    } finally {
      for (const pid of running(children)) process.kill(pid, 'SIGKILL');
    }
  });

  step('the proof is made and nothing of it sent', async () => {
    const caught = world.gate.hold({ matches: preparing('proveBatches'), at: 'request' });
    const node = await world.start({ prove: true });
    await node.logged('batch proven', { batch: 1 });
    await caught;
  });

  step('the proof is sent and not mined', async () => {
    await world.settlement.pause();
    const node = await world.start({ prove: true });
    await node.logged('L1 transaction sent', { kind: 'prove', first: 1 });
    expect(node.lines('proving')).toEqual([]); // the proof was on disk
    await world.kill('proof in the pool');
    expect(await poolSize()).toBe(1);
  });

  step('the proof is mined and the node has not noticed', async () => {
    const node = await world.start({ prove: true });
    await node.logged('L1 transaction sent', { kind: 'prove', first: 1 }); // the same again: L1 knows it already
    expect(await poolSize()).toBe(1);
    const caught = world.gate.hold({ matches: () => true, at: 'request' });
    await caught;
    await world.settlement.resume();
    await expect.poll(async () => (await world.rollup.state()).proven.batch, WAIT).toBe(1);
    expect(node.lines('L1 transaction mined')).toEqual([]);
  });
});

describe('afterwards', () => {
  step('the node goes on to prove the next batch, and again when a reorg drops it from L1', async () => {
    const node = await world.start({ prove: true });
    await waitForBatch(world.rpc, 1, 'proven');
    await pay(); // does not fit batch 2
    await waitForBatch(world.rpc, 2, 'proven');
    const commitTx = (await world.rpc.request('engram_getBatch', [2]))?.commitTx;
    if (commitTx === undefined) return expect.unreachable();
    const { settlement } = world;
    await settlement.pause();
    const { blockNumber } = await settlement.clients.publicClient.getTransactionReceipt({ hash: commitTx });
    await settlement.dropFrom(blockNumber);
    expect((await world.rollup.state()).committed.batch).toBe(1);
    await node.logged('L1 dropped batches', { committed: 1, proven: 1 });
    await settlement.resume();
    await waitForBatch(world.rpc, 2, 'proven');
    expect(node.lines('proving').filter(({ batch }) => batch === 2)).toHaveLength(1);
    await expectL1Complete();
  });
});

/** Each batch exactly once on L1, in order, with the node's roots; nothing sent in vain; the ledger can be rebuilt from it. */
async function expectL1Complete(): Promise<void> {
  const { publicClient } = world.settlement.clients;
  const events = await world.rollup.readEvents(0n, await publicClient.getBlockNumber());
  const ours: Hex[] = [];
  for (const type of ['committed', 'proven'] as const) {
    const found = events.filter((event) => event.type === type);
    expect(found.map((event) => 'number' in event && event.number)).toEqual([1, 2]);
    for (const event of found) {
      if (event.type !== type) continue;
      const batch = await world.rpc.request('engram_getBatch', [event.number]);
      expect(batch).toMatchObject({ status: 'proven', newRoot: String(event.newRoot) });
      ours.push(event.l1.transactionHash);
    }
  }
  expect(events.some(({ type }) => type === 'reverted')).toBe(false);
  const { sequencer } = await world.rollup.state();
  expect(await publicClient.getTransactionCount({ address: sequencer })).toBe(new Set(ours).size);

  const { tree } = await rebuildProvenTree(world.rollup);
  const { heads } = await world.rpc.request('engram_chainInfo', []);
  expect(String(tree.root)).toBe(heads.proven.root);
  // The payment that opened batch 3 is not in the tree of batch 2.
  const last = BigInt(world.promisedHashes.length);
  expect(tree.get(world.alice.index)?.balance).toBe(DEPOSIT - (paid - last));
  expect(tree.get(world.bob.index)?.balance).toBe(DEPOSIT + (paid - last));
  for (const [index, balance] of [
    [world.alice.index, DEPOSIT - paid],
    [world.bob.index, DEPOSIT + paid],
  ] as const) {
    expect(await world.rpc.request('engram_getAccount', [index])).toMatchObject({ balance: String(balance) });
  }
}

const WAIT = { timeout: 2 * MINUTES, interval: 50 };

/** Of the transactions that wait on L1. */
async function poolSize(): Promise<number> {
  const { pending } = await world.settlement.clients.testClient.getTxpoolStatus();
  return pending;
}
