import type { Point } from '../../../../protocol/types.ts';
import type { LedgerAccount } from '../../../../sdk/accounts/ledgerAccount.ts';
import { SdkError } from '../../../../sdk/errors.ts';
import type { OwnedAccount } from '../transfers/types.ts';

export interface DepositTarget {
  readonly key: Point;
  /** Absent: a new account. */
  readonly account?: number;
}

/**
 * What a deposit names. The key is always the wallet's own: anybody can make an account of a key of theirs with somebody else's address,
 * where it looks like one of theirs, and what is put into it is gone.
 * @throws SdkError KEY_MISMATCH if the account has another key; what `ledgerKey` throws
 */
export async function depositTarget(
  account: Pick<OwnedAccount, 'index' | 'key'> | undefined,
  ledgerKey: () => Promise<Pick<LedgerAccount, 'key'>>,
): Promise<DepositTarget> {
  const { key } = await ledgerKey();
  if (account === undefined) return { key };
  if (!isKeyOf(key, account)) {
    const { index } = account;
    throw new SdkError('KEY_MISMATCH', `this wallet does not make the key of account ${index}`, { index });
  }
  return { key, account: account.index };
}

/** Whether an account is of a key, by what is said of the account. */
export function isKeyOf(key: Point, { key: said }: Pick<OwnedAccount, 'key'>): boolean {
  return said !== undefined && said[0] === key[0] && said[1] === key[1];
}
