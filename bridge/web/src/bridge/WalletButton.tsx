import type { ReactNode } from 'react';
import { useConnection } from 'wagmi';
import { fill, useTexts } from '../texts/index.tsx';
import { Button } from '../ui/Button.tsx';
import { WalletDialog } from './WalletDialog.tsx';
import { chooseWallet } from './walletChoice.ts';

/** Who is connected; leads to the list of wallets. */
export function WalletButton(): ReactNode {
  const { wallet } = useTexts().bridge;
  const { address, status } = useConnection();
  const short = address && `${address.slice(0, 6)}…${address.slice(-4)}`;
  return (
    <div className="wallet">
      {short === undefined ? (
        <Button variant="primary" isBusy={status === 'connecting'} onClick={() => chooseWallet(true)}>
          {wallet.connect}
        </Button>
      ) : (
        <Button
          aria-label={fill(wallet.details, { address: short })}
          title={address}
          onClick={() => chooseWallet(true)}
        >
          <span className="wallet-dot" aria-hidden="true" />
          <code>{short}</code>
        </Button>
      )}
      <WalletDialog />
    </div>
  );
}
