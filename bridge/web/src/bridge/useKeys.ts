import { useEffect, useMemo, useState } from 'react';
import type { Address } from 'viem';
import type { Point } from '../../../../protocol/types.ts';
import type { LedgerAccount } from '../../../../sdk/accounts/ledgerAccount.ts';
import type { L1Wallet } from '../../../../sdk/bridge/l1Wallet.ts';
import { useDeployment } from '../app/context.ts';
import { TransferError } from '../transfers/trouble.ts';
import type { OwnedAccount } from '../transfers/types.ts';
import type { EngineCode } from './engine.ts';

export interface Keys {
  /** The public key; undefined: the wallet was not asked yet. */
  readonly key: Point | undefined;
  get(accounts: readonly OwnedAccount[]): Promise<LedgerAccount>;
}

/** Ledger keys, in memory until the page is closed or the wallet's account changes. */
export function useKeys(code: EngineCode | undefined, wallet: L1Wallet | undefined): Keys {
  const { config } = useDeployment();
  const keys = useMemo(() => code && new code.LedgerKeys(config), [code, config]);
  const [known, setKnown] = useState<{ readonly owner: Address; readonly key: Point }>();
  const present = wallet?.account.address;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another account's key is dropped
  useEffect(() => {
    setKnown(undefined);
    return () => keys?.drop();
  }, [keys, present]);
  return {
    key: known?.owner === present ? known?.key : undefined,
    get: async (accounts) => {
      if (keys === undefined || wallet === undefined) throw new TransferError('WALLET_DISCONNECTED');
      const key = await keys.of(wallet, accounts);
      setKnown({ owner: wallet.account.address, key: key.key });
      return key;
    },
  };
}
