import {
  type Client,
  createClient,
  createPublicClient,
  custom,
  defineChain,
  type EIP1193Provider,
  http,
  type PublicClient,
} from 'viem';
import { type EngramChain, engramChain } from '../../../../sdk/chain.ts';
import { type EngramTransport, engramTransport } from '../../../../sdk/transport.ts';
import type { WebConfig } from '../../../../sdk/webConfig.ts';

/** A client of the node: `request(client, method, params)` of the SDK, viem's actions for the EVM lane. */
export type NodeClient = Client<EngramTransport, EngramChain>;

/** An endpoint could otherwise name any address in a revert (ERC-3668), and the page would ask there. */
export const NO_DETOURS = { ccipRead: false } as const;

/** The node's address, absolute; undefined: there is none. */
export function nodeUrl({ rpc }: WebConfig, base: string = globalThis.location.href): string | undefined {
  return rpc === undefined ? undefined : new URL(rpc, base).href;
}

/** The deployment that the page is for, by its configuration alone: nothing that a node says changes it. */
export function chainOf(config: WebConfig): EngramChain {
  return engramChain({
    id: config.l2.chainId,
    name: config.name,
    rpcUrl: nodeUrl(config) ?? '',
    l1: { id: config.l1.chainId },
    rollup: config.rollup,
    rollupDeployedAt: BigInt(config.deployedAt),
    ...(config.attestations !== undefined && { attestations: config.attestations }),
    ...(config.evmLane !== undefined && { evmLane: config.evmLane }),
  });
}

/** Reads of both lanes; undefined where the page knows no node. */
export function nodeClient(config: WebConfig): NodeClient | undefined {
  if (config.rpc === undefined) return undefined;
  return createClient({
    chain: chainOf(config),
    transport: engramTransport(undefined, { retryCount: 0, timeout: 10_000 }),
    ...NO_DETOURS,
  });
}

/** L1 as viem knows it. */
export function l1Chain({ l1: { rpc, chainId, name, explorer } }: WebConfig) {
  return defineChain({
    id: chainId,
    name,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: rpc === undefined ? [] : [rpc] } },
    ...(explorer !== undefined && { blockExplorers: { default: { name: 'Explorer', url: explorer } } }),
  });
}

/** L1 by the configured endpoint, or by the user's wallet; undefined while there is neither. */
export function l1Client(config: WebConfig, wallet?: EIP1193Provider): PublicClient | undefined {
  const { rpc } = config.l1;
  const transport = rpc !== undefined ? http(rpc, { retryCount: 1 }) : wallet && custom(wallet);
  if (transport === undefined) return undefined;
  return createPublicClient({ chain: l1Chain(config), transport, pollingInterval: 1_500, ...NO_DETOURS });
}
