import { beforeAll, describe, expect, test } from 'vitest';
import { applyBatch, executeBatch } from './applyBatch.ts';
import { type BatchHeader, headerOf } from './codec/header.ts';
import { commitBatch } from './commitment.ts';
import { accountIndex } from './ids.ts';
import { replayBody } from './replay.ts';
import { transfer } from './testing/actors.ts';
import { closedBatches } from './testing/exampleBatches.ts';
import { expectCode } from './testing/expectCode.ts';
import { AccountTree, EMPTY_ROOT } from './tree.ts';
import type { Batch, ClosedBatch, Field, L1Op, SignedTx } from './types.ts';

let first: ClosedBatch;
let second: ClosedBatch;
beforeAll(() => {
  ({ first, second } = closedBatches());
});

/** A refused batch must leave the tree at its root, able to take the right one. */
function expectRefused(code: string, edit: (batch: Batch) => Batch, options = {}): void {
  const tree = new AccountTree();
  expectCode(code, () => applyBatch(tree, edit(first.batch), options));
  expect(tree.root).toBe(EMPTY_ROOT);
  expect(tree.size).toBe(0);
  expect(applyBatch(tree, first.batch).batch.newRoot).toBe(first.batch.newRoot);
}

function editTx(batch: Batch, at: number, edit: (tx: SignedTx) => SignedTx): Batch {
  return { ...batch, txs: batch.txs.map((tx, i) => (i === at ? edit(tx) : tx)) };
}

function editL1(batch: Batch, at: number, change: Partial<L1Op>): Batch {
  return { ...batch, l1Ops: batch.l1Ops.map((op, i) => (i === at ? { ...op, ...change } : op)) };
}

describe('applyBatch', () => {
  test('accepts the batches one after the other', () => {
    const tree = new AccountTree();
    expect(applyBatch(tree, first.batch)).toEqual(first);
    expect(applyBatch(tree, second.batch)).toEqual(second);
  });

  test('on another tree → ROOT_MISMATCH', () => {
    expectCode('ROOT_MISMATCH', () => applyBatch(new AccountTree(), second.batch));
  });

  test('with another new root → BAD_BATCH', () => {
    expectRefused('BAD_BATCH', (batch) => ({ ...batch, newRoot: 1n as Field }));
  });

  test('with a signature of another transaction → BAD_SIGNATURE', () => {
    expectRefused('BAD_SIGNATURE', (batch) => {
      const signature = batch.txs[0]?.signature;
      if (signature === undefined) throw new RangeError('fixture');
      return editTx(batch, 1, (tx) => ({ ...tx, signature }));
    });
  });

  test('in another domain → BAD_SIGNATURE', () => {
    expectRefused('BAD_SIGNATURE', (batch) => ({ ...batch, domain: 5n as Field }));
  });

  test('with a changed expiry → BAD_SIGNATURE: expiry is signed', () => {
    expectRefused('BAD_SIGNATURE', (batch) => editTx(batch, 0, (tx) => ({ ...tx, validUntil: tx.validUntil + 1 })));
  });

  test.each([
    ['a void deposit called live', 5, { isVoid: false }],
    ['a live deposit called void', 4, { isVoid: true }],
    ['a forced exit of more than the balance', 6, { amount: 778n }],
    ['a void forced exit with an amount', 7, { amount: 1n }],
  ])('%s → BAD_BATCH', (_, at, change) => {
    expectRefused('BAD_BATCH', (batch) => editL1(batch, at, change));
  });

  test('with a fee account that is not live at the end → FEE_ACCOUNT_INVALID', () => {
    const lane = accountIndex(11);
    expectRefused('FEE_ACCOUNT_INVALID', (batch) => ({
      ...batch,
      feeAccounts: [batch.feeAccounts[0], lane, lane, lane],
    }));
  });

  test('with two lanes of a token → FEE_ACCOUNT_INVALID', () => {
    const none = accountIndex(0);
    const lanes = [accountIndex(9), none, accountIndex(1), none] as const;
    expectRefused('FEE_ACCOUNT_INVALID', (batch) => ({ ...batch, feeAccounts: lanes }));
  });

  test('with fees but no lane → FEE_TOKEN_NOT_ACCEPTED', () => {
    const none = accountIndex(0);
    expectRefused('FEE_TOKEN_NOT_ACCEPTED', (batch) => ({ ...batch, feeAccounts: [none, none, none, none] }));
  });

  test('takes the lanes in the header’s places, gaps included', () => {
    const none = accountIndex(0);
    const feeAccounts = [none, none, accountIndex(9), none] as const;
    const closed = applyBatch(new AccountTree(), { ...first.batch, feeAccounts });
    expect(closed.batch.feeAccounts).toEqual(feeAccounts);
    expect(closed.batch.newRoot).toBe(first.batch.newRoot);
    expect(closed.commitment.c).not.toBe(first.commitment.c);
  });

  test('an executed batch leaves the tree alone until it is finished, and lists what to verify', () => {
    const tree = new AccountTree();
    const executed = executeBatch(tree, first.batch);
    expect(tree.root).toBe(EMPTY_ROOT);
    expect(executed.signatures.map(({ signature }) => signature)).toEqual(first.batch.txs.map((tx) => tx.signature));
    expect(executed.finish()).toEqual(first);
  });
});

describe('replayBody', () => {
  function expectReplayRefused(code: string, edit: { header?: Partial<BatchHeader>; body?: Uint8Array }): void {
    const tree = new AccountTree();
    const header = headerOf(first.batch, first.exits.length);
    expectCode(code, () => replayBody(tree, { ...header, ...edit.header }, edit.body ?? first.commitment.body));
    expect(tree.root).toBe(EMPTY_ROOT);
    expect(tree.size).toBe(0);
  }

  test.each<[string, string, Partial<BatchHeader>]>([
    ['another old root', 'ROOT_MISMATCH', { oldRoot: 1n as Field }],
    ['another new root', 'BAD_BATCH', { newRoot: 1n as Field }],
    ['an L1 op too few, so that its words are read as exits', 'UNKNOWN_OPCODE', { l1Count: 7 }],
    ['counts over the shape', 'BAD_BATCH', { opCount: 33 }],
    ['an op too few', 'MALFORMED_BYTES', { opCount: 4 }],
    ['an exit too few, so that its words are read as ops', 'UNKNOWN_OPCODE', { exitCount: 0 }],
  ])('%s → %s', (_, code, header) => {
    expectReplayRefused(code, { header });
  });

  test('bytes missing or left over → MALFORMED_BYTES', () => {
    const { body } = first.commitment;
    expectReplayRefused('MALFORMED_BYTES', { body: body.slice(0, -1) });
    expectReplayRefused('MALFORMED_BYTES', { body: Uint8Array.from([...body, 0]) });
  });

  test('an exit of another amount than the op’s → BAD_BATCH', () => {
    const exits = first.exits.map((exit) => ({ ...exit, amount: exit.amount + 1n }));
    expectReplayRefused('BAD_BATCH', { body: commitBatch(first.batch, exits).body });
  });

  test('a transaction whose ops have two sources → NOT_AUTHORIZED', () => {
    const batch = editTx(first.batch, 0, (tx) => ({ ...tx, ops: [...tx.ops.slice(0, 2), transfer(2, 10, 1n)] }));
    expectReplayRefused('NOT_AUTHORIZED', { body: commitBatch(batch, first.exits).body });
  });
});
