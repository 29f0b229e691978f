import { AMOUNT_LIMIT, controllerOf } from '../account.ts';
import { ProtocolError } from '../errors.ts';
import { NO_ACCOUNT } from '../ids.ts';
import type { Stage } from '../stage.ts';
import { type Account, type AccountIndex, Kind, type Op } from '../types.ts';

/** @throws ProtocolError UNKNOWN_ACCOUNT */
export function liveAccount(stage: Stage, index: AccountIndex): Account {
  const account = stage.get(index);
  if (account === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index });
  return account;
}

/**
 * The account whose key moves the funds of `from` must be the signer.
 * @throws ProtocolError NOT_AUTHORIZED
 */
export function checkController(op: Op, account: Account, signer: AccountIndex): void {
  const controller = controllerOf(op.from, account);
  if (controller !== signer) throw new ProtocolError('NOT_AUTHORIZED', { from: op.from, controller, signer });
}

/**
 * Takes `amount + fee` from `from`, which the caller has authorized. The debit comes before any credit of the same op.
 * @throws ProtocolError INSUFFICIENT_BALANCE
 */
export function take(stage: Stage, op: Op, account: Account): void {
  const total = op.amount + op.fee;
  if (account.balance < total) {
    throw new ProtocolError('INSUFFICIENT_BALANCE', { index: op.from, balance: account.balance, needed: total });
  }
  stage.set(op.from, { ...account, balance: account.balance - total });
  stage.addFee(account.token, op.fee);
}

/**
 * Takes `amount + fee` from `from`, a KEY or ATTEST account that the signer controls; a channel's money moves by CLAIM and CLOSE
 * alone. Returns the account as it was before.
 * @throws ProtocolError UNKNOWN_ACCOUNT, WRONG_KIND, NOT_AUTHORIZED, INSUFFICIENT_BALANCE
 */
export function debit(stage: Stage, op: Op, signer: AccountIndex): Account {
  const account = liveAccount(stage, op.from);
  if (account.kind === Kind.CHANNEL) throw new ProtocolError('WRONG_KIND', { index: op.from, kind: account.kind });
  checkController(op, account, signer);
  take(stage, op, account);
  return account;
}

/**
 * What the ops that create an account at `to` have in common: `from` is the signer's own KEY account and pays, the index is free.
 * Returns the account `from` as it was before.
 * @throws ProtocolError UNKNOWN_ACCOUNT, WRONG_KIND, NOT_AUTHORIZED, INSUFFICIENT_BALANCE, INDEX_OUT_OF_RANGE (0), INDEX_TAKEN
 */
export function debitForNew(stage: Stage, op: Op, signer: AccountIndex): Account {
  const from = liveAccount(stage, op.from);
  if (from.kind !== Kind.KEY) throw new ProtocolError('WRONG_KIND', { index: op.from, kind: from.kind });
  checkController(op, from, signer);
  take(stage, op, from);
  if (op.to === NO_ACCOUNT) throw new ProtocolError('INDEX_OUT_OF_RANGE', { index: op.to });
  if (stage.get(op.to) !== undefined) throw new ProtocolError('INDEX_TAKEN', { index: op.to });
  return from;
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
