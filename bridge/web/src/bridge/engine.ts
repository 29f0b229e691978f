import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { PublicClient } from 'viem';
import { useDeployment } from '../app/context.ts';
import { l1Client } from '../app/deployment.ts';
import type { Bridge } from '../transfers/api.ts';
import { type LazyRecovery, lazyRecovery } from './lazyRecovery.ts';
import type { Wallet } from './useWallet.ts';

export interface Engine {
  readonly bridge: Bridge;
  readonly l1: PublicClient;
  readonly recovery: LazyRecovery;
}

const loadEngine = () => import('../transfers/index.ts');
export type EngineCode = Awaited<ReturnType<typeof loadEngine>>;

/** The engine's code, loaded after the page is there. */
export function useEngineCode() {
  return useQuery({
    queryKey: ['engine'],
    queryFn: loadEngine,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
}

/** The bridge by the configured endpoint of L1, or by the wallet; undefined while there is neither, or its code is not there. */
export function useEngine(code: EngineCode | undefined, wallet: Wallet | undefined): Engine | undefined {
  const { config, node } = useDeployment();
  // with an endpoint of its own, the page reads the same whoever is connected
  const provider = config.l1.rpc === undefined ? wallet?.provider : undefined;
  const l1 = useMemo(() => l1Client(config, provider), [config, provider]);
  const engine = useMemo(() => {
    if (code === undefined || l1 === undefined) return undefined;
    const recovery = lazyRecovery({ config, l1 });
    const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
    return { l1, recovery, bridge: code.openBridge({ config, l1, node, recovery, storage: keptStorage(), locks }) };
  }, [code, config, l1, node]);
  useEffect(() => () => engine?.recovery.stop(), [engine]);
  return engine;
}

/** Some browsers throw at the very name of it: then everything that is kept is refused, which the engine tells. */
function keptStorage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  try {
    return window.localStorage;
  } catch (cause) {
    const refuse = (): never => {
      throw cause;
    };
    return { getItem: refuse, setItem: refuse, removeItem: refuse };
  }
}
