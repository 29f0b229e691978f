import type { ReactNode } from 'react';
import type { OwnedAccount } from '../transfers/types.ts';
import { Amount } from '../ui/Amount.tsx';
import { AccountName } from './Balances.tsx';
import { useBridge } from './BridgeContext.tsx';
import { tokenOf } from './money.ts';

/** An account with what can be done to get its money out. */
export function LeavingAccount({
  account,
  children,
}: {
  readonly account: OwnedAccount;
  readonly children: ReactNode;
}): ReactNode {
  const { known } = useBridge();
  const { symbol, decimals } = tokenOf(known, account.token);
  return (
    <li data-testid={`account-${account.index}`}>
      <p className="leaving-what" id={`leaving-${account.index}`}>
        <AccountName account={account} /> <Amount value={account.balance} symbol={symbol} decimals={decimals} />
      </p>
      {children}
    </li>
  );
}
