import { type Client, createClient, type Transport } from 'viem';
import type { LedgerAccount } from './accounts/ledgerAccount.ts';
import { type LedgerActions, ledgerActions } from './actions/ledgerActions.ts';
import { type EngramChain, fetchEngramChain } from './chain.ts';
import type { EngramRpcSchema } from './rpcSchema.ts';
import { engramTransport } from './transport.ts';

/** A viem client that speaks `engram_*` and has the ledger's actions. */
export type LedgerClient = Client<Transport, EngramChain, undefined, EngramRpcSchema, LedgerActions>;

export interface LedgerClientConfig {
  readonly chain: EngramChain;
  /** Default `engramTransport()`: the chain's node over HTTP and WebSocket. */
  readonly transport?: Transport;
  /** Signs where an action is not given another account. */
  readonly account?: LedgerAccount;
  /** Pause between questions while waiting without WebSocket, ms. Default 1000. */
  readonly pollingIntervalMs?: number;
}

/** A client of the ledger of `chain`. Nothing is asked until an action is called. */
export function createLedgerClient(config: LedgerClientConfig): LedgerClient {
  const { chain, transport = engramTransport(), account, pollingIntervalMs = 1_000 } = config;
  const base = createClient({
    chain,
    transport,
    pollingInterval: pollingIntervalMs,
    key: 'engram',
    name: 'Engram Client',
  });
  // viem cannot infer a schema for a transport chosen at run time
  return base.extend((client) => ledgerActions(client, account)) as unknown as LedgerClient;
}

/** As `createLedgerClient`, for a node that is asked which deployment it serves (`fetchEngramChain`). @throws NodeUnavailableError */
export async function createEngramClient(
  config: Omit<LedgerClientConfig, 'chain'> & { readonly rpcUrl: string },
): Promise<LedgerClient> {
  const { rpcUrl, ...rest } = config;
  return createLedgerClient({ ...rest, chain: await fetchEngramChain(rpcUrl) });
}
