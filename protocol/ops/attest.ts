import { unpackAttestation } from '../account.ts';
import { payloadWord } from '../codec/opWords.ts';
import { ProtocolError } from '../errors.ts';
import { NO_ACCOUNT } from '../ids.ts';
import type { Stage } from '../stage.ts';
import { type AccountIndex, Kind, type Op } from '../types.ts';
import { debitForNew } from './balance.ts';

/**
 * ATTEST: `from −= amount + fee`; an ATTEST account appears at `to` (chosen by the sequencer) with artefact commitment p1,
 * provenance commitment p2, terms p3 (owner, parent, royalty, subtype), the token of `from` and `amount`. The parent must be live
 * when the op executes, so lineage has no cycles and never names what comes later.
 * @throws ProtocolError those of `debitForNew`; BAD_PAYLOAD, BAD_ROYALTY, NOT_AUTHORIZED (owner), UNKNOWN_PARENT
 */
export function applyAttest(stage: Stage, op: Op, signer: AccountIndex): void {
  const from = debitForNew(stage, op, signer);
  const c = payloadWord(op, 2);
  const { owner, parent } = unpackAttestation(c);
  if (owner !== op.from) throw new ProtocolError('NOT_AUTHORIZED', { owner, from: op.from });
  stage.touch(parent);
  if (parent !== NO_ACCOUNT && stage.get(parent)?.kind !== Kind.ATTEST) {
    throw new ProtocolError('UNKNOWN_PARENT', { parent });
  }
  stage.create(op.to, {
    kind: Kind.ATTEST,
    token: from.token,
    nonce: 0,
    balance: op.amount,
    claimed: 0n,
    a: payloadWord(op, 0),
    b: payloadWord(op, 1),
    c,
  });
}
