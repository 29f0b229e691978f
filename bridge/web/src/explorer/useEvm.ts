import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { BlockNotFoundError, TransactionNotFoundError, TransactionReceiptNotFoundError } from 'viem';
import { engramError } from '../../../../sdk/request.ts';
import { useDeployment } from '../app/context.ts';
import type { NodeClient } from '../app/deployment.ts';
import { PageError } from '../app/pageError.ts';

/** One question about the EVM lane by a viem action, asked again like `useNode`'s; null: there is no such thing. */
export function useEvm<T>(
  name: string,
  about: string,
  ask: (node: NodeClient) => Promise<T>,
  { enabled = true } = {},
): UseQueryResult<T | null> {
  const { node } = useDeployment();
  return useQuery({
    queryKey: ['node', 'evm', name, about],
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
  });
}

function isNotFound(error: unknown): boolean {
  return (
    error instanceof TransactionNotFoundError ||
    error instanceof TransactionReceiptNotFoundError ||
    error instanceof BlockNotFoundError
  );
}
