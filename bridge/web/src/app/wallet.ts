import { createClient } from 'viem';
import { type Config, createConfig, createStorage, custom, http } from 'wagmi';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { l1Chain, NO_DETOURS } from './deployment.ts';

/**
 * Wallets that announce themselves (EIP-6963), on L1. Nothing is asked of a wallet before the user connects it; which one it was
 * is remembered.
 */
export function walletConfig(config: WebConfig): Config {
  const chain = l1Chain(config);
  return createConfig({
    chains: [chain],
    connectors: [],
    multiInjectedProviderDiscovery: true,
    storage: createStorage({ key: 'engram.wallet', storage: safeStorage() }),
    // the wallet itself is asked where no endpoint is configured; see deployment.ts
    client: () =>
      createClient({
        chain,
        transport: config.l1.rpc === undefined ? custom(absent) : http(config.l1.rpc),
        ...NO_DETOURS,
      }),
  });
}

const absent = {
  request: () => Promise.reject(new TypeError('there is no endpoint of L1')),
};

/** Browsers that keep nothing have no `localStorage`, or throw. */
function safeStorage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  try {
    const { localStorage } = window;
    localStorage.getItem('engram.wallet');
    return localStorage;
  } catch {
    const kept = new Map<string, string>();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    };
  }
}
