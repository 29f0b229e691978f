import { unpackChannel } from '../account.ts';
import { payloadWord } from '../codec/opWords.ts';
import { isOnCurve } from '../crypto/babyjub.ts';
import { ProtocolError } from '../errors.ts';
import { NO_ACCOUNT } from '../ids.ts';
import type { Stage } from '../stage.ts';
import { type AccountIndex, Kind, type Op } from '../types.ts';
import { debitForNew } from './balance.ts';

/**
 * OPEN: `from −= amount + fee`; a CHANNEL appears at `to` (chosen by the sequencer) with voucher key (p1, p2), terms p3 (provider,
 * payer, model, expiry), the token of `from` and `amount`, which is all that vouchers can ever take (unless someone adds to it).
 * The model's token must be the channel's, because claims credit it.
 * @throws ProtocolError those of `debitForNew`; KEY_OFF_CURVE, BAD_PAYLOAD, NOT_AUTHORIZED (payer), UNKNOWN_MODEL, WRONG_TOKEN (model)
 */
export function applyOpen(stage: Stage, op: Op, signer: AccountIndex): void {
  const from = debitForNew(stage, op, signer);
  const [x, y, c] = [payloadWord(op, 0), payloadWord(op, 1), payloadWord(op, 2)];
  if (!isOnCurve([x, y])) throw new ProtocolError('KEY_OFF_CURVE', { x, y });
  const { payer, model } = unpackChannel(c);
  if (payer !== op.from) throw new ProtocolError('NOT_AUTHORIZED', { payer, from: op.from });
  stage.touch(model);
  if (model !== NO_ACCOUNT) {
    const found = stage.get(model);
    if (found?.kind !== Kind.ATTEST) throw new ProtocolError('UNKNOWN_MODEL', { model });
    if (found.token !== from.token) {
      throw new ProtocolError('WRONG_TOKEN', { model, token: found.token, expected: from.token });
    }
  }
  stage.create(op.to, {
    kind: Kind.CHANNEL,
    token: from.token,
    nonce: 0,
    balance: op.amount,
    claimed: 0n,
    a: x,
    b: y,
    c,
  });
}
