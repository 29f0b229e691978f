import type { ReactNode } from 'react';
import { Amount } from './Amount.tsx';
import { useTokens } from './useTokens.ts';

interface TokenAmountProps {
  /** Base units; text as the node sends it. */
  readonly value: bigint | string;
  readonly token: number;
}

/** An amount of a token by its id. */
export function TokenAmount({ value, token }: TokenAmountProps): ReactNode {
  const { symbol, decimals } = useTokens()(token);
  return <Amount value={value} symbol={symbol} decimals={decimals} />;
}
