import { type OutboxLeaf, outboxRootOf } from '../../genesis/predeploys/outbox.ts';
import { OUTBOX_DEPTH } from '../../protocol/lane/constants.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { SdkError } from '../errors.ts';
import type { WithdrawalProofView } from '../laneTypes.ts';

/** What a proof is for, and the root it leads to: the one that L1 must have. */
export interface CheckedProof {
  readonly leaf: OutboxLeaf;
  readonly root: Hex;
}

const MEMBERS = ['index', 'sender', 'token', 'amount', 'recipient', 'account'] as const;

/**
 * Computes where a node's proof leads, after a comparison with the withdrawal as its sender knows it.
 * @throws SdkError BAD_ANSWER: it is for another withdrawal, or not a proof
 */
export function checkProof(
  { withdrawal, siblings }: Pick<WithdrawalProofView, 'withdrawal' | 'siblings'>,
  expected: Pick<OutboxLeaf, 'index'> & Partial<OutboxLeaf>,
): CheckedProof {
  const { index, sender, token, amount, recipient, account } = withdrawal;
  const leaf = { index, sender, token, amount, recipient, account };
  for (const member of MEMBERS) {
    const wanted = expected[member];
    if (wanted !== undefined && text(wanted) !== text(leaf[member])) {
      throw new SdkError('BAD_ANSWER', `the node’s proof is for another withdrawal: its ${member} differs`, {
        expected: text(wanted),
        found: text(leaf[member]),
      });
    }
  }
  if (siblings.length !== OUTBOX_DEPTH || !siblings.every((word) => /^0x[0-9a-f]{64}$/i.test(word))) {
    throw new SdkError('BAD_ANSWER', 'the node sent no proof of a withdrawal', { siblings: siblings.length });
  }
  return { leaf, root: outboxRootOf(leaf, siblings) };
}

function text(value: string | number | bigint): string {
  return String(value).toLowerCase();
}
