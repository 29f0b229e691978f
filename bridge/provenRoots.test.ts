import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actor } from '../protocol/testing/actors.ts';
import type { Field } from '../protocol/types.ts';
import { rollupAbi } from './client/abi.ts';
import { bridgeError } from './client/revert.ts';
import type { PostedBatch, StoredBatch } from './client/types.ts';
import { NO_EVM } from './testing/evmBatch.ts';
import { expectError, Fixture, TEST_SETTINGS } from './testing/fixture.ts';
import { commitRoot, proveRoot } from './testing/leafWorld.ts';
import { ANY_PROOF, TestLedger } from './testing/ledger.ts';
import { rawCommit } from './testing/rawCommit.ts';

/** Which batches' roots the rollup vouches for: only such as were proven, however hard a sequencer tries. */
const { graceSeconds, proveDeadlineSeconds, queueDeadlineSeconds } = TEST_SETTINGS;
const FORGED = 666n as Field;

let f: Fixture;
beforeAll(async () => {
  f = await Fixture.start();
});
beforeEach(() => f.reset());
afterAll(() => f?.l1.stop());

const root = (n: number) => BigInt(1000 + n) as Field;

function rootOf(stored: StoredBatch): Promise<bigint> {
  const call = { address: f.deployment.address, abi: rollupAbi, functionName: 'rootOfProven', args: [stored] } as const;
  return f.clients.publicClient.readContract(call).catch((cause: unknown) => {
    throw bridgeError(cause);
  });
}

function provenHead(): Promise<readonly [bigint, bigint]> {
  const { address } = f.deployment;
  return f.clients.publicClient.readContract({ address, abi: rollupAbi, functionName: 'provenHead' });
}

const prove = (posted: PostedBatch) => f.alice.proveBatches([{ posted, proof: ANY_PROOF }]);

describe('the root after a batch', () => {
  it('is known once the batch is proven, and later', async () => {
    expect((await provenHead())[0]).toBe(0n);
    const first = await commitRoot(f, root(1));
    const second = await commitRoot(f, root(2));
    expect((await expectError('UnknownBatch', rootOf(first.stored))).data).toEqual({ args: [1n] });
    await prove(first);
    expect(await rootOf(first.stored)).toBe(root(1));
    await expectError('UnknownBatch', rootOf(second.stored));
    await prove(second);
    expect([await rootOf(first.stored), await rootOf(second.stored)]).toEqual([root(1), root(2)]);
    expect(await provenHead()).toEqual([2n, root(2)]);
  });

  it('is for what was stored, to the last field', async () => {
    const { stored } = await proveRoot(f, root(1));
    for (const change of [
      { newRoot: FORGED },
      { oldRoot: FORGED },
      { number: 2n },
      { number: 0n },
      { number: 257n },
      { committedAt: stored.committedAt + 1 },
      { committer: f.alice.account },
    ]) {
      await expectError('UnknownBatch', rootOf({ ...stored, ...change }));
    }
  });

  it('of genesis belongs to no batch', async () => {
    const { stored } = await proveRoot(f, root(1));
    const { genesisRoot } = await f.alice.parameters();
    await expectError('UnknownBatch', rootOf({ ...stored, number: 0n, newRoot: genesisRoot }));
  });

  it('is still known after a freeze; that of a batch which was committed only never will be', async () => {
    const { stored } = await proveRoot(f, root(1));
    const lost = await commitRoot(f, FORGED);
    await f.alice.depositNew({ token: 0, amount: 1n, key: actor(1).key });
    await f.warp(queueDeadlineSeconds + 10);
    await f.alice.freeze();
    expect(await rootOf(stored)).toBe(root(1));
    await expectError('UnknownBatch', rootOf(lost.stored));
  });
});

describe('a sequencer that commits what it cannot prove', () => {
  /** Batch 1 is honest and proven, batch 2 forged and reverted. */
  async function reverted(): Promise<{ honest: PostedBatch; forged: PostedBatch }> {
    const honest = await proveRoot(f, root(1));
    const forged = await commitRoot(f, FORGED);
    await f.warp(proveDeadlineSeconds + 10);
    await f.alice.revertBatches();
    return { honest, forged };
  }

  async function submit(number: number): Promise<PostedBatch> {
    const ledger = new TestLedger(f.deployment.domain);
    let closed = ledger.close({ timestamp: await f.now() });
    while (closed.batch.number < number) closed = ledger.close({ timestamp: await f.now() });
    return f.bob.submitProvenBatch(closed, NO_EVM, ANY_PROOF);
  }

  it('gains nothing by a batch that was reverted', async () => {
    const { honest, forged } = await reverted();
    await expectError('UnknownBatch', rootOf(forged.stored));
    expect(await rootOf(honest.stored)).toBe(root(1));
  });

  it('gains nothing when the open path takes the number of its reverted batch', async () => {
    const { honest, forged } = await reverted();
    const open = await submit(2);
    expect(open.number).toBe(2);
    // The ring held the forged batch 2 until then, and number 2 is proven now.
    await expectError('UnknownBatch', rootOf(forged.stored));
    expect(await rootOf(open.stored)).toBe(open.stored.newRoot);
    expect(await rootOf(honest.stored)).toBe(root(1));
  });

  it('gains nothing by several of them, of which the open path replaces some', async () => {
    const forged = [await commitRoot(f, FORGED), await commitRoot(f, FORGED), await commitRoot(f, FORGED)];
    await f.warp(proveDeadlineSeconds + 10);
    await f.alice.revertBatches();
    await submit(1);
    await submit(2);
    for (const { stored } of forged) await expectError('UnknownBatch', rootOf(stored));
  });

  it('leaves the roots of the open path known', async () => {
    await f.warp(graceSeconds + 10);
    const open = await submit(1);
    expect(await rootOf(open.stored)).toBe(open.stored.newRoot);
  });
});

describe('the ring', () => {
  it('remembers a proven batch until the 256th after it is committed, and confuses it with none', async () => {
    const first = await proveRoot(f, root(1));
    const closed = new TestLedger(f.deployment.domain).close({ timestamp: await f.now() });
    const wallet = f.clients.walletClient(f.l1.accounts[1] ?? expect.unreachable());
    let nonce = await f.clients.publicClient.getTransactionCount({ address: f.sequencer.account });
    const commit = async (number: number) => {
      const input = { newRoot: root(number), firstBlock: BigInt(number), lastBlock: BigInt(number) };
      const call = rawCommit(f.deployment.address, closed, { input });
      const hash = await wallet.sendTransaction({ ...call, gas: 200_000n, nonce: nonce++ });
      const receipt = await f.clients.publicClient.waitForTransactionReceipt({ hash });
      expect(receipt.status).toBe('success');
      return hash;
    };
    for (let number = 2; number <= 256; number += 1) await commit(number);
    expect(await rootOf(first.stored)).toBe(root(1));
    const last = await f.alice.readBatchOf(await commit(257));
    // The slot is the 257th's now, which is not proven: neither counts.
    await expectError('UnknownBatch', rootOf(first.stored));
    await expectError('UnknownBatch', rootOf(last.stored));
    expect(await provenHead()).toEqual([1n, root(1)]);
    await expectError('UnknownBatch', rootOf({ ...first.stored, number: 257n }));
    await expectError('UnknownBatch', rootOf({ ...last.stored, number: 1n }));
    // Dropped again: the slot stays taken, and still nothing passes for what it is not.
    await f.warp(proveDeadlineSeconds + 10);
    await f.alice.revertBatches();
    await expectError('UnknownBatch', rootOf(first.stored));
    await expectError('UnknownBatch', rootOf(last.stored));
  }, 120_000);
});
