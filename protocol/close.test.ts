import { beforeEach, describe, expect, test } from 'vitest';
import { accountIndex, batchNumber } from './ids.ts';
import { OpenBatch } from './openBatch.ts';
import { SHAPES } from './shapes.ts';
import { padSlots } from './slots.ts';
import { actor, register, signed, TEST_DOMAIN, TEST_TIME, transfer } from './testing/actors.ts';
import { expectCode } from './testing/expectCode.ts';
import { walkSlots } from './testing/walkSlots.ts';
import { AccountTree } from './tree.ts';
import type { AccountIndex, QueueItem } from './types.ts';

const alice = actor(1);
const END = { lastBlock: 9n, evmCommitment: 0n };

function open(tree: AccountTree, number = 1): OpenBatch {
  const options = {
    number: batchNumber(number),
    shape: SHAPES.dev,
    domain: TEST_DOMAIN,
    timestamp: TEST_TIME,
    firstBlock: 5n,
  };
  return new OpenBatch(options, { tree });
}

function depositNew(n: number, amount: bigint): QueueItem {
  return { opcode: 1, token: 0, amount, key: actor(n).key, address: actor(n).address };
}

let tree: AccountTree;
beforeEach(() => {
  tree = new AccountTree();
  const setup = open(tree);
  setup.applyL1(depositNew(1, 1000n), accountIndex(1));
  setup.close(END);
});

describe('account slots', () => {
  test('padding takes the smallest untouched indices from 0, merged in order', () => {
    expect(padSlots([1, 4, 900] as AccountIndex[], 7)).toEqual([0, 1, 2, 3, 4, 5, 900]);
    expect(padSlots([], 3)).toEqual([0, 1, 2]);
    expect(padSlots([3, 2, 1] as AccountIndex[], 3)).toEqual([1, 2, 3]);
  });

  test('births tell who created an account; padding slots show live and empty accounts as they are', () => {
    const batch = open(tree);
    batch.applyL1({ opcode: 2, index: accountIndex(60), token: 0, amount: 1n, address: 1n });
    batch.applyL1(depositNew(2, 50n), accountIndex(320));
    batch.applyTx(
      signed(alice, {
        signer: 1,
        nonce: 0,
        ops: [transfer(1, 320, 1n), register(1, 321, actor(3), 5n), transfer(1, 321, 1n)],
      }),
    );
    batch.applyTx(
      signed(actor(3), { signer: 321, nonce: 0, ops: [transfer(321, 320, 1n), register(321, 322, actor(4), 1n)] }),
    );
    const closed = batch.close(END);
    const births = new Map(closed.slots.map(({ index, birth }) => [index as number, birth]));
    const { L, A } = SHAPES.dev;
    expect(closed.slots.map(({ index }) => index)).toEqual([...Array(A - 4).keys(), 60, 320, 321, 322]);
    expect([0, 1, 2, 320, 321, 322, 60].map((at) => births.get(at))).toEqual([65535, 0, 65535, 2, L + 2, L + 5, 65535]);
    expect(walkSlots(closed)).toEqual([]);
  });

  test('a padding slot on a live account shows it unchanged, born before', () => {
    const batch = open(tree);
    batch.applyL1(depositNew(2, 50n), accountIndex(20));
    const slot = batch.close(END).slots[1];
    expect(slot).toMatchObject({ index: 1, birth: 0, before: { balance: 1000n }, after: { balance: 1000n } });
  });

  test('an empty batch has slots and keeps the root', () => {
    const closed = open(tree).close(END);
    expect(closed.batch.newRoot).toBe(closed.batch.oldRoot);
    expect(walkSlots(closed)).toEqual([]);
  });
});

describe('previews', () => {
  test('follow the batch without touching the tree, and equal what closing gives when there are no fees', () => {
    const before = tree.root;
    const batch = open(tree);
    expect(batch.previewRoot()).toBe(before);
    batch.applyL1(depositNew(2, 50n), accountIndex(20));
    const first = batch.previewRoot();
    expect(first).not.toBe(before);
    batch.applyTx(signed(alice, { signer: 1, nonce: 0, ops: [transfer(1, 20, 1n)] }));
    const second = batch.previewRoot();
    expect(second).not.toBe(first);
    expect(tree.root).toBe(before);
    expect(tree.get(accountIndex(20))).toBeUndefined();
    expect(batch.close(END).batch.newRoot).toBe(second);
  });

  test('leave fees out', () => {
    const batch = open(tree);
    batch.applyL1(depositNew(2, 50n), accountIndex(20));
    batch.nameFeeAccount(accountIndex(20));
    batch.applyTx(signed(alice, { signer: 1, nonce: 0, ops: [transfer(1, 20, 1n, { fee: 7n })] }));
    const fork = tree.fork();
    const [one, twenty] = [batch.account(accountIndex(1)), batch.account(accountIndex(20))];
    if (one === undefined || twenty === undefined) throw new RangeError('fixture');
    fork.set(accountIndex(1), one);
    fork.set(accountIndex(20), twenty);
    expect(batch.previewRoot()).toBe(fork.root);
    fork.set(accountIndex(20), { ...twenty, balance: twenty.balance + 7n });
    expect(batch.close(END).batch.newRoot).toBe(fork.root);
  });
});

describe('closing', () => {
  test('twice, or using a closed batch → INVALID_ARGUMENT', () => {
    const batch = open(tree);
    batch.close(END);
    expectCode('INVALID_ARGUMENT', () => batch.close(END));
    expectCode('INVALID_ARGUMENT', () => batch.applyL1(depositNew(2, 50n), accountIndex(20)));
    expectCode('INVALID_ARGUMENT', () => batch.nameFeeAccount(accountIndex(1)));
    expectCode('INVALID_ARGUMENT', () => batch.previewRoot());
    const tx = signed(alice, { signer: 1, nonce: 0, ops: [transfer(1, 1, 1n)] });
    expectCode('INVALID_ARGUMENT', () => batch.applyTx(tx));
  });

  test.each([
    ['before the first block', { lastBlock: 4n, evmCommitment: 0n }],
    ['at block 2^64', { lastBlock: 1n << 64n, evmCommitment: 0n }],
    ['with 257 bits of EVM commitment', { lastBlock: 5n, evmCommitment: 1n << 256n }],
  ])('%s → INVALID_ARGUMENT, and the batch can still be closed', (_, end) => {
    const batch = open(tree);
    batch.applyL1(depositNew(2, 50n), accountIndex(20));
    expectCode('INVALID_ARGUMENT', () => batch.close(end));
    expect(walkSlots(batch.close(END))).toEqual([]);
  });

  test('after someone else changed the tree → ROOT_MISMATCH', () => {
    const batch = open(tree);
    const other = open(tree, 2);
    other.applyL1(depositNew(2, 50n), accountIndex(20));
    other.close(END);
    expectCode('ROOT_MISMATCH', () => batch.close(END));
  });

  test('a batch that is dropped leaves nothing on the tree', () => {
    const { root } = tree;
    const batch = open(tree);
    batch.applyL1(depositNew(2, 50n), accountIndex(20));
    batch.previewRoot();
    expect(tree.root).toBe(root);
    expect(tree.size).toBe(1);
  });

  test.each([
    ['timestamp of 41 bits', { timestamp: 2 ** 40 }],
    ['negative first block', { firstBlock: -1n }],
  ])('opening with %s → INVALID_ARGUMENT', (_, change) => {
    const options = { number: batchNumber(1), shape: SHAPES.dev, domain: TEST_DOMAIN, timestamp: 1, firstBlock: 1n };
    expectCode('INVALID_ARGUMENT', () => new OpenBatch({ ...options, ...change }, { tree }));
  });
});
