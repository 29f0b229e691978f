import type { ReactNode } from 'react';
import { useConnection } from 'wagmi';
import { Hash } from '../ui/Hash.tsx';

/** Who is connected; empty for nobody. */
export function WalletButton(): ReactNode {
  const { address } = useConnection();
  return <div className="wallet">{address !== undefined && <Hash value={address} />}</div>;
}
