/** Blocks of others, and the way back: what liars try, and what users must not lose. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Block } from '../chain/block.ts';
import type { Db } from '../chain/db.ts';
import type { ChainStore } from '../chain/store.ts';
import { CrashPoint } from '../chain/testing/crash.ts';
import type { FakeClock } from '../chain/testing/fakeClock.ts';
import { addBlock, openLedger } from '../chain/testing/fixture.ts';
import { memoryDb } from '../chain/testing/memoryDb.ts';
import { decodeItem, encodeItem, unsignedTx, wireBlockOf } from '../chain/wire/codec.ts';
import type { WireBlock } from '../chain/wire/types.ts';
import { headerOf } from '../protocol/codec/header.ts';
import { accountIndex } from '../protocol/ids.ts';
import { actor, claim, open, register, signed, TEST_DOMAIN, TEST_TIME, transfer } from '../protocol/testing/actors.ts';
import { txHash } from '../protocol/tx.ts';
import type { SignedTx } from '../protocol/types.ts';
import type { DroppedTx } from './mempool.ts';
import type { Sequencer } from './sequencer.ts';
import type { ProofQueuePort, SequencerOptions } from './sequencerTypes.ts';
import { FakeL1 } from './testing/fakeL1.ts';
import { ALICE, BOB, CAROL, DEPOSITS, depositNew, instantProofs, startProcess, testClock } from './testing/life.ts';

const VICTIM = actor(21);
const MALLORY = actor(22);

let l1: FakeL1;
let clock: FakeClock;

beforeEach(() => {
  l1 = new FakeL1();
  clock = testClock();
  l1.enqueue(...DEPOSITS);
  l1.mine(2);
});

interface Node {
  readonly sequencer: Sequencer;
  readonly store: ChainStore;
  readonly dropped: DroppedTx[];
}

async function node(
  more: { db?: Db; options?: Partial<SequencerOptions>; proofs?: ProofQueuePort; crash?: CrashPoint } = {},
): Promise<Node> {
  const { db = memoryDb(), ...rest } = more;
  const { sequencer, store } = await startProcess({ db, l1, clock, ...rest });
  const dropped: DroppedTx[] = [];
  sequencer.events.on('txDropped', (drop) => void dropped.push(drop));
  return { sequencer, store, dropped };
}

/** A node that has taken in the deposits: operator 1, Alice 2, Bob 3. */
async function funded(more: Parameters<typeof node>[0] = {}): Promise<Node> {
  const found = await node(more);
  await found.sequencer.pollQueue();
  while (found.sequencer.account(accountIndex(3)) === undefined) await tick(found);
  await found.sequencer.closeBatch();
  return found;
}

async function tick({ sequencer }: Node): Promise<void> {
  await sequencer.tick();
  clock.advance(1000);
}

/** As it arrives from the wire. */
async function wire({ store }: Node, number: bigint): Promise<WireBlock> {
  const block = (await store.block(number)) ?? expect.unreachable();
  const { open: batch } = store.head;
  const timestamp = (await store.summary(block.batch))?.timestamp ?? batch?.timestamp ?? 0;
  return sent(wireBlockOf(block, timestamp));
}

function sent(block: WireBlock): WireBlock {
  const item = decodeItem(encodeItem({ kind: 'block', block, signature: new Uint8Array() }));
  return item.kind === 'block' ? item.block : expect.unreachable();
}

async function close({ store }: Node, number: number) {
  const { batch, commitment } = (await store.batch(number)) ?? expect.unreachable();
  const { lastBlock, shape, evmCommitment } = batch;
  return { number, lastBlock, shape, evmCommitment, c: commitment.c };
}

/** `to` gets all that `from` has. */
async function follow(from: Node, to: Node): Promise<void> {
  for (let number = to.store.head.block + 1n; number <= from.store.head.block; number += 1n) {
    const block = await wire(from, number);
    await to.sequencer.importBlock(block);
    const summary = await from.store.summary(block.batch);
    if (summary?.lastBlock === number) await to.sequencer.importClose(await close(from, block.batch));
  }
}

async function codeOf(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

function pay(nonce: number, amount = 1n): SignedTx {
  return signed(ALICE, { signer: 2, nonce, ops: [transfer(2, 3, amount)], validUntil: 2 ** 40 - 1 });
}

const hashOf = (tx: SignedTx) => txHash(tx, TEST_DOMAIN);

/** Lets everything run that is ready to. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('a block by somebody else', () => {
  let a: Node;
  let b: Node;
  let good: WireBlock;

  beforeEach(async () => {
    a = await funded();
    b = await node();
    await follow(a, b);
    await a.sequencer.submit(pay(0));
    await a.sequencer.submit(signed(BOB, { signer: 3, nonce: 0, ops: [transfer(3, 2, 7n)] }));
    await tick(a);
    good = await wire(a, a.store.head.block);
  });

  const ops = () => ({ op: { ...transfer(2, 3, 1n) } });

  it.each<[string, unknown, (block: WireBlock) => WireBlock]>([
    ['a signature by somebody else', 'BAD_SIGNATURE', (block) => withTx(block, { signature: sigOf(BOB) })],
    ['a changed amount', 'BAD_SIGNATURE', (block) => withTx(block, { ops: [transfer(2, 3, 2n)] })],
    [
      'an unsigned transaction',
      'BAD_SIGNATURE',
      (block) => withTx(block, unsignedTx({ signer: 2 as never, nonce: 0, ops: [ops().op] })),
    ],
    ['a signer that is nobody', 'BLOCK_INVALID', (block) => withTx(block, { signer: accountIndex(77) })],
    ['another hash', 'BLOCK_INVALID', (block) => ({ ...block, hash: block.hash ^ 1n })],
    ['another ledger root', 'BLOCK_INVALID', (block) => ({ ...block, ledgerRoot: 5n as never })],
    ['no transactions', 'BLOCK_INVALID', (block) => ({ ...block, txs: [] })],
    ['another parent', 'OUT_OF_ORDER', (block) => ({ ...block, parentHash: 1n })],
    ['a number too high', 'OUT_OF_ORDER', (block) => ({ ...block, number: block.number + 1n })],
    ['another batch', 'OUT_OF_ORDER', (block) => ({ ...block, batch: (block.batch + 1) as never })],
  ])('with %s is refused with %s; the node goes on, and takes the right one', async (_, code, change) => {
    const { head } = b.store;
    expect(await codeOf(b.sequencer.importBlock(change(good)))).toBe(code);
    expect(b.store.head).toEqual(head);
    expect(b.sequencer.account(accountIndex(2))?.balance).toBe(10_000n);
    await b.sequencer.importBlock(good);
    expect(b.store.head.hash).toBe(a.store.head.hash);
  });

  it('takes its transactions out of the pools', async () => {
    await b.sequencer.submit(pay(0));
    await b.sequencer.submit(signed(ALICE, { signer: 2, nonce: 1, ops: [transfer(2, 3, 3n)] }));
    const other = signed(BOB, { signer: 3, nonce: 0, ops: [transfer(3, 1, 400n)] });
    await b.sequencer.submit(other);
    await b.sequencer.importBlock(good);
    expect(b.sequencer.mempool.size).toBe(1);
    expect(b.dropped).toEqual([{ hash: hashOf(other), code: 'NONCE_TOO_LOW' }]);
    expect((await b.sequencer.status(hashOf(pay(0)))).status).toBe('included');
  });

  it('tells of it as of a block, but not as of one of its own', async () => {
    const told: string[] = [];
    b.sequencer.events.on('block', () => void told.push('block'));
    b.sequencer.events.on('built', () => void told.push('built'));
    await b.sequencer.importBlock(good);
    expect(told).toEqual(['block']);
    a.sequencer.events.on('built', () => void told.push('built'));
    await a.sequencer.submit(pay(1));
    await tick(a);
    expect(told).toEqual(['block', 'built']);
  });

  it('a close that comes to something else is refused, and the right one taken', async () => {
    await b.sequencer.importBlock(good);
    await a.sequencer.closeBatch();
    const right = await close(a, a.store.head.closedBatch);
    const told: string[] = [];
    b.sequencer.events.on('batchClosed', () => void told.push('batchClosed'));
    b.sequencer.events.on('closedHere', () => void told.push('closedHere'));
    expect(await codeOf(b.sequencer.importClose({ ...right, c: 7n as never }))).toBe('CLOSE_MISMATCH');
    expect(await codeOf(b.sequencer.importClose({ ...right, shape: 'dev' }))).toBe('CLOSE_MISMATCH');
    expect(await codeOf(b.sequencer.importClose({ ...right, number: right.number + 1 }))).toBe('OUT_OF_ORDER');
    await b.sequencer.importClose(right);
    expect(b.store.head).toEqual(a.store.head);
    expect(told).toEqual(['batchClosed']);
  });

  it('that its own block got ahead of is refused, and its own chain goes on', async () => {
    await b.sequencer.submit(pay(0, 5n));
    const importing = [b.sequencer.tick(), b.sequencer.importBlock(good)] as const;
    const [, refused] = await Promise.allSettled(importing);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'OUT_OF_ORDER' } });
    clock.advance(1000);
    await b.sequencer.submit(pay(1, 5n));
    await tick(b);
    expect(b.sequencer.account(accountIndex(3))?.balance).toBe(510n);
  });

  function withTx(block: WireBlock, change: Partial<SignedTx>): WireBlock {
    const at = block.txs.findIndex(({ signer }) => signer === 2);
    return { ...block, txs: block.txs.map((tx, i) => (i === at ? { ...tx, ...change } : tx)) };
  }

  function sigOf(who: typeof BOB): SignedTx['signature'] {
    return signed(who, { signer: 2, nonce: 0, ops: [transfer(2, 3, 1n)] }).signature;
  }
});

describe('accounts that the block makes itself', () => {
  /** A block as no builder of ours makes it, but a rule-abiding one may. */
  async function blockOf(...txs: SignedTx[]): Promise<{ block: WireBlock; b: Node }> {
    const theirs = await openLedger(memoryDb());
    const first = await addBlock(theirs, { deposits: DEPOSITS.slice(0, 2), txs: [] });
    const second = await addBlock(theirs, { txs });
    const b = await node();
    await b.sequencer.importBlock(sent(wireBlockOf(first, first.timestamp)));
    return { block: sent(wireBlockOf(second, first.timestamp)), b };
  }

  const registered = signed(ALICE, { signer: 2, nonce: 0, ops: [register(2, 3, CAROL, 50n)] });

  it('sign at once', async () => {
    const spent = signed(CAROL, { signer: 3, nonce: 0, ops: [transfer(3, 2, 20n)] });
    const { block, b } = await blockOf(registered, spent);
    await b.sequencer.importBlock(block);
    expect(b.sequencer.account(accountIndex(3))?.balance).toBe(30n);
  });

  it('and nobody signs for them', async () => {
    const spent = signed(CAROL, { signer: 3, nonce: 0, ops: [transfer(3, 2, 20n)] });
    const { block, b } = await blockOf(registered, spent);
    const forged = signed(ALICE, { signer: 3, nonce: 0, ops: [transfer(3, 2, 20n)] });
    const txs = block.txs.map((tx) => (tx.signer === 3 ? { ...tx, signature: forged.signature } : tx));
    expect(await codeOf(b.sequencer.importBlock({ ...block, txs }))).toBe('BAD_SIGNATURE');
  });

  it('channels pay by vouchers at once, and not by forged ones', async () => {
    const terms = { provider: 1, voucherKey: CAROL, amount: 100n, expiry: TEST_TIME + 1000 };
    const opened = signed(ALICE, { signer: 2, nonce: 0, ops: [open(2, 3, terms)] });
    const paid = signed(actor(1), {
      signer: 1,
      nonce: 0,
      ops: [claim(3, 1, { voucherKey: CAROL, total: 60n, claimed: 0n, royaltyBps: 0 })],
    });
    const forged = signed(actor(1), {
      signer: 1,
      nonce: 0,
      ops: [claim(3, 1, { voucherKey: MALLORY, total: 60n, claimed: 0n, royaltyBps: 0 })],
    });
    const { block, b } = await blockOf(opened, paid);
    const txs = block.txs.map((tx) => (tx.signer === 1 ? { ...tx, vouchers: forged.vouchers } : tx));
    expect(await codeOf(b.sequencer.importBlock({ ...block, txs }))).toBe('BAD_VOUCHER');
    await b.sequencer.importBlock(block);
    expect(b.sequencer.account(accountIndex(3))?.claimed).toBe(60n);
  });
});

describe('an index that is somebody else’s after blocks are gone', () => {
  it('cannot be spent from with a signature of whoever had it before', async () => {
    const a = await funded();
    const before = a.store.head.block;
    l1.enqueue(depositNew(MALLORY, 1n));
    l1.mine(2);
    await a.sequencer.pollQueue();
    await tick(a);
    expect(a.sequencer.account(accountIndex(4))?.a).toBe(MALLORY.key[0]);
    const theft = signed(MALLORY, { signer: 4, nonce: 0, ops: [transfer(4, 2, 1n)], validUntil: TEST_TIME + 9999 });
    await a.sequencer.submit(theft);
    // L1's queue has another item there now.
    l1.reorg(2, { areTxsForgotten: true, areItemsForgotten: true });
    l1.enqueue(depositNew(VICTIM, 1n));
    l1.mine(2);
    await a.sequencer.rollback(before, 'L1_ITEM_GONE');
    await a.sequencer.pollQueue();
    for (let i = 0; i < 3; i += 1) {
      await tick(a);
      await settled();
    }
    expect(a.sequencer.account(accountIndex(4))).toMatchObject({ a: VICTIM.key[0], balance: 1n, nonce: 0 });
    expect(a.dropped).toEqual([{ hash: hashOf(theft), code: 'BAD_SIGNATURE' }]);
  });

  it('nor if the blocks were never more than a liar’s', async () => {
    const liar = await funded();
    l1.enqueue(depositNew(CAROL, 1n));
    l1.mine(2);
    await liar.sequencer.pollQueue();
    await tick(liar);
    const a = await node();
    await follow(liar, a);
    l1.enqueue(depositNew(MALLORY, 1n));
    l1.mine(2);
    await liar.sequencer.pollQueue();
    await tick(liar);
    const lie = { ...(await wire(liar, liar.store.head.block)), hash: 5n };
    const theft = signed(MALLORY, { signer: 5, nonce: 0, ops: [transfer(5, 2, 1n)], validUntil: TEST_TIME + 9999 });
    // It is being tried, and shows the account that it made.
    const { lane } = a.sequencer;
    const execute = lane.execute.bind(lane);
    let tryIt: () => void = () => undefined;
    const isTried = new Promise<void>((resolve) => {
      lane.execute = async (...args) => {
        resolve();
        await new Promise<void>((go) => {
          tryIt = go;
        });
        return execute(...args);
      };
    });
    const importing = codeOf(a.sequencer.importBlock(lie));
    await isTried;
    await a.sequencer.submit(theft);
    tryIt();
    expect(await importing).toBe('BLOCK_INVALID');
    lane.execute = execute;
    expect(a.sequencer.mempool.size).toBe(0);
    l1.reorg(2, { areTxsForgotten: true, areItemsForgotten: true });
    l1.enqueue(depositNew(VICTIM, 1n));
    l1.mine(2);
    await a.sequencer.pollQueue();
    await tick(a);
    await settled();
    await tick(a);
    expect(a.sequencer.account(accountIndex(5))).toMatchObject({ a: VICTIM.key[0], balance: 1n, nonce: 0 });
  });
});

describe('going back', () => {
  it('users lose nothing: their transactions come into other blocks', async () => {
    const a = await funded();
    const before = a.store.head.block;
    const txs = [pay(0), pay(1), signed(ALICE, { signer: 2, nonce: 2, ops: [register(2, 0, CAROL, 50n)] })];
    for (const tx of txs) {
      await a.sequencer.submit(tx);
      await tick(a);
    }
    await a.sequencer.closeBatch();
    expect(a.sequencer.account(accountIndex(4))?.balance).toBe(50n);
    const waiting = pay(3);
    await a.sequencer.submit(waiting);
    const events: unknown[] = [];
    a.sequencer.events.on('rolledBack', (event) => void events.push(event));
    await a.sequencer.rollback(before, 'BECAUSE');
    expect(events).toEqual([
      { toBlock: before, blocks: 3, batches: [a.store.head.closedBatch + 1], reason: 'BECAUSE' },
    ]);
    expect(a.sequencer.account(accountIndex(4))).toBeUndefined();
    expect(a.sequencer.account(accountIndex(2))?.nonce).toBe(0);
    for (const tx of [...txs, waiting]) expect((await a.sequencer.status(hashOf(tx))).status).toBe('pending');
    await settled();
    await tick(a);
    for (const tx of [...txs, waiting]) expect((await a.sequencer.status(hashOf(tx))).status).toBe('included');
    expect(a.sequencer.account(accountIndex(4))?.balance).toBe(50n);
    expect(a.dropped).toEqual([]);
  });

  it('what stood on accounts that come again waits for them', async () => {
    const a = await node();
    await a.sequencer.pollQueue();
    while (a.sequencer.account(accountIndex(3)) === undefined) await tick(a);
    await a.sequencer.submit(pay(0));
    await tick(a);
    await a.sequencer.rollback(0n, 'BECAUSE');
    await settled();
    expect((await a.sequencer.status(hashOf(pay(0)))).status).toBe('pending');
    await a.sequencer.pollQueue();
    for (let i = 0; i < 6; i += 1) {
      await tick(a);
      await settled();
    }
    expect((await a.sequencer.status(hashOf(pay(0)))).status).toBe('included');
  });

  it('what no longer holds is dropped with the reason', async () => {
    const a = await funded();
    const before = a.store.head.block;
    const tx = signed(ALICE, { signer: 2, nonce: 0, ops: [transfer(2, 3, 1n)], validUntil: TEST_TIME + 60 });
    await a.sequencer.submit(tx);
    await tick(a);
    clock.advance(100_000);
    await a.sequencer.rollback(before, 'BECAUSE');
    await settled();
    expect(await a.sequencer.status(hashOf(tx))).toEqual({ status: 'dropped', code: 'EXPIRED' });
  });

  it('proofs of batches that are gone are not looked for any more, and others are made', async () => {
    const discarded: number[] = [];
    const proofs = instantProofs();
    const a = await funded({
      proofs: {
        ...proofs,
        discard: async (batches) => {
          discarded.push(...batches);
          await proofs.discard(batches);
        },
      },
    });
    const { closedBatch, block } = a.store.head;
    await a.sequencer.submit(pay(0));
    await tick(a);
    await a.sequencer.closeBatch();
    await a.sequencer.rollback(block, 'BECAUSE');
    expect(discarded).toEqual([closedBatch + 1]);
    await settled();
    clock.advance(5000);
    await a.sequencer.submit(signed(BOB, { signer: 3, nonce: 0, ops: [transfer(3, 2, 7n)] }));
    await tick(a);
    await a.sequencer.closeBatch();
    for (let i = 0; i < 20; i += 1) {
      await a.sequencer.publish();
      l1.mine();
    }
    expect(l1.proven).toBe(closedBatch + 1);
  });

  it('is refused beyond what there is, and nothing has changed', async () => {
    const a = await funded();
    await a.sequencer.submit(pay(0));
    await tick(a);
    const { head } = a.store;
    expect(await codeOf(a.sequencer.rollback(head.block + 1n, 'x'))).toBe('OUT_OF_ORDER');
    await a.sequencer.rollback(head.block, 'x');
    expect(a.store.head).toEqual(head);
  });

  it('is refused when the state is not kept any more, and nothing has changed', async () => {
    const a = await funded();
    const before = a.store.head.block;
    await a.sequencer.submit(pay(0));
    await tick(a);
    const { head } = a.store;
    const { lane } = a.sequencer;
    lane.hasState = async () => false;
    expect(await codeOf(a.sequencer.rollback(before, 'x'))).toBe('STATE_MISSING');
    expect(a.store.head).toEqual(head);
    await a.sequencer.submit(pay(1));
    await tick(a);
    expect(a.store.head.block).toBe(head.block + 1n);
  });

  it('a store that fails halts the sequencer; a restart finds one chain or the other', async () => {
    const db = memoryDb();
    const healthy = await funded({ db });
    const before = healthy.store.head.block;
    await healthy.sequencer.submit(pay(0));
    await tick(healthy);
    for (let dieAt = 0; dieAt < 8; dieAt += 1) {
      const crash = new CrashPoint(dieAt);
      const a = await node({ db: await copyOf(db), crash });
      const failed = await codeOf(a.sequencer.rollback(before, 'x'));
      if (!crash.isDead) break;
      expect(failed).not.toBe('no error');
      await expect(a.sequencer.tick()).rejects.toThrow();
    }
  });

  async function copyOf(db: Db): Promise<Db> {
    const copy = memoryDb();
    const a = await node({ db });
    const b = await node({ db: copy });
    await follow(a, b);
    return copy;
  }
});

describe('from L1 alone', () => {
  it('a node comes to the same state, and can lead from there', async () => {
    const a = await funded();
    for (let nonce = 0; nonce < 3; nonce += 1) {
      await a.sequencer.submit(pay(nonce));
      await tick(a);
      await a.sequencer.closeBatch();
    }
    for (let i = 0; i < 20; i += 1) {
      await a.sequencer.publish();
      l1.mine();
    }
    const b = await node();
    const blocks: Block[] = [];
    b.sequencer.events.on('block', (block) => void blocks.push(block));
    for (const { closed, evm, at } of l1.commits) {
      const header = headerOf(closed.batch, closed.exits.length);
      const { body } = closed.commitment;
      await b.sequencer.importPosted({ header, body, evmData: evm.data, committedAt: at }, []);
    }
    expect(b.store.head).toEqual(a.store.head);
    expect(blocks).toHaveLength(Number(a.store.head.block));
    expect((await b.store.batch(2))?.commitment.c).toBe((await a.store.batch(2))?.commitment.c);
    await b.sequencer.publish();
    expect(b.sequencer.publisher.state).toMatchObject({ committed: l1.committed.length, proven: l1.proven });
    await b.sequencer.submit(pay(3));
    await tick(b);
    expect(b.sequencer.account(accountIndex(3))?.balance).toBe(504n);
  });
});

describe('a batch that was not committed in time', () => {
  it('is given up, and what it held is taken in again', async () => {
    l1.maxAgeSeconds = 3600;
    l1.now = () => Math.floor(clock.nowMs() / 1000);
    const a = await node({ options: { publisher: { confirmations: 1, maxAgeSeconds: 3600 } } });
    const back: Promise<void>[] = [];
    a.sequencer.events.on('uncommittable', ({ batch }) => {
      back.push(
        (async () => {
          const summary = await a.store.summary(batch);
          if (summary !== undefined) await a.sequencer.rollback(summary.firstBlock - 1n, 'UNCOMMITTABLE');
        })(),
      );
    });
    await a.sequencer.pollQueue();
    while (a.sequencer.account(accountIndex(3)) === undefined) await tick(a);
    await a.sequencer.submit(pay(0));
    await tick(a);
    await a.sequencer.closeBatch();
    l1.isDown = true;
    clock.advance(4_000_000);
    l1.isDown = false;
    l1.mine();
    for (let i = 0; i < 40 && l1.proven < a.store.head.closedBatch + (i < 20 ? 1 : 0); i += 1) {
      await a.sequencer.publish();
      await Promise.all(back.splice(0));
      await settled();
      await a.sequencer.pollQueue();
      await tick(a);
      if (i === 15) await a.sequencer.closeBatch();
      l1.mine();
    }
    expect(l1.proven).toBeGreaterThan(0);
    expect(l1.proven).toBe(a.store.head.closedBatch);
    expect((await a.sequencer.status(hashOf(pay(0)))).status).toBe('proven');
    expect(a.sequencer.account(accountIndex(3))?.balance).toBe(501n);
    expect(l1.reverted).toBe(0);
  });
});
