import { AMOUNT_LIMIT, isOver, LAST_NONCE, royaltyOf, unpackAttestation, unpackChannel } from '../account.ts';
import { payloadWord } from '../codec/opWords.ts';
import { ProtocolError } from '../errors.ts';
import { NO_ACCOUNT } from '../ids.ts';
import type { Stage } from '../stage.ts';
import { type Account, type AccountIndex, type ChannelTerms, Kind, type Op } from '../types.ts';
import { credited, liveAccount } from './balance.ts';

/**
 * CLAIM: the channel `from` pays what its voucher of the total p1 has not paid yet (delta): `amount` to its provider `to`, the
 * fee, and the royalty p3 to its model's account when the batch closes. The voucher's signature, over p1 and the receipts root p2,
 * is checked by the caller (`voucherItems`), last.
 * @throws ProtocolError UNKNOWN_ACCOUNT, WRONG_KIND, NOT_AUTHORIZED, WRONG_TOKEN, CHANNEL_OVER, AMOUNT_OUT_OF_RANGE,
 * VOUCHER_STALE, INSUFFICIENT_BALANCE, CLAIM_MISMATCH, NONCE_EXHAUSTED; in this order
 */
export function applyClaim(stage: Stage, op: Op, signer: AccountIndex): void {
  const channel = liveAccount(stage, op.from);
  if (channel.kind !== Kind.CHANNEL) throw new ProtocolError('WRONG_KIND', { index: op.from, kind: channel.kind });
  const terms = unpackChannel(channel.c);
  const { provider, model } = terms;
  stage.touch(model);
  if (provider !== signer || op.to !== signer) {
    throw new ProtocolError('NOT_AUTHORIZED', { channel: op.from, provider, to: op.to, signer });
  }
  const to = liveAccount(stage, op.to);
  if (to.token !== channel.token) throw new ProtocolError('WRONG_TOKEN', { token: to.token, expected: channel.token });
  if (isOver(terms, stage.timestamp)) {
    throw new ProtocolError('CHANNEL_OVER', { channel: op.from, expiry: terms.expiry, timestamp: stage.timestamp });
  }
  const total = payloadWord(op, 0);
  const delta = payable(op.from, channel, total);
  const royalty = payloadWord(op, 2);
  checkSplit(op, { delta, royalty, due: royaltyDue(stage, terms, delta) });
  if (channel.nonce === LAST_NONCE) throw new ProtocolError('NONCE_EXHAUSTED', { index: op.from });
  stage.set(op.from, { ...channel, balance: channel.balance - delta, claimed: total, nonce: channel.nonce + 1 });
  stage.set(op.to, credited(to, op.amount));
  stage.addFee(channel.token, op.fee);
  if (model !== NO_ACCOUNT) stage.addRoyalty(model, royalty);
}

/** What a voucher takes: its total less what was paid already. */
function payable(index: AccountIndex, channel: Account, total: bigint): bigint {
  if (total >= AMOUNT_LIMIT) throw new ProtocolError('AMOUNT_OUT_OF_RANGE', { total });
  const { claimed, balance } = channel;
  if (total < claimed) throw new ProtocolError('VOUCHER_STALE', { channel: index, total, claimed });
  const delta = total - claimed;
  if (delta > balance) throw new ProtocolError('INSUFFICIENT_BALANCE', { index, balance, needed: delta });
  return delta;
}

/** OPEN checked that the model is live, and accounts are never deleted. */
function royaltyDue(stage: Stage, terms: ChannelTerms, delta: bigint): bigint {
  if (terms.model === NO_ACCOUNT) return 0n;
  return royaltyOf(delta, unpackAttestation(liveAccount(stage, terms.model).c).royaltyBps);
}

function checkSplit(op: Op, { delta, royalty, due }: { delta: bigint; royalty: bigint; due: bigint }): void {
  if (royalty === due && op.amount + op.fee + royalty === delta) return;
  throw new ProtocolError('CLAIM_MISMATCH', { delta, amount: op.amount, fee: op.fee, royalty, due });
}
