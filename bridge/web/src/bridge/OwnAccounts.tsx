import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { fill, useTexts } from '../texts/index.tsx';
import { toTrouble } from '../transfers/trouble.ts';
import type { OwnedAccount } from '../transfers/types.ts';
import { Button } from '../ui/Button.tsx';
import { useBridge } from './BridgeContext.tsx';
import { LeavingAccount } from './LeavingAccount.tsx';
import { ReadingNotice } from './ReadingNotice.tsx';
import { TroubleNotice } from './TroubleNotice.tsx';
import { useReading } from './useReading.ts';

interface OwnAccountsProps {
  readonly action: (account: OwnedAccount) => ReactNode;
}

/** The owner's accounts: the node's word, or rebuilt from L1 where it gives none, or where the user would rather not believe it. */
export function OwnAccounts({ action }: OwnAccountsProps): ReactNode {
  const { gone, balances } = useTexts().bridge;
  const { wallet, holdings, engine } = useBridge();
  const reading = useReading();
  const [isByL1, setByL1] = useState(false);
  const owner = wallet?.address;
  const recovered = useQuery({
    queryKey: ['bridge', 'recovered', owner],
    queryFn: async () => (owner && (await engine?.recovery.ledger(owner))) ?? null,
    enabled: isByL1 && owner !== undefined && engine !== undefined,
    structuralSharing: false,
    retry: false,
  });
  if (wallet === undefined) return <p className="quiet">{gone.noWallet}</p>;
  const byNode = holdings.data?.source === 'node' && !isByL1;
  const accounts = isByL1 ? recovered.data?.accounts : holdings.data?.accounts;
  const batch = isByL1 ? recovered.data?.batch : holdings.data?.source === 'l1' ? holdings.data.batch : undefined;
  const isBusy = reading?.phase === 'reading' || reading?.phase === 'stopped';
  const error = (isByL1 ? recovered.error : holdings.error) ?? undefined;
  const retry = () => void (isByL1 ? recovered.refetch() : holdings.refetch());
  return (
    <>
      {batch !== undefined && <p className="quiet small">{fill(balances.byL1, { batch })}</p>}
      {accounts?.length === 0 && <p className="quiet">{gone.none}</p>}
      {accounts !== undefined && accounts.length > 0 && (
        <ul className="leaving">
          {accounts.map((account) => (
            <LeavingAccount key={account.index} account={account}>
              {action(account)}
            </LeavingAccount>
          ))}
        </ul>
      )}
      {accounts === undefined && !isBusy && error !== undefined && (
        <TroubleNotice trouble={toTrouble(reading?.error ?? error)} onRetry={retry} />
      )}
      {!byNode && accounts === undefined && <ReadingNotice />}
      {byNode && (
        <details className="doubt">
          <summary>{gone.doubt}</summary>
          <p className="quiet">{gone.readText}</p>
          <div className="row">
            <Button
              onClick={() => {
                engine?.recovery.resume();
                setByL1(true);
              }}
            >
              {gone.read}
            </Button>
          </div>
        </details>
      )}
    </>
  );
}
