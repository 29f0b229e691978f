import type { EvmTx } from '../../chain/evm/types.ts';
import type { PoolAccount } from './accountCache.ts';
import { EvmPoolError } from './evmPoolErrors.ts';
import { canReplace, type PoolEntry } from './poolEntry.ts';
import type { PoolLimits, PoolTxs } from './poolTxs.ts';
import type { SenderTxs } from './senderTxs.ts';

/** Everything that can be said against a transaction from its sender's account and transactions, in geth's order. */
export function checkAdmission(entry: PoolEntry, sender: SenderTxs, pool: PoolTxs, limits: PoolLimits): void {
  checkAccount(entry.tx, entry.cost, sender.account);
  checkFunds(entry, sender);
  checkDelegation(entry, sender, pool);
  const replaced = sender.at(entry.nonce);
  if (replaced === undefined) checkLimits(entry, sender, limits);
  else if (!canReplace(entry, replaced)) throw new EvmPoolError('REPLACEMENT_UNDERPRICED');
}

/** @param cost wei @throws EvmPoolError NONCE_TOO_LOW, NONCE_TOO_HIGH, SENDER_HAS_CODE, INSUFFICIENT_FUNDS */
export function checkAccount({ tx, sender }: EvmTx, cost: bigint, account: PoolAccount): void {
  const { nonce } = tx;
  if (nonce < account.nonce) throw new EvmPoolError('NONCE_TOO_LOW', { nonce, expected: account.nonce });
  if (nonce >= Number.MAX_SAFE_INTEGER) throw new EvmPoolError('NONCE_TOO_HIGH', { nonce, expected: account.nonce });
  if (account.kind === 'contract') throw new EvmPoolError('SENDER_HAS_CODE', { sender });
  const { balance } = account;
  if (balance < cost) throw new EvmPoolError('INSUFFICIENT_FUNDS', { balance, cost, overshot: cost - balance });
}

/** Pending transactions are paid for all together. @throws EvmPoolError INSUFFICIENT_FUNDS */
function checkFunds({ nonce, cost }: PoolEntry, sender: SenderTxs): void {
  const { balance } = sender.account;
  const queued = sender.pendingCost;
  const replaced = sender.pendingAt(nonce);
  const needed = queued + cost - (replaced?.cost ?? 0n);
  if (needed <= balance) return;
  const overshot = needed - balance;
  throw new EvmPoolError(
    'INSUFFICIENT_FUNDS',
    replaced === undefined
      ? { balance, queued, cost, overshot }
      : { balance, queued, bumped: cost - replaced.cost, overshot },
  );
}

/**
 * An account with an EIP-7702 delegation can be emptied by anybody's transaction, so that all it has here could become void at once at no
 * cost. It may have one transaction, and whoever has several here may not be delegated. @throws EvmPoolError
 */
function checkDelegation({ nonce, authorizations }: PoolEntry, sender: SenderTxs, pool: PoolTxs): void {
  const { account, address } = sender;
  if (account.kind === 'delegated' || pool.authorities.has(address, account.nonce)) {
    if (sender.pending.length === 0) {
      if (nonce !== account.nonce) throw new EvmPoolError('DELEGATED_GAP');
    } else if (sender.pendingAt(nonce) === undefined) throw new EvmPoolError('IN_FLIGHT_LIMIT');
  }
  for (const authorization of authorizations) {
    const authority = pool.senders.get(authorization.authority);
    if (authority === undefined || authority.size <= 1 || authorization.nonce < authority.account.nonce) continue;
    throw new EvmPoolError('AUTHORITY_RESERVED');
  }
}

/** @throws EvmPoolError SENDER_FULL */
function checkLimits({ nonce }: PoolEntry, sender: SenderTxs, limits: PoolLimits): void {
  const isFull =
    sender.size >= limits.maxPerSender ||
    (nonce !== sender.nextNonce && sender.queued.length >= limits.maxQueuedPerSender);
  if (isFull) throw new EvmPoolError('SENDER_FULL', { pooled: sender.size });
}
