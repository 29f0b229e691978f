import { useQuery } from '@tanstack/react-query';
import type { Address, EIP1193Provider } from 'viem';
import { type Connector, useConnection } from 'wagmi';

/** The wallet that the user connected. */
export interface Wallet {
  readonly address: Address;
  readonly connector: Connector;
  readonly provider: EIP1193Provider;
  /** Where the wallet is now. */
  readonly chainId: number;
}

/** Undefined while nobody is connected. */
export function useWallet(): Wallet | undefined {
  const { status, address, connector, chainId } = useConnection();
  const isConnected = status === 'connected';
  const { data: provider } = useQuery({
    queryKey: ['wallet', connector?.uid],
    queryFn: async () => ((await connector?.getProvider()) ?? null) as EIP1193Provider | null, // wagmi leaves its type open
    enabled: isConnected,
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
  if (!isConnected || provider === undefined || provider === null) return undefined;
  return { address, connector, chainId, provider };
}
