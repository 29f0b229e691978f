import type { ReactNode } from 'react';
import { formatUnits } from 'viem';
import { useLanguage } from '../texts/index.tsx';

interface AmountProps {
  /** Base units; text as the node sends it. */
  readonly value: bigint | string;
  readonly decimals?: number;
  readonly symbol?: string;
}

/** An amount of a token, short; all digits for who points at it. */
export function Amount({ value, decimals = 18, symbol = 'ETH' }: AmountProps): ReactNode {
  const { language } = useLanguage();
  const exact = formatUnits(BigInt(value), decimals);
  return (
    <span className="amount" title={`${exact} ${symbol}`}>
      {shortAmount(exact, language)} <span className="unit">{symbol}</span>
    </span>
  );
}

/** Six significant digits at most; what is too small for them is not shown as nothing. */
export function shortAmount(exact: string, language: string): string {
  const number = Number(exact);
  if (number !== 0 && Math.abs(number) < 1e-6)
    return `${number < 0 ? '−' : ''}<${(1e-6).toLocaleString(language, { maximumFractionDigits: 6 })}`;
  return new Intl.NumberFormat(language, { maximumSignificantDigits: 6 }).format(number);
}
