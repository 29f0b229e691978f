import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { BlockNotFoundError, TransactionNotFoundError, TransactionReceiptNotFoundError } from 'viem';
import { engramError } from '../../../../sdk/request.ts';
import { useDeployment } from '../app/context.ts';
import type { NodeClient } from '../app/deployment.ts';
import { PageError } from '../app/pageError.ts';

const RETRY_MS = 4_000;

interface UseEvmOptions {
  readonly enabled?: boolean;
  /** It is about something named by its hash: the answer cannot change, and is asked for once. */
  readonly isFixed?: boolean;
}

/** One question about the EVM lane by a viem action, asked again like `useNode`'s; null: there is no such thing. */
export function useEvm<T>(
  name: string,
  about: string,
  ask: (node: NodeClient) => Promise<T>,
  { enabled = true, isFixed = false }: UseEvmOptions = {},
): UseQueryResult<T | null> {
  const { node } = useDeployment();
  return useQuery({
    queryKey: [isFixed ? 'fixed' : 'node', 'evm', name, about],
    queryFn: async (): Promise<T | null> => {
      if (node === undefined) throw new PageError('NODE_ABSENT');
      try {
        return await ask(node);
      } catch (error) {
        if (isNotFound(error)) return null;
        throw engramError(error);
      }
    },
    enabled,
    // one of several nodes behind an address may not have it yet
    ...(isFixed && {
      staleTime: Number.POSITIVE_INFINITY,
      refetchInterval: ({ state }) => (state.data === null ? RETRY_MS : false),
    }),
  });
}

function isNotFound(error: unknown): boolean {
  return (
    error instanceof TransactionNotFoundError ||
    error instanceof TransactionReceiptNotFoundError ||
    error instanceof BlockNotFoundError
  );
}
