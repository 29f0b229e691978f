import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { RpcMethods, Wire } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';

type EpochMethod = 'engram_getEpoch' | 'engram_getEpochs';

/** While batches are gone through no block need come: the question is asked again. */
const AGAIN_MS = 1_500;

/** A question about epochs; asked again while the node still replays the service. */
export function useEpochQuery<M extends EpochMethod>(
  method: M,
  params: RpcMethods[M]['params'],
): UseQueryResult<Wire<RpcMethods[M]['result']>> {
  const [isReplaying, setReplaying] = useState(false);
  const query = useNode(method, params, isReplaying ? { every: AGAIN_MS } : {});
  const { error } = query;
  useEffect(() => setReplaying(codeOf(error) === 'SERVICE_REPLAYING'), [error]);
  return query;
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null)?.code; // whatever was thrown
  return typeof code === 'string' ? code : undefined;
}
