import { beforeEach, describe, expect, test } from 'vitest';
import { accountIndex, batchNumber } from './ids.ts';
import { OpenBatch } from './openBatch.ts';
import { SHAPES } from './shapes.ts';
import { actor, exit, register, signed, TEST_DOMAIN, TEST_TIME, transfer } from './testing/actors.ts';
import { expectCode } from './testing/expectCode.ts';
import { AccountTree } from './tree.ts';
import { txHash } from './tx.ts';
import type { AccountIndex, Field, Op, Opcode, Point, QueueItem, Shape, SignedTx } from './types.ts';

const alice = actor(1);
const bob = actor(2);
const carol = actor(3);
const FEES = 9;

function index(value: number): AccountIndex {
  return accountIndex(value);
}

function depositNew(who: { key: Point; address: bigint }, amount: bigint, token = 0): QueueItem {
  return { opcode: 1, token, amount, key: who.key, address: who.address };
}

function open(tree: AccountTree, shape: Shape = SHAPES.dev): OpenBatch {
  const number = batchNumber(1);
  return new OpenBatch({ number, shape, domain: TEST_DOMAIN, timestamp: TEST_TIME, firstBlock: 5n }, { tree });
}

function balance(batch: OpenBatch, at: number): bigint | undefined {
  return batch.account(index(at))?.balance;
}

/** Alice 1 and Bob 2 hold token 0, Carol 3 token 7, and the fee account 9 token 0. */
function funded(): AccountTree {
  const tree = new AccountTree();
  const setup = open(tree, SHAPES.medium);
  setup.applyL1(depositNew(alice, 1000n), index(1));
  setup.applyL1(depositNew(bob, 500n), index(2));
  setup.applyL1(depositNew(carol, 300n, 7), index(3));
  setup.applyL1(depositNew(actor(9), 0n), index(FEES));
  setup.close({ lastBlock: 5n, evmCommitment: 0n });
  return tree;
}

let tree: AccountTree;
let batch: OpenBatch;
beforeEach(() => {
  tree = funded();
  batch = open(tree);
});

/** A refused operation must leave the batch as it was. */
function expectRefused(code: string, act: () => unknown): void {
  const before = { counts: batch.counts, root: batch.previewRoot() };
  expectCode(code, act);
  expect({ counts: batch.counts, root: batch.previewRoot() }).toEqual(before);
}

function aliceTx(ops: readonly Op[], more: { nonce?: number; validUntil?: number } = {}): SignedTx {
  return signed(alice, { signer: 1, nonce: 0, ops, ...more });
}

describe('transactions', () => {
  test('a bundle debits, credits, pays fees at the close and bumps the nonce once', () => {
    batch.nameFeeAccount(index(FEES));
    batch.applyTx(aliceTx([transfer(1, 2, 100n, { fee: 3n }), transfer(1, 2, 50n, { fee: 2n, memo: [7n as Field] })]));
    expect(balance(batch, 1)).toBe(845n);
    expect(balance(batch, 2)).toBe(650n);
    expect(balance(batch, FEES)).toBe(0n);
    expect(batch.account(index(1))?.nonce).toBe(1);
    batch.close({ lastBlock: 5n, evmCommitment: 0n });
    expect(tree.get(index(FEES))?.balance).toBe(5n);
  });

  test('the whole balance can be spent, and not a unit more', () => {
    expectRefused('INSUFFICIENT_BALANCE', () => batch.applyTx(aliceTx([transfer(1, 2, 1001n)])));
    batch.applyTx(aliceTx([transfer(1, 2, 1000n)]));
    expect(balance(batch, 1)).toBe(0n);
  });

  test('the fee counts towards what must be held', () => {
    batch.nameFeeAccount(index(FEES));
    expectRefused('INSUFFICIENT_BALANCE', () => batch.applyTx(aliceTx([transfer(1, 2, 1000n, { fee: 1n })])));
  });

  test('a self-transfer needs the balance and changes only the nonce', () => {
    expectRefused('INSUFFICIENT_BALANCE', () => batch.applyTx(aliceTx([transfer(1, 1, 1001n)])));
    batch.applyTx(aliceTx([transfer(1, 1, 1000n)]));
    expect(balance(batch, 1)).toBe(1000n);
  });

  test('a later op failing undoes the earlier ones', () => {
    expectRefused('UNKNOWN_ACCOUNT', () => batch.applyTx(aliceTx([transfer(1, 2, 1n), transfer(1, 77, 1n)])));
    expect(balance(batch, 2)).toBe(500n);
  });

  test('an account registered in the batch can be paid and can sign in the same batch', () => {
    const dave = actor(4);
    batch.applyTx(aliceTx([register(1, 20, dave, 100n), transfer(1, 20, 11n)]));
    batch.applyTx(signed(dave, { signer: 20, nonce: 0, ops: [transfer(20, 2, 111n)] }));
    expect(balance(batch, 20)).toBe(0n);
    expect(balance(batch, 2)).toBe(611n);
  });

  test('an EXIT is owed on L1', () => {
    batch.applyTx(aliceTx([exit(1, 0xbeefn, 40n)]));
    const closed = batch.close({ lastBlock: 5n, evmCommitment: 0n });
    expect(closed.exits).toEqual([{ recipient: 0xbeefn, token: 0, amount: 40n }]);
  });

  test('the hash is the same before and after the sequencer assigned the index', () => {
    const unassigned = aliceTx([register(1, 0, actor(4), 5n)]);
    const { hash } = batch.applyTx({ ...unassigned, ops: [register(1, 33, actor(4), 5n)] });
    expect(hash).toBe(open(funded()).applyTx(aliceTx([register(1, 21, actor(4), 5n)])).hash);
  });

  const refusals: [string, string, () => SignedTx][] = [
    ['unknown signer', 'UNKNOWN_ACCOUNT', () => signed(alice, { signer: 50, nonce: 0, ops: [transfer(50, 1, 1n)] })],
    ['signer 0', 'UNKNOWN_ACCOUNT', () => signed(alice, { signer: 0, nonce: 0, ops: [transfer(0, 1, 1n)] })],
    ['nonce too high', 'BAD_NONCE', () => aliceTx([transfer(1, 2, 1n)], { nonce: 1 })],
    ['expired by a second', 'EXPIRED', () => aliceTx([transfer(1, 2, 1n)], { validUntil: TEST_TIME - 1 })],
    ['unknown target', 'UNKNOWN_ACCOUNT', () => aliceTx([transfer(1, 50, 1n)])],
    ['target 0', 'UNKNOWN_ACCOUNT', () => aliceTx([transfer(1, 0, 1n)])],
    ['target of another token', 'WRONG_TOKEN', () => aliceTx([transfer(1, 3, 1n)])],
    ['someone else as the source', 'NOT_AUTHORIZED', () => aliceTx([transfer(2, 1, 1n)])],
    ['another signer key', 'BAD_SIGNATURE', () => signed(bob, { signer: 1, nonce: 0, ops: [transfer(1, 2, 1n)] })],
    [
      'another domain',
      'BAD_SIGNATURE',
      () => signed(alice, { signer: 1, nonce: 0, ops: [transfer(1, 2, 1n)] }, 5n as Field),
    ],
    ['changed after signing', 'BAD_SIGNATURE', () => ({ ...aliceTx([transfer(1, 2, 1n)]), ops: [transfer(1, 2, 2n)] })],
    ['a fee without a lane', 'FEE_TOKEN_NOT_ACCEPTED', () => aliceTx([transfer(1, 2, 1n, { fee: 1n })])],
    ['index taken', 'INDEX_TAKEN', () => aliceTx([register(1, 2, actor(4), 1n)])],
    [
      'index taken by an earlier op of the tx',
      'INDEX_TAKEN',
      () => aliceTx([register(1, 20, actor(4), 1n), register(1, 20, actor(5), 1n)]),
    ],
    ['no index assigned', 'INDEX_OUT_OF_RANGE', () => aliceTx([register(1, 0, actor(4), 1n)])],
    [
      'key off the curve',
      'KEY_OFF_CURVE',
      () => aliceTx([register(1, 20, { ...actor(4), key: [1n as Field, 2n as Field] }, 1n)]),
    ],
    ['REGISTER for address 0', 'BAD_ADDRESS', () => aliceTx([register(1, 20, { ...actor(4), address: 0n }, 1n)])],
    [
      'REGISTER for 161 bits',
      'BAD_ADDRESS',
      () => aliceTx([register(1, 20, { ...actor(4), address: 1n << 160n }, 1n)]),
    ],
    ['EXIT to address 0', 'BAD_ADDRESS', () => aliceTx([exit(1, 0n, 1n)])],
    ['EXIT to 161 bits', 'BAD_ADDRESS', () => aliceTx([exit(1, 1n << 160n, 1n)])],
    ['EXIT with a target', 'BAD_PAYLOAD', () => aliceTx([{ ...exit(1, 5n, 1n), to: index(2) }])],
    ['EXIT with p2', 'BAD_PAYLOAD', () => aliceTx([{ ...exit(1, 5n, 1n), payload: [5n, 1n] as Field[] }])],
    ['EXIT with p3', 'BAD_PAYLOAD', () => aliceTx([{ ...exit(1, 5n, 1n), payload: [5n, 0n, 1n] as Field[] }])],
  ];
  test.each(refusals)('%s → %s', (_, code, make) => {
    const tx = make();
    expectRefused(code, () => batch.applyTx(tx));
  });

  const packing: [string, string, Partial<Op>][] = [
    ['amount 2^96', 'AMOUNT_OUT_OF_RANGE', { amount: 1n << 96n }],
    ['a negative amount', 'AMOUNT_OUT_OF_RANGE', { amount: -1n }],
    ['fee 2^64', 'AMOUNT_OUT_OF_RANGE', { fee: 1n << 64n }],
    ['opcode 8', 'UNKNOWN_OPCODE', { opcode: 8 as Opcode }],
    ['NOP', 'UNKNOWN_OPCODE', { opcode: 0 }],
    ['target 2^24', 'INDEX_OUT_OF_RANGE', { to: (2 ** 24) as AccountIndex }],
    ['a fourth memo word', 'BAD_PAYLOAD', { payload: [1n, 2n, 3n, 4n] as Field[] }],
    ['a memo word that is not canonical', 'WORD_NOT_CANONICAL', { payload: [1n << 255n] as unknown as Field[] }],
  ];
  test.each(packing)('%s → %s, even if the caller vouches for the signature', (_, code, change) => {
    const tx = aliceTx([transfer(1, 2, 1n)]);
    const bad = { ...tx, ops: [{ ...transfer(1, 2, 1n), ...change }] };
    expectRefused(code, () => batch.applyTx(bad, { signatureChecked: true }));
    expectRefused(code, () => batch.applyTx(bad, { signatureChecked: true, hash: 1n as Field }));
  });

  test('a hash handed in counts only from a caller who checked the signature', () => {
    const tx = aliceTx([transfer(1, 2, 1n)]);
    const other = { ...tx, ops: [transfer(1, 2, 900n)] };
    const hash = txHash(tx, TEST_DOMAIN);
    expectRefused('BAD_SIGNATURE', () => batch.applyTx(other, { hash }));
    expect(batch.applyTx(tx, { signatureChecked: true, hash: 5n as Field }).hash).toBe(5n);
  });

  test('a replayed transaction → BAD_NONCE', () => {
    const tx = aliceTx([transfer(1, 2, 1n)]);
    batch.applyTx(tx);
    expectRefused('BAD_NONCE', () => batch.applyTx(tx));
  });

  test('the last second of validity still counts', () => {
    batch.applyTx(aliceTx([transfer(1, 2, 1n)], { validUntil: TEST_TIME }));
    expect(batch.counts.txs).toBe(1);
  });

  test('nonce 2^32 − 1 can no longer sign', () => {
    const account = tree.get(index(1));
    if (account === undefined) throw new Error('fixture');
    tree.set(index(1), { ...account, nonce: 2 ** 32 - 2 });
    batch = open(tree);
    batch.applyTx(aliceTx([transfer(1, 2, 1n)], { nonce: 2 ** 32 - 2 }));
    expectRefused('NONCE_EXHAUSTED', () => batch.applyTx(aliceTx([transfer(1, 2, 1n)], { nonce: 2 ** 32 - 1 })));
  });

  test('a signer that is no KEY account → WRONG_KIND', () => {
    const account = tree.get(index(1));
    if (account === undefined) throw new Error('fixture');
    tree.set(index(1), { ...account, kind: 2 });
    batch = open(tree);
    expectRefused('WRONG_KIND', () => batch.applyTx(aliceTx([transfer(1, 2, 1n)])));
  });
});

describe('L1 operations', () => {
  test('DEPOSIT_TO credits a live account of the token', () => {
    const op = batch.applyL1({ opcode: 2, index: index(1), token: 0, amount: 5n, address: 1n });
    expect(op.isVoid).toBe(false);
    expect(balance(batch, 1)).toBe(1005n);
  });

  test.each([
    ['no account there', 60, 0],
    ['another token', 1, 7],
  ])('DEPOSIT_TO is void: %s', (_, at, token) => {
    const root = batch.previewRoot();
    const op = batch.applyL1({ opcode: 2, index: index(at), token, amount: 5n, address: 1n });
    expect(op).toMatchObject({ isVoid: true, token, amount: 5n, address: 1n });
    expect(batch.previewRoot()).toBe(root);
    expect(batch.counts.accounts).toBe(1);
  });

  test('FORCED_EXIT takes the whole balance for the account’s address', () => {
    const op = batch.applyL1({ opcode: 3, index: index(3), address: carol.address });
    expect(op).toMatchObject({ isVoid: false, token: 7, amount: 300n });
    expect(balance(batch, 3)).toBe(0n);
  });

  test.each([
    ['no account there', 60, carol.address],
    ['someone else’s address', 1, carol.address],
  ])('FORCED_EXIT is void: %s', (_, at, address) => {
    const op = batch.applyL1({ opcode: 3, index: index(at), address });
    expect(op).toMatchObject({ isVoid: true, token: 0, amount: 0n });
  });

  test.each([
    ['a live index', 'INDEX_TAKEN', 1],
    ['index 0', 'INDEX_OUT_OF_RANGE', 0],
    ['index 2^24', 'INDEX_OUT_OF_RANGE', 2 ** 24],
    ['no index', 'INDEX_OUT_OF_RANGE', undefined],
  ])('DEPOSIT_NEW to %s → %s', (_, code, at) => {
    expectRefused(code, () => batch.applyL1(depositNew(actor(5), 1n), at as AccountIndex));
  });

  test.each([0, 2 ** 24])('DEPOSIT_TO and FORCED_EXIT of index %d → INDEX_OUT_OF_RANGE', (at) => {
    const bad = at as AccountIndex;
    expectRefused('INDEX_OUT_OF_RANGE', () =>
      batch.applyL1({ opcode: 2, index: bad, token: 0, amount: 1n, address: 1n }),
    );
    expectRefused('INDEX_OUT_OF_RANGE', () => batch.applyL1({ opcode: 3, index: bad, address: 1n }));
  });

  test('amount 2^96 → AMOUNT_OUT_OF_RANGE', () => {
    expectRefused('AMOUNT_OUT_OF_RANGE', () => batch.applyL1(depositNew(actor(5), 1n << 96n), index(30)));
  });

  test('a balance that would pass 2^96 → AMOUNT_OUT_OF_RANGE, never a wrap', () => {
    const item: QueueItem = { opcode: 2, index: index(1), token: 0, amount: (1n << 96n) - 1n, address: 1n };
    expectRefused('AMOUNT_OUT_OF_RANGE', () => batch.applyL1(item));
  });

  test('after a transaction → BATCH_FULL: they come first', () => {
    batch.applyTx(aliceTx([transfer(1, 2, 1n)]));
    expectRefused('BATCH_FULL', () => batch.applyL1(depositNew(actor(5), 1n), index(30)));
  });
});

describe('what fits', () => {
  test('L1 slots', () => {
    for (let i = 0; i < SHAPES.dev.L; i += 1) batch.applyL1(depositNew(actor(30 + i), 1n), index(30 + i));
    expectRefused('BATCH_FULL', () => batch.applyL1(depositNew(actor(5), 1n), index(50)));
  });

  test('op slots: 32, and the error says that 33 never fit', () => {
    const ops = Array.from({ length: 33 }, () => transfer(1, 2, 1n));
    expectRefused('BATCH_FULL', () => batch.applyTx(aliceTx(ops)));
    expectCode('BATCH_FULL', () => batch.applyTx(aliceTx(ops)), { slots: 'ops', wanted: 33, free: 32, capacity: 32 });
    batch.applyTx(aliceTx(ops.slice(1)));
    expectRefused('BATCH_FULL', () => batch.applyTx(aliceTx([transfer(1, 2, 1n)], { nonce: 1 })));
  });

  test('signature slots', () => {
    const { S } = SHAPES.dev;
    for (let nonce = 0; nonce < S; nonce += 1) batch.applyTx(aliceTx([transfer(1, 2, 1n)], { nonce }));
    expectRefused('BATCH_FULL', () => batch.applyTx(aliceTx([transfer(1, 2, 1n)], { nonce: S })));
  });

  test('exit slots; FORCED_EXIT does not use them', () => {
    batch.applyL1({ opcode: 3, index: index(3), address: carol.address });
    batch.applyTx(aliceTx([1n, 2n, 3n, 4n].map((amount) => exit(1, 5n, amount))));
    expectRefused('BATCH_FULL', () => batch.applyTx(aliceTx([exit(1, 5n, 1n)], { nonce: 1 })));
  });

  test('account slots count signers, targets, void targets and fee accounts', () => {
    batch = open(tree, SHAPES.small);
    batch.applyL1({ opcode: 2, index: index(60), token: 0, amount: 5n, address: 1n });
    batch.nameFeeAccount(index(FEES));
    batch.applyTx(aliceTx([transfer(1, 2, 1n, { fee: 1n })]));
    expect(batch.counts.accounts).toBe(4);
    batch.applyTx(aliceTx([register(1, 20, actor(4), 1n)], { nonce: 1 }));
    expectRefused('BATCH_FULL', () => batch.applyTx(aliceTx([register(1, 21, actor(5), 1n)], { nonce: 2 })));
    expectRefused('BATCH_FULL', () => batch.nameFeeAccount(index(3)));
  });
});

describe('fee accounts', () => {
  test('naming one twice changes nothing', () => {
    batch.nameFeeAccount(index(FEES));
    batch.nameFeeAccount(index(FEES));
    expect(batch.counts.accounts).toBe(1);
  });

  test('a second account of a token → FEE_ACCOUNT_INVALID', () => {
    batch.nameFeeAccount(index(FEES));
    expectRefused('FEE_ACCOUNT_INVALID', () => batch.nameFeeAccount(index(1)));
  });

  test('index 0, no account and another kind → FEE_ACCOUNT_INVALID', () => {
    const account = tree.get(index(3));
    if (account === undefined) throw new Error('fixture');
    tree.set(index(3), { ...account, kind: 2 });
    batch = open(tree);
    for (const at of [0, 60, 3]) expectRefused('FEE_ACCOUNT_INVALID', () => batch.nameFeeAccount(index(at)));
  });

  test('a fifth lane → BATCH_FULL; lanes keep the order of naming', () => {
    [40, 41, 42, 43].forEach((at, token) => {
      batch.applyL1(depositNew(actor(at), 1n, 100 + token), index(at));
    });
    for (const at of [43, 40, 42, 41]) batch.nameFeeAccount(index(at));
    expectRefused('BATCH_FULL', () => batch.nameFeeAccount(index(1)));
    const closed = batch.close({ lastBlock: 5n, evmCommitment: 0n });
    expect(closed.batch.feeAccounts).toEqual([43, 40, 42, 41]);
  });

  test('an account created in the batch can be named', () => {
    batch.applyL1(depositNew(actor(40), 1n), index(40));
    batch.nameFeeAccount(index(40));
    batch.applyTx(aliceTx([transfer(1, 2, 1n, { fee: 6n })]));
    batch.close({ lastBlock: 5n, evmCommitment: 0n });
    expect(tree.get(index(40))?.balance).toBe(7n);
  });
});
