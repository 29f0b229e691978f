import { AMOUNT_LIMIT } from '../account.ts';
import { ProtocolError } from '../errors.ts';
import type { Stage } from '../stage.ts';
import { type Account, type AccountIndex, Kind, type Op } from '../types.ts';

/** @throws ProtocolError UNKNOWN_ACCOUNT */
export function liveAccount(stage: Stage, index: AccountIndex): Account {
  const account = stage.get(index);
  if (account === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index });
  return account;
}

/**
 * Takes `amount + fee` from `from`, which must be the signer's own KEY account. The debit comes before any credit of the
 * same op. Returns the account as it was before.
 * @throws ProtocolError NOT_AUTHORIZED, UNKNOWN_ACCOUNT, WRONG_KIND, INSUFFICIENT_BALANCE
 */
export function debit(stage: Stage, op: Op, signer: AccountIndex): Account {
  if (op.from !== signer) throw new ProtocolError('NOT_AUTHORIZED', { from: op.from, signer });
  const account = liveAccount(stage, op.from);
  if (account.kind !== Kind.KEY) throw new ProtocolError('WRONG_KIND', { index: op.from, kind: account.kind });
  const total = op.amount + op.fee;
  if (account.balance < total) {
    throw new ProtocolError('INSUFFICIENT_BALANCE', { index: op.from, balance: account.balance, needed: total });
  }
  stage.set(op.from, { ...account, balance: account.balance - total });
  stage.addFee(account.token, op.fee);
  return account;
}

/**
 * The account with `amount` more. The vault's cap keeps the sum of all balances of a token below 2^96, so the check only
 * fails if L1 broke that promise; it must not wrap even then.
 * @throws ProtocolError AMOUNT_OUT_OF_RANGE
 */
export function credited(account: Account, amount: bigint): Account {
  const balance = account.balance + amount;
  if (balance >= AMOUNT_LIMIT) throw new ProtocolError('AMOUNT_OUT_OF_RANGE', { balance });
  return { ...account, balance };
}
