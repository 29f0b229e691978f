import type { ReactNode } from 'react';
import { formatUnits } from 'viem';
import { useLanguage, useTexts } from '../../texts/index.tsx';
import { shortAmount } from '../../ui/Amount.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';

/** A number with its unit. */
export function Quantity({
  value,
  unit,
}: {
  readonly value: number | bigint | string;
  readonly unit?: string;
}): ReactNode {
  const { language } = useLanguage();
  const number = typeof value === 'string' ? BigInt(value) : value;
  const text = new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(number);
  return (
    <span className="amount">
      {text}
      {unit !== undefined && <span className="unit"> {unit}</span>}
    </span>
  );
}

/** A price of gas. */
export function GasPrice({ wei }: { readonly wei: bigint | string }): ReactNode {
  const { language } = useLanguage();
  return (
    <span className="amount" title={`${BigInt(wei)} wei`}>
      {shortAmount(formatUnits(BigInt(wei), 9), language)} <span className="unit">gwei</span>
    </span>
  );
}

/** What an account gained or lost. */
export function Change({ value, token }: { readonly value: string; readonly token: number }): ReactNode {
  const amount = BigInt(value);
  if (amount === 0n) return <TokenAmount value={0n} token={token} />;
  return (
    <span className={amount > 0n ? 'gain' : 'loss'}>
      {amount > 0n ? '+' : '−'}
      <TokenAmount value={amount > 0n ? amount : -amount} token={token} />
    </span>
  );
}

/** A list that is cut off says so. */
export function MoreThan({ shown, all }: { readonly shown: number; readonly all: number }): ReactNode {
  const { explorer } = useTexts();
  return shown < all ? (
    <p className="quiet">{explorer.firstOf.replace('{shown}', String(shown)).replace('{all}', String(all))}</p>
  ) : null;
}
