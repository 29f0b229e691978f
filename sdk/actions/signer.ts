import { accountIndex } from '../../protocol/ids.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import type { LedgerAccount } from '../accounts/ledgerAccount.ts';
import { SdkError } from '../errors.ts';
import { type AnyClient, request } from '../request.ts';

/** Which account pays and signs. */
export interface SignerOptions {
  /** The ledger key; default: the client's. */
  readonly account?: LedgerAccount | undefined;
  /** The account to pay from: a KEY account of the key, or an ATTEST account it owns. Default: the key's first account of `token`. */
  readonly from?: number | undefined;
  /** Token id, where `from` is not given; default 0, ETH. */
  readonly token?: number | undefined;
}

export interface Signer {
  readonly account: LedgerAccount;
  /** The KEY account that signs. */
  readonly index: AccountIndex;
  /** What is debited: `index`, or an ATTEST account that it owns. */
  readonly from: AccountIndex;
  readonly token: number;
}

/** @throws SdkError NO_ACCOUNT, NO_LEDGER_ACCOUNT, NOT_FOUND, NOT_AUTHORIZED, WRONG_KIND */
export async function resolveSigner(client: AnyClient, options: SignerOptions): Promise<Signer> {
  const { from, token = 0 } = options;
  const account = required(options.account);
  if (from !== undefined) return signerOf(client, account, from);
  const accounts = await request(client, 'engram_getAccountsByKey', [account.packedKey]);
  const own = accounts.filter(({ kind, token: its }) => kind === 'KEY' && its === token).map(({ index }) => index);
  if (own.length === 0) {
    throw new SdkError('NO_LEDGER_ACCOUNT', `the key has no account of token ${token}: deposit first`, { token });
  }
  const index = accountIndex(Math.min(...own));
  return { account, index, from: index, token };
}

/** @throws SdkError NO_ACCOUNT */
export function required(account: LedgerAccount | undefined): LedgerAccount {
  if (account === undefined) throw new SdkError('NO_ACCOUNT', 'give a ledger account to the client or to the action');
  return account;
}

async function signerOf(client: AnyClient, account: LedgerAccount, from: number): Promise<Signer> {
  const found = await request(client, 'engram_getAccount', [accountIndex(from)]);
  if (found === null) throw new SdkError('NOT_FOUND', `there is no account ${from}`, { index: from });
  if (found.kind === 'CHANNEL') throw new SdkError('WRONG_KIND', 'a channel pays by vouchers', { index: from });
  if (found.kind === 'ATTEST') {
    // the lowest 32 bits of c are the owner (docs/protocol.md section 2)
    const owner = await signerOf(client, account, Number(BigInt(found.c) & 0xffffffffn));
    return { ...owner, from: accountIndex(from), token: found.token };
  }
  const isOwn = BigInt(found.a) === account.key[0] && BigInt(found.b) === account.key[1];
  if (!isOwn) throw new SdkError('NOT_AUTHORIZED', `account ${from} is of another key`, { index: from });
  const index = accountIndex(from);
  return { account, index, from: index, token: found.token };
}
