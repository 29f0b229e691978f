/** Blocks of others: what liars try. */
import { beforeEach, describe, expect, it } from 'vitest';
import { addBlock, openLedger } from '../chain/testing/fixture.ts';
import { memoryDb } from '../chain/testing/memoryDb.ts';
import { unsignedTx, wireBlockOf } from '../chain/wire/codec.ts';
import type { WireBlock } from '../chain/wire/types.ts';
import { accountIndex } from '../protocol/ids.ts';
import { actor, claim, open, register, signed, TEST_TIME, transfer } from '../protocol/testing/actors.ts';
import type { SignedTx } from '../protocol/types.ts';
import { ALICE, BOB, CAROL, DEPOSITS, depositNew } from './testing/life.ts';
import {
  closeOf,
  codeOf,
  follow,
  hashOf,
  pay,
  sent,
  settled,
  type TestNode,
  TestNodes,
  wireOf,
} from './testing/nodes.ts';

const VICTIM = actor(21);
const MALLORY = actor(22);

let nodes: TestNodes;

beforeEach(() => {
  nodes = new TestNodes();
});

describe('a block by somebody else', () => {
  let a: TestNode;
  let b: TestNode;
  let good: WireBlock;

  beforeEach(async () => {
    a = await nodes.funded();
    b = await nodes.node();
    await follow(a, b);
    await a.sequencer.submit(pay(0));
    await a.sequencer.submit(signed(BOB, { signer: 3, nonce: 0, ops: [transfer(3, 2, 7n)] }));
    await nodes.tick(a);
    good = await wireOf(a, a.store.head.block);
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
    await nodes.tick(a);
    expect(told).toEqual(['block', 'built']);
  });

  it('a close that comes to something else is refused, and the right one taken', async () => {
    await b.sequencer.importBlock(good);
    await a.sequencer.closeBatch();
    const right = await closeOf(a, a.store.head.closedBatch);
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
    nodes.clock.advance(1000);
    await b.sequencer.submit(pay(1, 5n));
    await nodes.tick(b);
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
  async function blockOf(...txs: SignedTx[]): Promise<{ block: WireBlock; b: TestNode }> {
    const theirs = await openLedger(memoryDb());
    const first = await addBlock(theirs, { deposits: DEPOSITS.slice(0, 2), txs: [] });
    const second = await addBlock(theirs, { txs });
    const b = await nodes.node();
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
    const a = await nodes.funded();
    const before = a.store.head.block;
    nodes.l1.enqueue(depositNew(MALLORY, 1n));
    nodes.l1.mine(2);
    await a.sequencer.pollQueue();
    await nodes.tick(a);
    expect(a.sequencer.account(accountIndex(4))?.a).toBe(MALLORY.key[0]);
    const theft = signed(MALLORY, { signer: 4, nonce: 0, ops: [transfer(4, 2, 1n)], validUntil: TEST_TIME + 9999 });
    await a.sequencer.submit(theft);
    // L1's queue has another item there now.
    nodes.l1.reorg(2, { areTxsForgotten: true, areItemsForgotten: true });
    nodes.l1.enqueue(depositNew(VICTIM, 1n));
    nodes.l1.mine(2);
    await a.sequencer.rollback(before, 'L1_ITEM_GONE');
    await a.sequencer.pollQueue();
    for (let i = 0; i < 3; i += 1) {
      await nodes.tick(a);
      await settled();
    }
    expect(a.sequencer.account(accountIndex(4))).toMatchObject({ a: VICTIM.key[0], balance: 1n, nonce: 0 });
    expect(a.dropped).toEqual([{ hash: hashOf(theft), code: 'BAD_SIGNATURE' }]);
  });

  it('nor if the blocks were never more than a liar’s', async () => {
    const liar = await nodes.funded();
    nodes.l1.enqueue(depositNew(CAROL, 1n));
    nodes.l1.mine(2);
    await liar.sequencer.pollQueue();
    await nodes.tick(liar);
    const a = await nodes.node();
    await follow(liar, a);
    nodes.l1.enqueue(depositNew(MALLORY, 1n));
    nodes.l1.mine(2);
    await liar.sequencer.pollQueue();
    await nodes.tick(liar);
    const lie = { ...(await wireOf(liar, liar.store.head.block)), hash: 5n };
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
    nodes.l1.reorg(2, { areTxsForgotten: true, areItemsForgotten: true });
    nodes.l1.enqueue(depositNew(VICTIM, 1n));
    nodes.l1.mine(2);
    await a.sequencer.pollQueue();
    await nodes.tick(a);
    await settled();
    await nodes.tick(a);
    expect(a.sequencer.account(accountIndex(5))).toMatchObject({ a: VICTIM.key[0], balance: 1n, nonce: 0 });
  });
});
