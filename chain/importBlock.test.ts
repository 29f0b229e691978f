import { brotliCompressSync, constants } from 'node:zlib';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GenesisState } from '../genesis/spec.ts';
import { commitBatch } from '../protocol/commitment.ts';
import { accountIndex, batchNumber } from '../protocol/ids.ts';
import { evmBatchOf } from '../protocol/lane/evmCommitment.ts';
import type { BatchClose } from '../protocol/network/digests.ts';
import { actor, signed, type TEST_DOMAIN, TEST_TIME, transfer } from '../protocol/testing/actors.ts';
import type { AccountIndex, Field, QueueItem, ShapeName } from '../protocol/types.ts';
import { evmTx } from './derive/testing/story.ts';
import { ALICE, BOB, testGenesis } from './derive/testing/testSequencer.ts';
import { ChainError } from './errors.ts';
import { evmDataOf } from './evm/batchData.ts';
import { hexBytes } from './evm/crypto.ts';
import { encodeEvmData, encodeEvmRlp } from './evm/evmData.ts';
import { userTx } from './evm/userTx.ts';
import type { ClosedRun } from './importClose.ts';
import { dump } from './testing/dump.ts';
import { closeOf, type FullChain, MESSAGES, openFull, wireAt } from './testing/history.ts';
import { memoryDb } from './testing/memoryDb.ts';
import { decodeItem, encodeItem } from './wire/codec.ts';
import type { WireBlock } from './wire/types.ts';

const [A, B] = [actor(1), actor(2)];
const INDEX = accountIndex(1);
const deposit = (who: typeof A): QueueItem => ({
  ...{ opcode: 1, token: 0, amount: 1_000n, key: who.key, address: who.address },
});

let genesis: GenesisState;
/** Four blocks of an honest proposer: two in the first batch, two in the second. */
let blocks: WireBlock[];
let first: ClosedRun;
let second: ClosedRun;

beforeAll(async () => {
  genesis = await testGenesis();
  const chain = await openFull(memoryDb(), { genesis });
  const { ledger, lane, store } = chain;
  const evm = async (nonce: number) => {
    const txs = [userTx(hexBytes(await evmTx(ALICE, nonce, { to: BOB.address, value: 3n })), lane.common)];
    return { next: () => txs.shift(), accept: () => undefined, reject: () => undefined };
  };
  const pay = (nonce: number) =>
    signed(A, { signer: 1, nonce, ops: [transfer(1, 2, 5n, { fee: 1n })], validUntil: TEST_TIME + 3600 });
  const common = { feeAccounts: [accountIndex(2)], l1Ops: [] };

  let open = ledger.begin(TEST_TIME);
  const l1Ops = [open.applyL1(deposit(A), INDEX), open.applyL1(deposit(B), accountIndex(2))];
  const l1Messages = MESSAGES.slice(0, 2);
  await ledger.seal({ timestamp: TEST_TIME, l1Ops, txs: [], feeAccounts: [], l1Messages, evmTxs: await evm(0) });
  open.nameFeeAccount(accountIndex(2));
  open.applyTx(pay(0));
  await ledger.seal({ ...common, timestamp: TEST_TIME + 2, txs: [pay(0)], evmTxs: await evm(1) });
  first = await ledger.close();
  open = ledger.begin(TEST_TIME + 4);
  open.nameFeeAccount(accountIndex(2));
  open.applyTx(pay(1));
  await ledger.seal({ ...common, timestamp: TEST_TIME + 4, txs: [pay(1)], l1Messages: MESSAGES.slice(2, 3) });
  open.applyTx(pay(2));
  await ledger.seal({ ...common, timestamp: TEST_TIME + 4, txs: [pay(2)], evmTxs: await evm(2) });
  blocks = await Promise.all([1n, 2n, 3n, 4n].map((number) => wireAt(chain, number)));
  second = await ledger.close();
  expect(store.head.block).toBe(4n);
}, 120_000);

let chain: FullChain;
beforeEach(async () => {
  chain = await openFull(memoryDb(), { genesis });
});

/** Block `i` of the story, counted from 1. */
function at(i: number): WireBlock {
  const block = blocks[i - 1];
  if (block === undefined) throw new RangeError('four blocks');
  return block;
}

/** The follower has the story up to block `i`; the first batch is closed once it can be. */
async function upTo(i: number): Promise<void> {
  for (let n = 1; n <= i; n += 1) {
    await chain.ledger.importBlock(at(n));
    if (n === 2) await chain.ledger.importClose(closeOf(first));
  }
}

async function expectRefused(act: () => Promise<unknown>, code: string, reason?: string): Promise<void> {
  const before = await dump(chain.db);
  const root = chain.ledger.open?.batch.previewRoot();
  const { head } = chain.lane;
  const error = await act().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error, reason).toBeInstanceOf(ChainError);
  expect({ code: (error as ChainError).code, reason: (error as ChainError).data.reason }).toEqual({ code, reason });
  expect(await dump(chain.db)).toEqual(before);
  expect(chain.ledger.open?.batch.previewRoot()).toBe(root);
  expect(chain.lane.head).toBe(head);
}

describe('blocks of somebody else', () => {
  it('come out as they say, and lead to the same store, also after they travelled', async () => {
    for (const block of blocks) {
      const item = decodeItem(encodeItem({ kind: 'block', block, signature: new Uint8Array() }));
      if (item.kind !== 'block') throw new RangeError('a block');
      const { block: stored, executed } = await chain.ledger.importBlock(item.block);
      expect(stored.hash).toBe(block.hash);
      expect(executed.receipts.every(({ status }) => status === 1)).toBe(true);
      if (block.number === 2n) {
        const { closed, summary } = await chain.ledger.importClose(closeOf(first));
        expect(closed).toEqual(first.closed);
        expect(summary).toEqual(first.summary);
      }
    }
    expect((await chain.ledger.importClose(closeOf(second))).closed).toEqual(second.closed);
    expect(chain.store.head.closedBatch).toBe(2);
    const again = await openFull(chain.db, { genesis });
    expect(again.ledger.closedTree.root).toBe(second.closed.batch.newRoot);
  });

  it('fill the batch beyond the slots configured here', async () => {
    chain = await openFull(memoryDb(), { genesis, shapes: ['small'] });
    await chain.ledger.importBlock(at(1));
    expect(chain.ledger.open?.record.shape).toBe('small');
    const maker = await openFull(memoryDb(), { genesis, shapes: ['medium'] });
    const many: QueueItem[] = [A, B, actor(3), actor(4), actor(5), actor(6)].map(deposit);
    const open = maker.ledger.begin(TEST_TIME);
    const l1Ops = many.map((item, i) => open.applyL1(item, accountIndex(i + 1)));
    await maker.ledger.seal({ timestamp: TEST_TIME, l1Ops, txs: [], feeAccounts: [] });
    chain = await openFull(memoryDb(), { genesis, shapes: ['small'] });
    await chain.ledger.importBlock(await wireAt(maker, 1n));
    expect(chain.ledger.open?.record.shape).toBe('dev');
    const again = await openFull(chain.db, { genesis, shapes: ['small'] });
    expect(again.ledger.open?.record.shape).toBe('dev');
    const close = closeOf(await maker.ledger.close());
    await expectRefused(() => chain.ledger.importClose({ ...close, shape: 'small' }), 'CLOSE_MISMATCH');
    expect((await chain.ledger.importClose(close)).closed.batch.shape).toBe('medium');
  });

  it('are followed by own ones, whatever was tried and refused before', async () => {
    await upTo(3);
    // a lane opened for a transaction that was refused after all
    const { ledger } = chain;
    ledger.open?.batch.applyTx(at(4).txs[0] ?? at(3).txs[0] ?? signed(A, { signer: 1, nonce: 2, ops: [] }));
    await ledger.importBlock(at(4));
    expect(chain.store.head.hash).toBe(at(4).hash);
    const tx = signed(A, { signer: 1, nonce: 3, ops: [transfer(1, 2, 1n)] });
    ledger.open?.batch.applyTx(tx);
    const sealed = await ledger.seal({
      timestamp: TEST_TIME + 9,
      l1Ops: [],
      txs: [tx],
      feeAccounts: [accountIndex(2)],
    });
    expect(sealed?.block.batch).toBe(2);
    // fees of the batch go on to whom its first block named
    expect(sealed?.block.evm.header.coinbase.toString()).toBe(at(3).beneficiary);
    expect((await ledger.close()).summary.txs).toBe(3);
  });
});

describe('a block that is refused leaves nothing behind', () => {
  const otherTx = signed(A, { signer: 1, nonce: 2, ops: [transfer(1, 2, 6n, { fee: 1n })] });
  const stale = signed(A, { signer: 1, nonce: 0, ops: [transfer(1, 2, 5n)] });
  const poor = signed(A, { signer: 1, nonce: 2, ops: [transfer(1, 2, 1_000_000n)] });

  it.each<[string, (block: WireBlock) => WireBlock, string, string | undefined]>([
    ['another hash', (b) => ({ ...b, hash: b.hash ^ 1n }), 'BLOCK_INVALID', 'hash'],
    ['another ledger root', (b) => ({ ...b, ledgerRoot: 5n as Field }), 'BLOCK_INVALID', 'ledger root'],
    ['a transaction exchanged', (b) => ({ ...b, txs: [otherTx] }), 'BLOCK_INVALID', 'ledger root'],
    ['a transaction left out', (b) => ({ ...b, txs: [] }), 'BLOCK_INVALID', 'ledger root'],
    ['a transaction replayed', (b) => ({ ...b, txs: [stale] }), 'BLOCK_INVALID', 'BAD_NONCE'],
    ['a transaction that nobody can pay', (b) => ({ ...b, txs: [poor] }), 'BLOCK_INVALID', 'INSUFFICIENT_BALANCE'],
    ['no EVM transactions', (b) => ({ ...b, evmTxs: [] }), 'BLOCK_INVALID', 'hash'],
    ['EVM bytes of nothing', (b) => ({ ...b, evmTxs: [new Uint8Array(20)] }), 'BLOCK_INVALID', 'TYPE_NOT_SUPPORTED'],
    [
      'an EVM transaction twice',
      (b) => ({ ...b, evmTxs: [...b.evmTxs, ...b.evmTxs] }),
      'BLOCK_INVALID',
      'NONCE_TOO_LOW',
    ],
    ['another timestamp', (b) => ({ ...b, timestamp: b.timestamp + 1 }), 'BLOCK_INVALID', 'hash'],
    ['a timestamp before the parent', (b) => ({ ...b, timestamp: b.timestamp - 1 }), 'BLOCK_INVALID', 'timestamp'],
    ['another batch timestamp', (b) => ({ ...b, batchTimestamp: TEST_TIME }), 'BLOCK_INVALID', 'batch timestamp'],
    ['no fee account', (b) => ({ ...b, feeAccounts: [] }), 'BLOCK_INVALID', 'fee accounts'],
    ['another fee account', (b) => ({ ...b, feeAccounts: [INDEX] }), 'BLOCK_INVALID', 'FEE_ACCOUNT_INVALID'],
    ['a fee account twice', (b) => ({ ...b, feeAccounts: [2, 2] as AccountIndex[] }), 'BLOCK_INVALID', 'fee accounts'],
    ['another beneficiary', (b) => ({ ...b, beneficiary: `0x${'aa'.repeat(20)}` }), 'BLOCK_INVALID', 'beneficiary'],
    [
      'a queue index ahead',
      (b) => ({ ...b, l1: { ...b.l1, firstQueueIndex: b.l1.firstQueueIndex + 1n } }),
      'BLOCK_INVALID',
      'queue index',
    ],
    [
      'an L1 operation behind transactions',
      (b) => ({ ...b, l1: { ...b.l1, ops: at(1).l1.ops } }),
      'BLOCK_INVALID',
      'BATCH_FULL',
    ],
    ['a message out of order', (b) => ({ ...b, l1Messages: MESSAGES.slice(4, 5) }), 'BLOCK_INVALID', 'message index'],
    ['a message again', (b) => ({ ...b, l1Messages: MESSAGES.slice(2, 3) }), 'BLOCK_INVALID', 'message index'],
    ['a message too many', (b) => ({ ...b, l1Messages: MESSAGES.slice(3, 4) }), 'BLOCK_INVALID', 'hash'],
    [
      '17 messages',
      (b) => ({
        ...b,
        l1Messages: Array.from({ length: 17 }, (_, i) => ({ ...MESSAGES[1], index: BigInt(3 + i) }) as never),
      }),
      'BLOCK_INVALID',
      'messages',
    ],
    ['a number too high', (b) => ({ ...b, number: 5n }), 'OUT_OF_ORDER', undefined],
    ['the number of before', (b) => ({ ...b, number: 3n }), 'OUT_OF_ORDER', undefined],
    ['another parent', (b) => ({ ...b, parentHash: b.parentHash ^ 1n }), 'OUT_OF_ORDER', undefined],
    ['the batch of before', (b) => ({ ...b, batch: batchNumber(1) }), 'OUT_OF_ORDER', undefined],
    ['the next batch', (b) => ({ ...b, batch: batchNumber(3) }), 'OUT_OF_ORDER', undefined],
    [
      'more EVM data than a batch may post',
      (b) => ({ ...b, evmTxs: Array.from({ length: 9 }, () => new Uint8Array(2 ** 20)) }),
      'BLOCK_INVALID',
      'more EVM data than a batch may post',
    ],
  ])('%s', async (_, change, code, reason) => {
    await upTo(3);
    await expectRefused(() => chain.ledger.importBlock(change(at(4))), code, reason);
    await chain.ledger.importBlock(at(4));
    expect((await chain.ledger.importClose(closeOf(second))).closed).toEqual(second.closed);
  });

  it('also the first of a batch, and the first of all', async () => {
    await expectRefused(
      () => chain.ledger.importBlock({ ...at(1), hash: 1n }),
      ...(['BLOCK_INVALID', 'hash'] as const),
    );
    expect(chain.ledger.open).toBeUndefined();
    const void_ = at(1).l1.ops.map((op) => ({ ...op, isVoid: true }));
    const bad = { ...at(1), l1: { ...at(1).l1, ops: void_ } };
    await expectRefused(() => chain.ledger.importBlock(bad), 'BLOCK_INVALID', 'BAD_BATCH');
    await upTo(2);
    const early = { ...at(3), batchTimestamp: TEST_TIME + 2 };
    await expectRefused(() => chain.ledger.importBlock(early), 'BLOCK_INVALID', 'batch timestamp');
    await chain.ledger.importBlock(at(3));
  });

  it('of another chain: its parent is not here', async () => {
    const domain = 12345n as typeof TEST_DOMAIN;
    chain = await openFull(memoryDb(), { genesis, domain });
    await expectRefused(() => chain.ledger.importBlock(at(1)), 'OUT_OF_ORDER');
    // Even if it says it follows: what signatures covered is another chain's, and so is what comes out.
    const replayed = { ...at(1), parentHash: chain.store.head.hash };
    await expectRefused(() => chain.ledger.importBlock(replayed), 'BLOCK_INVALID', 'hash');
  });
});

describe('a close by somebody else', () => {
  const changes: readonly [string, (close: BatchClose) => BatchClose, string][] = [
    ['another C', (close) => ({ ...close, c: 1n as Field }), 'CLOSE_MISMATCH'],
    ['another EVM commitment', (close) => ({ ...close, evmCommitment: 1n }), 'CLOSE_MISMATCH'],
    ['a smaller shape', (close) => ({ ...close, shape: 'small' as ShapeName }), 'CLOSE_MISMATCH'],
    ['a larger shape', (close) => ({ ...close, shape: 'large' as ShapeName }), 'CLOSE_MISMATCH'],
    ['a block that is not there yet', (close) => ({ ...close, lastBlock: 3n }), 'OUT_OF_ORDER'],
    ['a block of before', (close) => ({ ...close, lastBlock: 1n }), 'OUT_OF_ORDER'],
    ['the batch behind it', (close) => ({ ...close, number: 2 }), 'OUT_OF_ORDER'],
  ];

  it.each(changes)('with %s changes nothing', async (_, change, code) => {
    await chain.ledger.importBlock(at(1));
    await chain.ledger.importBlock(at(2));
    const close = closeOf(first);
    const wrong = change(close);
    await expectRefused(() => chain.ledger.importClose(wrong), code);
    expect((await chain.ledger.importClose(close)).closed).toEqual(first.closed);
    await chain.ledger.importBlock(at(3));
  });

  it('takes the bytes that L1 has, if they say the same', async () => {
    await chain.ledger.importBlock(at(1));
    await chain.ledger.importBlock(at(2));
    const own = await Promise.all([1n, 2n].map((number) => chain.store.block(number)));
    const data = evmDataOf(own.flatMap((block) => block ?? []));
    const { output } = first.evm;
    const closeWith = (evmData: Uint8Array): BatchClose => {
      const evmCommitment = evmBatchOf(output, evmData).commitment;
      const { c } = commitBatch({ ...first.closed.batch, evmCommitment }, first.closed.exits);
      return { ...closeOf(first), evmCommitment, c };
    };
    const lie = await encodeEvmData({ ...data, beneficiary: `0x${'00'.repeat(20)}` });
    await expectRefused(() => chain.ledger.importClose(closeWith(lie), lie), 'CLOSE_MISMATCH');
    const garbage = Buffer.from('garbage');
    await expectRefused(() => chain.ledger.importClose(closeWith(garbage), garbage), 'CLOSE_MISMATCH');
    const params = { [constants.BROTLI_PARAM_QUALITY]: 0 };
    const other = Buffer.concat([Uint8Array.of(1), brotliCompressSync(encodeEvmRlp(data), { params })]);
    expect(other.equals(first.evm.data)).toBe(false);
    await expectRefused(() => chain.ledger.importClose(closeWith(other)), 'CLOSE_MISMATCH');
    const { closed, evm } = await chain.ledger.importClose(closeWith(other), other);
    expect(closed.batch.newRoot).toBe(first.closed.batch.newRoot);
    expect((await chain.store.evmBatch(1))?.commitment).toBe(evm.commitment);
  });

  it('takes its own bytes as well', async () => {
    await chain.ledger.importBlock(at(1));
    await chain.ledger.importBlock(at(2));
    const { closed } = await chain.ledger.importClose(closeOf(first), first.evm.data);
    expect(closed).toEqual(first.closed);
  });

  it('of nothing is refused', async () => {
    await expectRefused(() => chain.ledger.importClose(closeOf(first)), 'OUT_OF_ORDER');
    chain.ledger.begin(TEST_TIME);
    await expect(chain.ledger.importClose(closeOf(first))).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
  });
});
