import { ProtocolError } from '../errors.ts';
import type { Stage } from '../stage.ts';
import type { AccountIndex, Op } from '../types.ts';
import { credited, debit, liveAccount } from './balance.ts';

/**
 * TRANSFER: `from −= amount + fee; to += amount`. The payload is a memo. Paying oneself is allowed.
 * @throws ProtocolError those of `debit`; UNKNOWN_ACCOUNT, WRONG_TOKEN (target)
 */
export function applyTransfer(stage: Stage, op: Op, signer: AccountIndex): void {
  const from = debit(stage, op, signer);
  // Read after the debit: a self-transfer credits what the debit left.
  const to = liveAccount(stage, op.to);
  if (to.token !== from.token) throw new ProtocolError('WRONG_TOKEN', { token: to.token, expected: from.token });
  stage.set(op.to, credited(to, op.amount));
}
