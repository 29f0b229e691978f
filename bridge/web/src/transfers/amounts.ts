/** What users type: amounts, addresses, account numbers. @throws TransferError with a code that says what is wrong */
import { type Address, getAddress } from 'viem';
import { TransferError } from './trouble.ts';

/** L1's vault and the ledger hold less than this of a token. */
export const MAX_AMOUNT = 2n ** 96n - 1n;
const MAX_ACCOUNT = 2 ** 24 - 1;
const MAX_LENGTH = 60;

/**
 * An amount as a user writes it, in base units. Point and comma both separate the decimals; no exponent, sign or separator of thousands.
 * @throws TransferError AMOUNT_EMPTY, AMOUNT_MALFORMED, AMOUNT_AMBIGUOUS, AMOUNT_NEGATIVE, AMOUNT_ZERO, AMOUNT_TOO_PRECISE, AMOUNT_TOO_LARGE
 */
export function parseAmount(
  text: string,
  decimals: number,
  { max = MAX_AMOUNT }: { readonly max?: bigint } = {},
): bigint {
  const trimmed = text.trim();
  if (trimmed === '') throw new TransferError('AMOUNT_EMPTY');
  if (/^[-−]\s*[0-9.,]/.test(trimmed)) throw new TransferError('AMOUNT_NEGATIVE');
  const parts = /^([0-9]*)(?:([.,])([0-9]*))?$/.exec(trimmed);
  const [, whole = '', separator, fraction = ''] = parts ?? [];
  if (parts === null || whole + fraction === '' || trimmed.length > MAX_LENGTH)
    throw new TransferError('AMOUNT_MALFORMED');
  // a comma before three digits separates thousands for half of the world: a mistake by a factor of 1000
  if (separator === ',' && fraction.length === 3 && /^[1-9][0-9]{0,2}$/.test(whole)) {
    throw new TransferError('AMOUNT_AMBIGUOUS');
  }
  const digits = fraction.replace(/0+$/, '');
  if (digits.length > decimals) throw new TransferError('AMOUNT_TOO_PRECISE', { decimals });
  const amount = BigInt(`${whole}${digits.padEnd(decimals, '0')}`);
  if (amount === 0n) throw new TransferError('AMOUNT_ZERO');
  if (amount > max) throw new TransferError('AMOUNT_TOO_LARGE', { max });
  return amount;
}

/** Exact, with a point and without zeros at the end: `parseAmount` reads it back. */
export function formatAmount(amount: bigint, decimals: number): string {
  const sign = amount < 0n ? '-' : '';
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

/** @throws TransferError ADDRESS_MALFORMED, ADDRESS_CHECKSUM, ADDRESS_ZERO */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  if (!/^0x[0-9a-fA-F]{40}$/.test(trimmed)) throw new TransferError('ADDRESS_MALFORMED');
  const address = getAddress(trimmed.toLowerCase());
  if (BigInt(address) === 0n) throw new TransferError('ADDRESS_ZERO');
  const letters = trimmed.slice(2);
  const isChecksummed = letters !== letters.toLowerCase() && letters !== letters.toUpperCase();
  if (isChecksummed && trimmed !== address) throw new TransferError('ADDRESS_CHECKSUM');
  return address;
}

/** A number of an account of the ledger. @throws TransferError ACCOUNT_MALFORMED */
export function parseAccount(text: string): number {
  const trimmed = text.trim();
  const index = /^[0-9]{1,8}$/.test(trimmed) ? Number(trimmed) : 0;
  if (index < 1 || index > MAX_ACCOUNT) throw new TransferError('ACCOUNT_MALFORMED', { max: MAX_ACCOUNT });
  return index;
}

/** For amounts that programs give. @throws TransferError AMOUNT_ZERO, AMOUNT_TOO_LARGE */
export function checkAmount(amount: bigint, max: bigint = MAX_AMOUNT): bigint {
  if (amount < 0n) throw new TransferError('AMOUNT_NEGATIVE');
  if (amount === 0n) throw new TransferError('AMOUNT_ZERO');
  if (amount > max) throw new TransferError('AMOUNT_TOO_LARGE', { max });
  return amount;
}
