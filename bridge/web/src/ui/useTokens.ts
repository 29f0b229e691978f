import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { request } from '../../../../sdk/request.ts';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { useDeployment } from '../app/context.ts';
import { l1Client } from '../app/deployment.ts';
import { PageError } from '../app/pageError.ts';
import { fill, useTexts } from '../texts/index.tsx';

/** How amounts of a token are written. */
export interface TokenFacts {
  readonly id: number;
  readonly symbol: string;
  readonly decimals: number;
  /** Nothing but its number is known: amounts are in base units. */
  readonly isUnknown: boolean;
}

/** The token of an id. What a token calls itself is read from L1, never from the node, once there is one besides ETH. */
export function useTokens(): (id: number) => TokenFacts {
  const { token } = useTexts();
  const { config, node } = useDeployment();
  const { data: count = 1 } = useQuery({
    queryKey: ['node', 'engram_chainInfo'], // as `useNode` asks: one question for the whole page
    queryFn: ({ signal }) => {
      if (node === undefined) throw new PageError('NODE_ABSENT');
      return request(node, 'engram_chainInfo', [], { signal });
    },
    select: ({ tokens }) => tokens.length,
  });
  const { data: known } = useQuery({
    queryKey: ['tokens', config.rollup, count],
    queryFn: () => readTokens(config),
    enabled: count > 1 && config.l1.rpc !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return useCallback(
    (id) => {
      if (id === 0) return { id, symbol: 'ETH', decimals: 18, isUnknown: false };
      const found = known?.find((one) => one.id === id);
      return found ?? { id, symbol: fill(token.unknown, { id }), decimals: 0, isUnknown: true };
    },
    [token, known],
  );
}

/** The engine of the bridge is loaded for it: it knows how to read tokens that lie. */
async function readTokens(config: WebConfig): Promise<readonly TokenFacts[]> {
  const l1 = l1Client(config);
  if (l1 === undefined) return [];
  const { openBridge } = await import('../transfers/index.ts');
  const tokens = await openBridge({ config, l1, storage: NOTHING_KEPT }).tokens();
  return tokens.map(({ id, symbol, decimals }) => ({ id, symbol, decimals, isUnknown: false }));
}

const NOTHING_KEPT = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
