import { useCallback } from 'react';
import { fill, useTexts } from '../texts/index.tsx';

/** How amounts of a token are written. */
export interface TokenFacts {
  readonly id: number;
  readonly symbol: string;
  readonly decimals: number;
  /** Nothing but its number is known: amounts are in base units. */
  readonly isUnknown: boolean;
}

/** The token of an id. */
export function useTokens(): (id: number) => TokenFacts {
  const { token } = useTexts();
  return useCallback(
    (id) =>
      id === 0
        ? { id, symbol: 'ETH', decimals: 18, isUnknown: false }
        : { id, symbol: fill(token.unknown, { id }), decimals: 0, isUnknown: true },
    [token],
  );
}
