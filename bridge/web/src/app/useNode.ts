import { keepPreviousData, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { request } from '../../../../sdk/request.ts';
import type { RpcMethod, RpcMethods, Wire } from '../../../../sdk/rpcTypes.ts';
import { useDeployment } from './context.ts';
import { PageError } from './pageError.ts';

export interface UseNodeOptions {
  /** Asked again this often, ms; default: when a new block is heard of (`useLive`). */
  readonly every?: number;
  readonly enabled?: boolean;
}

/** One question to the node. What was known stays on the page while it is asked again, or does not answer. */
export function useNode<M extends RpcMethod>(
  method: M,
  params: RpcMethods[M]['params'],
  { every, enabled = true }: UseNodeOptions = {},
): UseQueryResult<Wire<RpcMethods[M]['result']>> {
  const { node } = useDeployment();
  return useQuery({
    queryKey: ['node', method, ...params],
    queryFn: ({ signal }) => {
      if (node === undefined) throw new PageError('NODE_ABSENT');
      return request(node, method, params, { signal });
    },
    enabled,
    placeholderData: keepPreviousData,
    ...(every !== undefined && { refetchInterval: every }),
  });
}

/** How long after a block the lists are asked for anew: blocks may come faster than anybody reads. */
const PAUSE_MS = 1_000;

/** Everything asked of the node is asked again after a new block or batch; without a WebSocket, every five seconds. Once per page. */
export function useLive(): void {
  const { node } = useDeployment();
  const queries = useQueryClient();
  useEffect(() => {
    if (node === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        if (document.visibilityState === 'visible') void queries.invalidateQueries({ queryKey: ['node'] });
      }, PAUSE_MS);
    };
    const ends: (() => void)[] = [];
    let isOver = false;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const listen = async (): Promise<void> => {
      const subscriptions = node.transport.subscriptions;
      const onEnd = () => {
        if (isOver) return;
        ends.length = 0; // they are over with the connection
        again();
        clearTimeout(retry); // a connection may be lost while it is still being set up: told twice, tried once
        retry = setTimeout(() => void listen(), 5_000);
      };
      try {
        const blocks = await subscriptions.subscribe('blocks', [], { onEvent: again, onEnd });
        ends.push(() => void blocks.unsubscribe().catch(() => undefined));
        const batches = await subscriptions.subscribe('batches', [], { onEvent: again, onEnd: () => undefined });
        ends.push(() => void batches.unsubscribe().catch(() => undefined));
        again();
      } catch {
        onEnd();
      }
      if (isOver) for (const end of ends.splice(0)) end();
    };
    void listen();
    // what was heard of while nobody looked
    document.addEventListener('visibilitychange', again);
    return () => {
      isOver = true;
      document.removeEventListener('visibilitychange', again);
      clearTimeout(timer);
      clearTimeout(retry);
      for (const end of ends.splice(0)) end();
    };
  }, [node, queries]);
}
