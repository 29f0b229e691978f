import { createClient } from 'viem';
import { type Config, type Connector, createConfig, createStorage, custom, http } from 'wagmi';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { l1Chain, NO_DETOURS } from './deployment.ts';

/**
 * Wallets that announce themselves (EIP-6963), on L1. Nothing is asked of a wallet before the user connects it; which one it was
 * is remembered.
 */
export function walletConfig(config: WebConfig): Config {
  const chain = l1Chain(config);
  const wallets = createConfig({
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
  onlyByChoice(wallets);
  return wallets;
}

/**
 * A wallet may announce anything, be “authorised” without having been asked, and say at any time that it is connected, with any address.
 * wagmi would put it into the place of the one that the user chose, or of none. It listens for that anew after each disconnection.
 */
function onlyByChoice(wallets: Config): void {
  const { events, connectors } = wallets._internal;
  const guarded = new WeakSet<Connector>();
  const guard = () => {
    for (const connector of wallets.connectors) {
      connector.emitter.off('connect', events.connect);
      if (guarded.has(connector)) continue;
      guarded.add(connector);
      const { isAuthorized } = connector;
      connector.isAuthorized = async () => (await isChosen(wallets, connector)) && isAuthorized.call(connector);
    }
  };
  guard();
  connectors.subscribe(guard);
  wallets.subscribe((state) => state, guard);
}

/** Connected, or the one that was last: of two that call themselves the same, nobody can tell which that was. */
async function isChosen({ state, storage, connectors }: Config, { uid, id }: Connector): Promise<boolean> {
  if (state.connections.has(uid)) return true;
  const recent: unknown = await storage?.getItem('recentConnectorId');
  return recent === id && connectors.filter((other) => other.id === id).length === 1;
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
