import { keyAccount } from '../account.ts';
import { payloadWord } from '../codec/opWords.ts';
import { isOnCurve } from '../crypto/babyjub.ts';
import { ProtocolError } from '../errors.ts';
import type { Stage } from '../stage.ts';
import type { AccountIndex, Op, Point } from '../types.ts';
import { debitForNew } from './balance.ts';

/**
 * REGISTER: `from −= amount + fee`; a KEY account appears at `to` (chosen by the sequencer) with key (p1, p2), Ethereum address
 * p3, the token of `from` and `amount`.
 * @throws ProtocolError those of `debitForNew`; KEY_OFF_CURVE, BAD_ADDRESS
 */
export function applyRegister(stage: Stage, op: Op, signer: AccountIndex): void {
  const from = debitForNew(stage, op, signer);
  const key: Point = [payloadWord(op, 0), payloadWord(op, 1)];
  if (!isOnCurve(key)) throw new ProtocolError('KEY_OFF_CURVE', { x: key[0], y: key[1] });
  const account = keyAccount({ key, address: payloadWord(op, 2), token: from.token, balance: op.amount });
  stage.create(op.to, account);
}
