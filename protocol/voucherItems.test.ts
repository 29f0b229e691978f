import { expect, test } from 'vitest';
import { verifyMany } from './crypto/eddsa.ts';
import { accountIndex } from './ids.ts';
import { claim, TEST_DOMAIN, transfer } from './testing/actors.ts';
import { expectCode } from './testing/expectCode.ts';
import { AT, by, dave, market, openAt, wallet } from './testing/market.ts';
import type { AccountIndex, Field, SignedTx } from './types.ts';
import { voucherItems } from './voucherItems.ts';

const tree = market();
const get = (index: AccountIndex) => tree.get(index);
const batch = openAt(tree);
const tx = by(
  batch,
  dave,
  AT.dave,
  claim(AT.channel, AT.dave, { voucherKey: wallet, total: 10n }),
  transfer(AT.dave, AT.bob, 1n),
  claim(AT.plain, AT.dave, { voucherKey: wallet, total: 20n }),
);

test('lists the vouchers of the claims in order, each to be checked with its channel’s key', () => {
  const items = voucherItems(tx, TEST_DOMAIN, get);
  expect(items.map(({ signature }) => signature)).toEqual(tx.vouchers);
  expect(items.map(({ pub }) => pub)).toEqual([wallet.key, wallet.key]);
  expect(verifyMany(items)).toEqual([true, true]);
  expect(verifyMany(voucherItems(tx, 5n as Field, get))).toEqual([false, false]);
  expect(voucherItems(by(batch, dave, AT.dave, transfer(AT.dave, AT.bob, 1n)), TEST_DOMAIN, get)).toEqual([]);
});

const edit = (change: (tx: SignedTx) => Partial<SignedTx>): SignedTx => ({ ...tx, ...change(tx) });
const claimingFrom = (index: number) =>
  edit(({ ops }) => ({ ops: ops.map((op) => ({ ...op, from: accountIndex(index) })) }));
const claimingTotal = (total: bigint) =>
  edit(({ ops }) => ({ ops: ops.map((op) => ({ ...op, payload: [total as Field] })) }));

test.each<[string, string, SignedTx]>([
  ['no account', 'UNKNOWN_ACCOUNT', claimingFrom(60)],
  ['a KEY account', 'WRONG_KIND', claimingFrom(AT.bob)],
  ['a model', 'WRONG_KIND', claimingFrom(AT.model)],
  ['a total of 2^96', 'AMOUNT_OUT_OF_RANGE', claimingTotal(1n << 96n)],
  ['a voucher too few', 'INVALID_ARGUMENT', edit(({ vouchers }) => ({ vouchers: vouchers.slice(1) }))],
  ['a voucher too many', 'INVALID_ARGUMENT', edit(({ vouchers }) => ({ vouchers: [...vouchers, ...vouchers] }))],
])('%s → %s', (_, code, bad) => {
  expectCode(code, () => voucherItems(bad, TEST_DOMAIN, get));
});
