import type { LedgerAccount } from '../../../../sdk/accounts/ledgerAccount.ts';
import { useBridge } from './BridgeContext.tsx';

export interface LedgerKey {
  /** The wallet need not be asked any more. */
  readonly isKnown: boolean;
  /** An account of the owner has one: one signature is enough to make it again. */
  readonly isExpected: boolean;
  /** From memory, or by signatures of the wallet. @throws TransferError, SdkError, what the wallet throws */
  get(): Promise<LedgerAccount>;
}

/** The ledger key of the connected wallet. */
export function useLedgerKey(): LedgerKey {
  const { holdings, keys } = useBridge();
  const accounts = holdings.data?.accounts ?? [];
  return {
    isKnown: keys.isKnown,
    isExpected: accounts.some(({ key }) => key !== undefined),
    get: () => keys.get(accounts),
  };
}
