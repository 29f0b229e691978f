import type { LedgerAccount } from '../../../../sdk/accounts/ledgerAccount.ts';
import type { OwnedAccount } from '../transfers/types.ts';
import { useBridge } from './BridgeContext.tsx';
import { isKeyOf } from './depositTarget.ts';

export interface LedgerKey {
  /** The wallet need not be asked any more. */
  readonly isKnown: boolean;
  /** An account of the owner has one: one signature is enough to make it again. */
  readonly isExpected: boolean;
  /** False: the account is of another key, as far as is known by now. */
  mayHave(account: Pick<OwnedAccount, 'key'>): boolean;
  /** From memory, or by signatures of the wallet. @throws TransferError, SdkError, what the wallet throws */
  get(): Promise<LedgerAccount>;
}

/** The ledger key of the connected wallet. */
export function useLedgerKey(): LedgerKey {
  const { holdings, keys } = useBridge();
  const accounts = holdings.data?.accounts ?? [];
  return {
    isKnown: keys.key !== undefined,
    isExpected: accounts.some(({ key }) => key !== undefined),
    mayHave: (account) => keys.key === undefined || isKeyOf(keys.key, account),
    get: () => keys.get(accounts),
  };
}
