import { describe, expect, it } from 'vitest';
import { checkAmount, formatAmount, MAX_AMOUNT, parseAccount, parseAddress, parseAmount } from './amounts.ts';

const code = (code: string) => expect.objectContaining({ code });

describe('parseAmount', () => {
  it.each([
    ['1', 18, 10n ** 18n],
    [' 0.5 ', 18, 5n * 10n ** 17n],
    ['0,5', 18, 5n * 10n ** 17n],
    ['.5', 1, 5n],
    ['5.', 0, 5n],
    ['00012.3400', 2, 1234n],
    ['0,123', 3, 123n],
    ['1000,123', 3, 1_000_123n],
    ['1.000', 0, 1n],
    ['0.000000000000000001', 18, 1n],
    [MAX_AMOUNT.toString(), 0, MAX_AMOUNT],
  ])('%j with %i decimals', (text, decimals, amount) => {
    expect(parseAmount(text, decimals)).toBe(amount);
    expect(parseAmount(formatAmount(amount, decimals), decimals)).toBe(amount);
  });

  it.each([
    ['', 'AMOUNT_EMPTY'],
    ['   ', 'AMOUNT_EMPTY'],
    ['.', 'AMOUNT_MALFORMED'],
    ['1e3', 'AMOUNT_MALFORMED'],
    ['0x10', 'AMOUNT_MALFORMED'],
    ['+1', 'AMOUNT_MALFORMED'],
    ['1 000', 'AMOUNT_MALFORMED'],
    ['1,000.5', 'AMOUNT_MALFORMED'],
    ['1.000.000', 'AMOUNT_MALFORMED'],
    ['١', 'AMOUNT_MALFORMED'],
    ['Infinity', 'AMOUNT_MALFORMED'],
    ['9'.repeat(61), 'AMOUNT_MALFORMED'],
    ['-1', 'AMOUNT_NEGATIVE'],
    ['−0,5', 'AMOUNT_NEGATIVE'],
    ['1,000', 'AMOUNT_AMBIGUOUS'],
    ['0', 'AMOUNT_ZERO'],
    ['0.0', 'AMOUNT_ZERO'],
    ['0.0000001', 'AMOUNT_TOO_PRECISE'],
    ['79228162514264337593543950336', 'AMOUNT_TOO_LARGE'],
  ])('refuses %j', (text, expected) => {
    expect(() => parseAmount(text, 6)).toThrow(code(expected));
  });

  it('refuses what is over a limit, and says which', () => {
    expect(() => parseAmount('2', 0, { max: 1n })).toThrow(
      expect.objectContaining({ code: 'AMOUNT_TOO_LARGE', data: { max: 1n } }),
    );
    expect(checkAmount(1n, 1n)).toBe(1n);
    expect(() => checkAmount(0n)).toThrow(code('AMOUNT_ZERO'));
    expect(() => checkAmount(-1n)).toThrow(code('AMOUNT_NEGATIVE'));
    expect(() => checkAmount(2n ** 96n)).toThrow(code('AMOUNT_TOO_LARGE'));
  });
});

describe('formatAmount', () => {
  it('is exact', () => {
    expect(formatAmount(10n ** 18n + 1n, 18)).toBe('1.000000000000000001');
    expect(formatAmount(0n, 18)).toBe('0');
    expect(formatAmount(-15n, 1)).toBe('-1.5');
    expect(formatAmount(7n, 0)).toBe('7');
  });
});

describe('addresses and accounts', () => {
  const ADDRESS = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';

  it('takes an address with its checksum or without letters of two sizes', () => {
    expect(parseAddress(` ${ADDRESS} `)).toBe(ADDRESS);
    expect(parseAddress(ADDRESS.toLowerCase())).toBe(ADDRESS);
    expect(parseAddress(`0x${ADDRESS.slice(2).toUpperCase()}`)).toBe(ADDRESS);
  });

  it.each([
    ['', 'ADDRESS_MALFORMED'],
    ['alice.eth', 'ADDRESS_MALFORMED'],
    [ADDRESS.slice(2), 'ADDRESS_MALFORMED'],
    [`${ADDRESS}0`, 'ADDRESS_MALFORMED'],
    [ADDRESS.replace('f39F', 'f39f'), 'ADDRESS_CHECKSUM'],
    [`0x${'0'.repeat(40)}`, 'ADDRESS_ZERO'],
  ])('refuses %j', (text, expected) => {
    expect(() => parseAddress(text)).toThrow(code(expected));
  });

  it('takes numbers of accounts', () => {
    expect(parseAccount(' 16777215 ')).toBe(2 ** 24 - 1);
    for (const text of ['0', '16777216', '-1', '1.5', '', '1e3', '999999999']) {
      expect(() => parseAccount(text)).toThrow(code('ACCOUNT_MALFORMED'));
    }
  });
});
