import { createPublicClient, createWalletClient, defineChain, http, type PublicClient } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import type { Wallet } from '../../bridge/client/rollupClient.ts';

export interface L1ConnectionOptions {
  readonly rpcUrl: string;
  /** How often a call that waits for something asks again. */
  readonly pollMs: number;
}

/** Read access to any L1 endpoint. Nothing is cached: the sequencer must see a reorg when it happens. */
export function l1PublicClient({ rpcUrl, pollMs }: L1ConnectionOptions): PublicClient {
  return createPublicClient({
    transport: http(rpcUrl, { timeout: 20_000, retryCount: 2 }),
    pollingInterval: pollMs,
    cacheTime: 0,
  });
}

/** A wallet of one account; `chainId` is what the endpoint said. */
export function l1Wallet(options: L1ConnectionOptions & { chainId: number }, account: PrivateKeyAccount): Wallet {
  const { rpcUrl, pollMs, chainId } = options;
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  return createWalletClient({ account, chain, transport: http(rpcUrl), pollingInterval: pollMs, cacheTime: 0 });
}
