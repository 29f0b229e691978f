import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { RpcMethods, Wire } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';

type EpochMethod = 'engram_getEpoch' | 'engram_getEpochs';

/** While batches are gone through no block need come: the question is asked again. */
const AGAIN_MS = 1_500;

/** An answer, or the last failure: it stays while the question is asked again, and what is shown because of it stays, too. */
export type EpochQuery<T> = Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>;

/** A question about epochs; asked again while the node still replays the service. */
export function useEpochQuery<M extends EpochMethod>(
  method: M,
  params: RpcMethods[M]['params'],
): EpochQuery<Wire<RpcMethods[M]['result']>> {
  const [failure, setFailure] = useState<Error | null>(null);
  const isReplaying = codeOf(failure) === 'SERVICE_REPLAYING';
  const { data, error, status, refetch } = useNode(method, params, isReplaying ? { every: AGAIN_MS } : {});
  useEffect(() => {
    if (status !== 'pending') setFailure(error);
  }, [status, error]);
  return { data, error: error ?? (status === 'pending' ? failure : null), refetch };
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null)?.code; // whatever was thrown
  return typeof code === 'string' ? code : undefined;
}
