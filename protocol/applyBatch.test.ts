import { beforeAll, describe, expect, test } from 'vitest';
import { applyBatch, executeBatch } from './applyBatch.ts';
import { decodeBody, encodeBody } from './codec/body.ts';
import { type BatchHeader, headerOf } from './codec/header.ts';
import { commitBatch } from './commitment.ts';
import { poseidon } from './crypto/poseidon.ts';
import { accountIndex } from './ids.ts';
import { replayBody } from './replay.ts';
import { SHAPES } from './shapes.ts';
import { transfer } from './testing/actors.ts';
import { AI, closedBatches } from './testing/exampleBatches.ts';
import { expectCode } from './testing/expectCode.ts';
import { AccountTree, EMPTY_ROOT } from './tree.ts';
import { type Batch, type ClosedBatch, type Field, type L1Op, type Op, Opcode, type SignedTx } from './types.ts';

let first: ClosedBatch;
let second: ClosedBatch;
let third: ClosedBatch;
let fourth: ClosedBatch;
beforeAll(() => {
  ({ first, second, third, fourth } = closedBatches());
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

/** Changes the first op (a CLAIM), and keeps `keep` ops. */
function editOp(tx: SignedTx, change: Partial<Op>, keep = tx.ops.length): SignedTx {
  return { ...tx, ops: tx.ops.slice(0, keep).map((op, i) => (i === 0 ? { ...op, ...change } : op)) };
}

function editL1(batch: Batch, at: number, change: Partial<L1Op>): Batch {
  return { ...batch, l1Ops: batch.l1Ops.map((op, i) => (i === at ? { ...op, ...change } : op)) };
}

function afterSecond(): AccountTree {
  const tree = new AccountTree();
  for (const { batch } of [first, second]) applyBatch(tree, batch, { slots: false });
  return tree;
}

function unexpiring(batch: Batch): Batch {
  return { ...batch, txs: batch.txs.map((tx) => ({ ...tx, validUntil: 2 ** 40 - 1 })) };
}

describe('applyBatch', () => {
  test('accepts the batches one after the other', () => {
    const tree = new AccountTree();
    expect(applyBatch(tree, first.batch)).toEqual(first);
    for (const closed of [second, third, fourth]) expect(applyBatch(tree, closed.batch)).toEqual(closed);
  });

  test('with another voucher → BAD_VOUCHER; a rule that fails comes before signatures', () => {
    const tree = afterSecond();
    const claims = third.batch.txs.findIndex(({ vouchers }) => vouchers.length > 0);
    const swapped = editTx(third.batch, claims, (tx) => ({ ...tx, vouchers: [...tx.vouchers].reverse() }));
    expectCode('BAD_VOUCHER', () => applyBatch(tree, swapped), { tx: claims });
    const missing = editTx(third.batch, claims, (tx) => ({ ...tx, vouchers: [] }));
    expectCode('INVALID_ARGUMENT', () => applyBatch(tree, missing));
    expectCode('CHANNEL_OVER', () => applyBatch(tree, { ...unexpiring(swapped), timestamp: 2 ** 39 }));
    expect(tree.root).toBe(third.batch.oldRoot);
    expect(applyBatch(tree, swapped, { signaturesChecked: true }).batch.newRoot).toBe(third.batch.newRoot);
  });

  test('at a time when its channels are not over → CHANNEL_NOT_OVER, and its forced exit is another', () => {
    const tree = afterSecond();
    expectCode('CHANNEL_NOT_OVER', () => applyBatch(tree, { ...third.batch, timestamp: 0 }));
    applyBatch(tree, third.batch);
    const early = { ...fourth.batch, timestamp: fourth.batch.timestamp - 1 };
    expectCode('BAD_BATCH', () => applyBatch(tree, early));
    expectCode('CHANNEL_NOT_OVER', () => applyBatch(tree, { ...early, l1Ops: [] }));
  });

  test('signatures are listed as the circuit takes them: vouchers, then their transaction', () => {
    const { signatures } = executeBatch(afterSecond(), third.batch);
    const listed = third.batch.txs.flatMap((tx, i) => [
      ...tx.vouchers.map((signature) => ({ signature, tx: i, isVoucher: true })),
      { signature: tx.signature, tx: i, isVoucher: false },
    ]);
    expect(signatures.map(({ signature, tx, isVoucher }) => ({ signature, tx, isVoucher }))).toEqual(listed);
  });

  test('subroots are the 64 nodes under the old root; none without slots', () => {
    const tree = afterSecond();
    const upper = Array.from({ length: 8 }, (_, i) => poseidon(third.subroots.slice(8 * i, 8 * i + 8)));
    expect(third.subroots.length).toBe(64);
    expect(poseidon(upper)).toBe(third.batch.oldRoot);
    expect(applyBatch(tree, third.batch, { slots: false }).subroots).toEqual([]);
    expect(fourth.subroots).toEqual(tree.subroots());
    expect(first.subroots).toEqual(new AccountTree().subroots());
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

  test('rebuilds every AI operation from the posted bytes, at the header’s timestamp', () => {
    const tree = afterSecond();
    for (const { batch, exits, commitment } of [third, fourth]) {
      const replayed = replayBody(tree, headerOf(batch, exits.length), commitment.body);
      expect(tree.root).toBe(batch.newRoot);
      expect(replayed.txs).toEqual(batch.txs.map(({ signer, nonce, ops }) => ({ signer, nonce, ops })));
    }
  });

  test.each<[string, string, (tx: SignedTx) => SignedTx]>([
    ['a claim to someone else', 'NOT_AUTHORIZED', (tx) => editOp(tx, { to: accountIndex(1) })],
    ['a claim of someone who is not there', 'NOT_AUTHORIZED', (tx) => editOp(tx, { to: accountIndex(50) })],
    ['a claim to the channel itself', 'NOT_AUTHORIZED', (tx) => editOp(tx, { to: accountIndex(AI.channel) })],
    ['a transfer from a channel', 'WRONG_KIND', (tx) => editOp(tx, { opcode: Opcode.TRANSFER })],
    [
      'a close before the channel is over',
      'CHANNEL_NOT_OVER',
      (tx) => editOp(tx, { opcode: Opcode.CLOSE, to: accountIndex(2) }, 1),
    ],
    ['a claim of more', 'CLAIM_MISMATCH', (tx) => editOp(tx, { amount: 1001n })],
    [
      'a transfer of another’s money after the claims',
      'NOT_AUTHORIZED',
      (tx) => ({ ...tx, ops: [...tx.ops, transfer(1, 10, 1n)] }),
    ],
    ['a source that is not there', 'UNKNOWN_ACCOUNT', (tx) => ({ ...tx, ops: [transfer(50, 10, 1n)] })],
  ])('%s → %s', (_, code, edit) => {
    const tree = afterSecond();
    const claims = third.batch.txs.findIndex(({ vouchers }) => vouchers.length > 0);
    const batch = editTx(third.batch, claims, edit);
    const { body } = commitBatch(batch, third.exits);
    expectCode(code, () => replayBody(tree, headerOf(batch, 0), body));
    expect(tree.root).toBe(third.batch.oldRoot);
  });

  test('at another timestamp: CHANNEL_OVER, CHANNEL_NOT_OVER', () => {
    const header = headerOf(third.batch, 0);
    const at = (timestamp: number) => () => replayBody(afterSecond(), { ...header, timestamp }, third.commitment.body);
    expectCode('CHANNEL_OVER', at(2 ** 40 - 1));
    expectCode('CHANNEL_NOT_OVER', at(0));
  });

  test('more signatures than the shape has slots → BAD_BATCH', () => {
    const [op] = third.batch.txs[2]?.ops ?? [];
    if (op === undefined) throw new RangeError('fixture');
    const body = (claims: number) =>
      encodeBody({ l1Ops: [], exits: [], txOps: [Array.from({ length: claims }, () => op)] });
    const counts = { shape: 'dev', l1Count: 0, exitCount: 0 } as const;
    // The transaction's own signature takes the last slot.
    const { S } = SHAPES.dev;
    expect(decodeBody(body(S - 1), { ...counts, opCount: S - 1 }).txOps[0]?.length).toBe(S - 1);
    expectCode('BAD_BATCH', () => decodeBody(body(S), { ...counts, opCount: S }));
  });

  test('a transaction whose ops have two sources → NOT_AUTHORIZED', () => {
    const batch = editTx(first.batch, 0, (tx) => ({ ...tx, ops: [...tx.ops.slice(0, 2), transfer(2, 10, 1n)] }));
    expectReplayRefused('NOT_AUTHORIZED', { body: commitBatch(batch, first.exits).body });
  });
});
