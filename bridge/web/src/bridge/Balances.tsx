import type { ReactNode } from 'react';
import { useDeployment } from '../app/context.ts';
import { href } from '../app/router.ts';
import { fill, useLanguage, useTexts } from '../texts/index.tsx';
import { TransferError, toTrouble } from '../transfers/trouble.ts';
import type { Holdings, OwnedAccount } from '../transfers/types.ts';
import { Amount } from '../ui/Amount.tsx';
import { Button } from '../ui/Button.tsx';
import { Card } from '../ui/Card.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { ActProgress } from './ActProgress.tsx';
import { useBridge } from './BridgeContext.tsx';
import { amountText, tokenOf } from './money.ts';
import { ReadingNotice } from './ReadingNotice.tsx';
import { TroubleNotice } from './TroubleNotice.tsx';
import { useAct } from './useAct.ts';
import { useReading } from './useReading.ts';

/** What the wallet's address has, everywhere. */
export function Balances(): ReactNode {
  const { bridge } = useTexts();
  const { wallet, holdings } = useBridge();
  const phase = useReading()?.phase;
  const isReading = phase === 'reading' || phase === 'stopped';
  return (
    <Card title={bridge.balances.title}>
      {wallet === undefined ? (
        <p className="empty">{bridge.wallet.needed}</p>
      ) : holdings.data !== undefined ? (
        <Held holdings={holdings.data} />
      ) : isReading ? (
        <ReadingNotice />
      ) : holdings.error !== null ? (
        <TroubleNotice trouble={toTrouble(holdings.error)} onRetry={() => void holdings.refetch()} />
      ) : (
        <Spinner label={bridge.list.loading} />
      )}
    </Card>
  );
}

function Held({ holdings: { l1, lane, accounts, owed, source, batch } }: { readonly holdings: Holdings }): ReactNode {
  const { balances } = useTexts().bridge;
  const { config } = useDeployment();
  return (
    <>
      {owed.some(({ amount }) => amount > 0n) && (
        <Part title={balances.owed}>
          {owed
            .filter(({ amount }) => amount > 0n)
            .map((entry) => (
              <Owed key={entry.token} {...entry} />
            ))}
        </Part>
      )}
      <Part title={balances.wallet}>
        <Amounts amounts={l1} />
      </Part>
      <Part title={balances.ledger}>
        {accounts.length === 0 ? <p className="quiet">{balances.noAccounts}</p> : <Accounts accounts={accounts} />}
      </Part>
      {config.evmLane !== undefined && (
        <Part title={balances.lane}>
          {source === 'l1' ? <p className="quiet">{balances.laneUnknown}</p> : <Amounts amounts={lane} />}
        </Part>
      )}
      <p className="quiet small">{source === 'l1' ? fill(balances.byL1, { batch: batch ?? 0 }) : balances.byNode}</p>
    </>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <div className="held">
      <h3>{title}</h3>
      {children}
    </div>
  );
}

/** ETH always, other tokens where there are any. */
function Amounts({
  amounts,
}: {
  readonly amounts: readonly { readonly token: number; readonly amount: bigint }[];
}): ReactNode {
  const { balances } = useTexts().bridge;
  const { known } = useBridge();
  const shown = amounts.filter(({ token, amount }) => amount > 0n || token === 0);
  if (shown.length === 0) return <p className="quiet">{balances.nothing}</p>;
  return (
    <ul className="held-list">
      {shown.map(({ token, amount }) => {
        const { symbol, decimals, name } = tokenOf(known, token);
        return (
          <li key={token}>
            <span>{name}</span>
            <Amount value={amount} symbol={symbol} decimals={decimals} />
          </li>
        );
      })}
    </ul>
  );
}

function Accounts({ accounts }: { readonly accounts: readonly OwnedAccount[] }): ReactNode {
  const { known, hasNode } = useBridge();
  return (
    <ul className="held-list">
      {accounts.map((account) => {
        const { symbol, decimals } = tokenOf(known, account.token);
        return (
          <li key={account.index}>
            {hasNode ? (
              <a href={href('explorer', 'account', account.index)}>
                <AccountName account={account} />
              </a>
            ) : (
              <span>
                <AccountName account={account} />
              </span>
            )}
            <Amount value={account.balance} symbol={symbol} decimals={decimals} />
          </li>
        );
      })}
    </ul>
  );
}

/** What kind of account it is, and its number. */
export function AccountName({ account: { kind, index, isEscaped } }: { readonly account: OwnedAccount }): ReactNode {
  const { balances } = useTexts().bridge;
  const names = { KEY: balances.account, CHANNEL: balances.channel, ATTEST: balances.attestation };
  return `${fill(names[kind], { index })}${isEscaped === true ? ` (${balances.escaped})` : ''}`;
}

/** All that L1 owes in a token, paid out with one transaction. */
function Owed({ token, amount }: { readonly token: number; readonly amount: bigint }): ReactNode {
  const { balances } = useTexts().bridge;
  const { language } = useLanguage();
  const { known, actor, isWrongNetwork } = useBridge();
  const act = useAct();
  const run = () =>
    act.run(async (report) => {
      if (isWrongNetwork) throw new TransferError('WRONG_NETWORK');
      if (actor === undefined) throw new TransferError('L1_UNREACHABLE');
      return actor.withdraw(token, { onProgress: report.progress });
    });
  const text = amountText(amount, tokenOf(known, token), language);
  return (
    <div className="owed">
      <span className="amount">{text}</span>
      <Button isBusy={act.state.isBusy} onClick={() => void run()} aria-label={`${balances.withdraw} ${text}`}>
        {balances.withdraw}
      </Button>
      <ActProgress state={act.state} />
    </div>
  );
}
