import { isOver, unpackChannel } from '../account.ts';
import { ProtocolError } from '../errors.ts';
import type { Stage } from '../stage.ts';
import { type AccountIndex, Kind, type Op } from '../types.ts';
import { checkController, credited, liveAccount, take } from './balance.ts';

/**
 * CLOSE: money of a channel that is over goes back to its payer `to`, who signs: `from −= amount + fee; to += amount`. The payload
 * is a memo. The account stays; what is left in it can be taken by another CLOSE.
 * @throws ProtocolError UNKNOWN_ACCOUNT, WRONG_KIND, NOT_AUTHORIZED, CHANNEL_NOT_OVER, INSUFFICIENT_BALANCE
 */
export function applyClose(stage: Stage, op: Op, signer: AccountIndex): void {
  const channel = liveAccount(stage, op.from);
  if (channel.kind !== Kind.CHANNEL) throw new ProtocolError('WRONG_KIND', { index: op.from, kind: channel.kind });
  checkController(op, channel, signer);
  if (op.to !== signer) throw new ProtocolError('NOT_AUTHORIZED', { channel: op.from, to: op.to, signer });
  const { timestamp } = stage;
  const terms = unpackChannel(channel.c);
  if (!isOver(terms, timestamp)) {
    throw new ProtocolError('CHANNEL_NOT_OVER', { channel: op.from, expiry: terms.expiry, timestamp });
  }
  take(stage, op, channel);
  // The payer's token is the channel's: OPEN gave it that, and tokens never change.
  stage.set(op.to, credited(liveAccount(stage, op.to), op.amount));
}
