import { describe, expect, test } from 'vitest';
import { SUBGROUP_ORDER } from './crypto/babyjub.ts';
import { poseidon } from './crypto/poseidon.ts';
import { R_FIELD } from './field.ts';
import { accountIndex } from './ids.ts';
import { actor, TEST_DOMAIN } from './testing/actors.ts';
import { expectCode } from './testing/expectCode.ts';
import type { AccountIndex, Field, Voucher } from './types.ts';
import { signVoucher, verifyVoucher, voucherDomain, voucherMessage } from './voucher.ts';

const consumer = actor(1);
const voucher: Voucher = { channel: accountIndex(7), total: 1_000n, receiptsRoot: 99n as Field };
const good = signVoucher(voucher, consumer.seed, TEST_DOMAIN);

describe('vouchers', () => {
  test('the message is Poseidon4 of domain, channel, total and root', () => {
    expect(voucherDomain(TEST_DOMAIN)).toBe(poseidon([TEST_DOMAIN, 1n]));
    expect(voucherMessage(voucher, TEST_DOMAIN)).toBe(poseidon([poseidon([TEST_DOMAIN, 1n]), 7n, 1_000n, 99n]));
  });

  test('the domain stays right when more deployments are asked for than are remembered', () => {
    for (let i = 0n; i < 40n; i += 1n) expect(voucherDomain(i as Field)).toBe(poseidon([i, 1n]));
    expect(voucherDomain(3n as Field)).toBe(poseidon([3n, 1n]));
  });

  test('a signed voucher verifies', () => {
    expect(verifyVoucher(good, consumer.key, TEST_DOMAIN)).toBe(true);
  });

  test.each([
    ['another channel', { channel: accountIndex(8) }],
    ['a higher total', { total: 1_001n }],
    ['a lower total', { total: 999n }],
    ['another root', { receiptsRoot: 98n as Field }],
    ['S + l, the same residue', { signature: { ...good.signature, s: good.signature.s + SUBGROUP_ORDER } }],
  ])('%s does not verify', (_, change) => {
    expect(verifyVoucher({ ...good, ...change }, consumer.key, TEST_DOMAIN)).toBe(false);
  });

  test('another key and another deployment do not verify', () => {
    expect(verifyVoucher(good, actor(2).key, TEST_DOMAIN)).toBe(false);
    expect(verifyVoucher(good, consumer.key, (TEST_DOMAIN + 1n) as Field)).toBe(false);
  });

  test.each<[string, string, Partial<Voucher>]>([
    ['total 2^96', 'AMOUNT_OUT_OF_RANGE', { total: 1n << 96n }],
    ['a negative total', 'AMOUNT_OUT_OF_RANGE', { total: -1n }],
    ['channel 2^24', 'INDEX_OUT_OF_RANGE', { channel: (2 ** 24) as AccountIndex }],
    ['a fractional channel', 'INDEX_OUT_OF_RANGE', { channel: 1.5 as AccountIndex }],
    ['a root at the modulus', 'WORD_NOT_CANONICAL', { receiptsRoot: R_FIELD as Field }],
  ])('%s is %s', (_, code, change) => {
    expectCode(code, () => signVoucher({ ...voucher, ...change }, consumer.seed, TEST_DOMAIN));
    expectCode(code, () => verifyVoucher({ ...good, ...change }, consumer.key, TEST_DOMAIN));
  });
});
