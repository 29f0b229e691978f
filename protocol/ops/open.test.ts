import { beforeEach, describe, expect, test } from 'vitest';
import { accountIndex } from '../ids.ts';
import type { OpenBatch } from '../openBatch.ts';
import { attest, exit, open, register, signed, transfer } from '../testing/actors.ts';
import { expectRefused } from '../testing/expectRefused.ts';
import { AT, alice, balance, bob, by, carol, dave, EXPIRY, look, market, openAt, wallet } from '../testing/market.ts';
import type { AccountTree } from '../tree.ts';
import { type Field, Kind, type Op, type SignedTx } from '../types.ts';

const LAST = 2 ** 24 - 1;
const terms = { provider: AT.dave, voucherKey: wallet, amount: 100n, expiry: EXPIRY };

let tree: AccountTree;
let batch: OpenBatch;
beforeEach(() => {
  tree = market();
  batch = openAt(tree);
});

function bobs(...ops: Op[]): SignedTx {
  return by(batch, bob, AT.bob, ...ops);
}

function withPayload(op: Op, change: (words: bigint[]) => bigint[]): Op {
  return { ...op, payload: change([...op.payload]) as Field[] };
}

describe('OPEN', () => {
  test('creates a channel with exactly these words, and its balance', () => {
    batch.nameFeeAccount(accountIndex(AT.fees));
    const most = { ...terms, provider: LAST, model: AT.model, expiry: 2 ** 40 - 1, fee: 3n };
    batch.applyTx(bobs(open(AT.bob, 40, most)));
    expect(look(batch, 40)).toEqual({
      kind: Kind.CHANNEL,
      token: 0,
      nonce: 0,
      balance: 100n,
      claimed: 0n,
      a: wallet.key[0],
      b: wallet.key[1],
      c: BigInt(LAST) | (2n << 32n) | (11n << 64n) | ((2n ** 40n - 1n) << 96n),
    });
    expect(balance(batch, AT.bob)).toBe(60_000n - 103n);
    expect(batch.counts.accounts).toBe(4);
  });

  test('the model may be attested earlier in the bundle, not later', () => {
    const [model, channel] = [attest(AT.bob, 41), open(AT.bob, 40, { ...terms, model: 41 })];
    expectRefused(batch, 'UNKNOWN_MODEL', () => batch.applyTx(bobs(channel, model)));
    batch.applyTx(bobs(model, channel));
    expect(look(batch, 40)?.kind).toBe(Kind.CHANNEL);
  });

  const opened = () => open(AT.bob, 40, { ...terms, model: AT.model });
  const refusals: [string, string, () => Op][] = [
    ['a model that does not exist', 'UNKNOWN_MODEL', () => open(AT.bob, 40, { ...terms, model: 50 })],
    ['itself as the model', 'UNKNOWN_MODEL', () => open(AT.bob, 40, { ...terms, model: 40 })],
    ['a KEY account as the model', 'UNKNOWN_MODEL', () => open(AT.bob, 40, { ...terms, model: AT.alice })],
    ['a channel as the model', 'UNKNOWN_MODEL', () => open(AT.bob, 40, { ...terms, model: AT.plain })],
    ['a model of another token', 'WRONG_TOKEN', () => open(AT.bob, 40, { ...terms, model: AT.carolsModel })],
    ['a voucher key off the curve', 'KEY_OFF_CURVE', () => withPayload(opened(), ([, y = 0n, c = 0n]) => [1n, y, c])],
    ['no voucher key', 'KEY_OFF_CURVE', () => withPayload(opened(), () => [])],
    [
      'another payer',
      'NOT_AUTHORIZED',
      () => withPayload(opened(), ([x = 0n, y = 0n, c = 0n]) => [x, y, c - (1n << 32n)]),
    ],
    ['no terms: no payer', 'NOT_AUTHORIZED', () => withPayload(opened(), ([x = 0n, y = 0n]) => [x, y])],
    [
      'terms of 137 bits',
      'BAD_PAYLOAD',
      () => withPayload(opened(), ([x = 0n, y = 0n, c = 0n]) => [x, y, c | (1n << 136n)]),
    ],
    [
      'a provider of 2^24',
      'BAD_PAYLOAD',
      () => withPayload(opened(), ([x = 0n, y = 0n, c = 0n]) => [x, y, c | (1n << 24n)]),
    ],
    [
      'a model of 2^24',
      'BAD_PAYLOAD',
      () => withPayload(opened(), ([x = 0n, y = 0n, c = 0n]) => [x, y, c | (1n << 88n)]),
    ],
    ['a taken index', 'INDEX_TAKEN', () => open(AT.bob, AT.alice, terms)],
    ['no index', 'INDEX_OUT_OF_RANGE', () => open(AT.bob, 0, terms)],
    ['more than the balance', 'INSUFFICIENT_BALANCE', () => open(AT.bob, 40, { ...terms, amount: 60_001n })],
    ['someone else as the source', 'NOT_AUTHORIZED', () => open(AT.alice, 40, terms)],
    ['a channel as the source', 'WRONG_KIND', () => open(AT.channel, 40, terms)],
  ];
  test.each(refusals)('%s → %s', (_, code, op) => {
    expectRefused(batch, code, () => batch.applyTx(bobs(op())));
  });
});

describe('what a channel holds', () => {
  test.each<[string, string, () => SignedTx]>([
    ['TRANSFER by its payer', 'WRONG_KIND', () => bobs(transfer(AT.channel, AT.bob, 1n))],
    ['TRANSFER by its provider', 'WRONG_KIND', () => by(batch, dave, AT.dave, transfer(AT.channel, AT.dave, 1n))],
    ['EXIT by its payer', 'WRONG_KIND', () => bobs(exit(AT.channel, 5n, 1n))],
    ['REGISTER by its payer', 'WRONG_KIND', () => bobs(register(AT.channel, 20, dave, 1n))],
    [
      'its voucher key as a signer',
      'WRONG_KIND',
      () => signed(wallet, { signer: AT.channel, nonce: 0, ops: [transfer(AT.channel, AT.bob, 1n)] }),
    ],
    [
      'TRANSFER to a channel of another token',
      'WRONG_TOKEN',
      () => by(batch, carol, AT.carol, transfer(AT.carol, AT.channel, 1n)),
    ],
  ])('%s → %s', (_, code, make) => {
    const tx = make();
    expectRefused(batch, code, () => batch.applyTx(tx));
  });

  test('anybody can add to it', () => {
    batch.applyL1({ opcode: 2, index: accountIndex(AT.channel), token: 0, amount: 5n, address: 1n });
    batch.applyTx(by(batch, alice, AT.alice, transfer(AT.model, AT.channel, 6n)));
    expect(balance(batch, AT.channel)).toBe(10_011n);
  });
});
