import { useQuery } from '@tanstack/react-query';
import type { FeeKind, Fees } from '../transfers/api.ts';
import { useBridge } from './BridgeContext.tsx';

/** What something costs now; undefined until it is known. */
export function useFees(kind: FeeKind, token: number): Fees | undefined {
  const { engine, wallet, isWrongNetwork } = useBridge();
  const bridge = engine?.bridge;
  const { data } = useQuery({
    queryKey: ['fees', kind, token, wallet?.connector.uid],
    queryFn: async () => (await bridge?.feeOf(kind, token)) ?? {},
    enabled: bridge !== undefined && !isWrongNetwork,
    refetchInterval: 15_000,
    structuralSharing: false,
    retry: 1,
  });
  return data;
}

/** Wei, about. */
export function gasCost({ gas }: Fees): bigint | undefined {
  return gas && gas.units * gas.price;
}

/** What can be moved of `balance` so that `reserve` is left for fees of the same token. */
export function spendable(balance: bigint, reserve: bigint): bigint {
  return balance > reserve ? balance - reserve : 0n;
}

/** For gas: prices rise between a look and a signature. */
export function withMargin(wei: bigint): bigint {
  return (wei * 3n) / 2n;
}
