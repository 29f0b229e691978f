import { formatUnits } from 'viem';
import type { Token } from '../transfers/types.ts';
import { shortAmount } from '../ui/Amount.tsx';

/** ETH is known before anything was read. */
export const ETH: Token = {
  id: 0,
  address: '0x0000000000000000000000000000000000000000',
  symbol: 'ETH',
  name: 'Ether',
  decimals: 18,
};

/** The token of an id; of one that is not read yet its number is known, and amounts are in base units. */
export function tokenOf(tokens: readonly Token[], id: number): Token {
  const found = tokens.find((token) => token.id === id);
  return found ?? (id === 0 ? ETH : { ...ETH, id, symbol: `T${id}`, name: `T${id}`, decimals: 0 });
}

/** “1.25 ETH”, short, in the language’s way of writing numbers. */
export function amountText(amount: bigint, { symbol, decimals }: Token, language: string): string {
  return `${shortAmount(formatUnits(amount, decimals), language)} ${symbol}`;
}

/** As `amountText`, for what is only about so: two digits that mean something. */
export function aboutText(amount: bigint, token: Token, language: string): string {
  const digits = Math.max(0, amount.toString().length - 2);
  const unit = 10n ** BigInt(digits);
  return amountText(((amount + unit / 2n) / unit) * unit, token, language);
}

export function amountIn(list: readonly { readonly token: number; readonly amount: bigint }[], token: number): bigint {
  return list.find((entry) => entry.token === token)?.amount ?? 0n;
}

/** Amounts in whatever went wrong, as a person reads them; a code whose text needs numbers that are not there gets another text. */
export function readableTrouble(
  { code, data = {} }: { readonly code: string; readonly data?: Readonly<Record<string, string | number | bigint>> },
  tokens: readonly Token[],
  language: string,
): { code: string; data: Record<string, string | number | bigint> } {
  if (code === 'INSUFFICIENT_FUNDS' && typeof data.need !== 'bigint')
    return { code: 'INSUFFICIENT_FUNDS_SOMEWHERE', data };
  const token = tokenOf(tokens, Number(data.token ?? 0));
  const amounts = Object.entries(data).map(([name, value]) => [
    name,
    AMOUNTS.has(name) && typeof value === 'bigint' ? amountText(value, token, language) : value,
  ]);
  return { code, data: Object.fromEntries(amounts) };
}

const AMOUNTS: ReadonlySet<string> = new Set(['need', 'have', 'max']);
