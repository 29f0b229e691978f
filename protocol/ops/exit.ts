import { ADDRESS_LIMIT } from '../account.ts';
import { payloadWord } from '../codec/opWords.ts';
import { ProtocolError } from '../errors.ts';
import type { Stage } from '../stage.ts';
import type { AccountIndex, Op } from '../types.ts';
import { debit } from './balance.ts';

/**
 * EXIT: `from −= amount + fee`; L1 owes `amount` to the address p1.
 * @throws ProtocolError those of `debit`; BAD_PAYLOAD (`to`, p2 or p3 not 0), BAD_ADDRESS
 */
export function applyExit(stage: Stage, op: Op, signer: AccountIndex): void {
  const from = debit(stage, op, signer);
  if (op.to !== 0) throw new ProtocolError('BAD_PAYLOAD', { to: op.to });
  if (payloadWord(op, 1) !== 0n || payloadWord(op, 2) !== 0n)
    throw new ProtocolError('BAD_PAYLOAD', { words: 'p2, p3' });
  const recipient = payloadWord(op, 0);
  if (recipient === 0n || recipient >= ADDRESS_LIMIT) throw new ProtocolError('BAD_ADDRESS', { address: recipient });
  stage.exits.push({ recipient, token: from.token, amount: op.amount });
}
