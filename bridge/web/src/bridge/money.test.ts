import { describe, expect, it } from 'vitest';
import { readAmount } from './amountInput.ts';
import { spendable } from './fees.ts';
import { aboutText, amountIn, amountText, ETH, readableTrouble, tokenOf } from './money.ts';

const USD = { ...ETH, id: 3, symbol: 'USD', name: 'Dollars', decimals: 6 };

describe('tokens', () => {
  it('ETH is known before anything is read, others by their number and in base units', () => {
    expect(tokenOf([], 0)).toEqual(ETH);
    expect(tokenOf([USD], 3)).toBe(USD);
    expect(tokenOf([USD], 9)).toMatchObject({ id: 9, symbol: 'T9', decimals: 0 });
  });
});

describe('amounts', () => {
  it('are exact until they are shown', () => {
    expect(amountText(1_250_000n, USD, 'en')).toBe('1.25 USD');
    expect(amountText(1_250_000n, USD, 'fr')).toBe('1,25 USD');
    expect(amountText(1n, ETH, 'en')).toContain('<');
  });

  it('of fees are shown with the digits that mean something', () => {
    expect(aboutText(55_026_312_345_678n, ETH, 'en')).toBe('0.000055 ETH');
    expect(aboutText(7n, USD, 'en')).toBe('0.000007 USD');
    expect(aboutText(0n, ETH, 'en')).toBe('0 ETH');
  });

  it('of a token that is not in the list are none', () => {
    expect(amountIn([{ token: 1, amount: 5n }], 1)).toBe(5n);
    expect(amountIn([{ token: 1, amount: 5n }], 2)).toBe(0n);
  });

  it('leave what fees need, and are never negative', () => {
    expect(spendable(10n, 3n)).toBe(7n);
    expect(spendable(3n, 10n)).toBe(0n);
  });
});

describe('readAmount', () => {
  it('takes what is there', () => {
    expect(readAmount('1,5', USD, 1_500_000n)).toEqual({ amount: 1_500_000n });
  });

  it('refuses more than there is before any wallet is asked', () => {
    expect(readAmount('1.500001', USD, 1_500_000n)).toEqual({
      trouble: { code: 'INSUFFICIENT_FUNDS', data: { need: 1_500_001n, have: 1_500_000n, token: 3 } },
    });
  });

  it.each([
    ['', 'AMOUNT_EMPTY'],
    ['-1', 'AMOUNT_NEGATIVE'],
    ['1e9', 'AMOUNT_MALFORMED'],
    ['0', 'AMOUNT_ZERO'],
    ['0.0000001', 'AMOUNT_TOO_PRECISE'],
    ['1,000', 'AMOUNT_AMBIGUOUS'],
  ])('%j is told as %s', (text, code) => {
    expect(readAmount(text, USD, undefined).trouble?.code).toBe(code);
  });
});

describe('readableTrouble', () => {
  it('writes amounts in their token', () => {
    const trouble = { code: 'INSUFFICIENT_FUNDS', data: { need: 2_000_000n, have: 1_000_000n, token: 3 } };
    expect(readableTrouble(trouble, [USD], 'en').data).toMatchObject({ need: '2 USD', have: '1 USD' });
  });

  it('has a text without numbers where a wallet gives none', () => {
    expect(readableTrouble({ code: 'INSUFFICIENT_FUNDS' }, [], 'en').code).toBe('INSUFFICIENT_FUNDS_SOMEWHERE');
  });

  it('leaves everything else as it is', () => {
    expect(readableTrouble({ code: 'WRONG_NETWORK', data: { expected: 1, found: 5 } }, [], 'en')).toEqual({
      code: 'WRONG_NETWORK',
      data: { expected: 1, found: 5 },
    });
  });
});
