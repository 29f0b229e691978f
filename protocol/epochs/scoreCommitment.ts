import { poseidon } from '../crypto/poseidon.ts';
import { derivedDomain } from '../derivedDomain.ts';
import { ZERO } from '../field.ts';
import type { AccountIndex, Field } from '../types.ts';

const domainOf = derivedDomain(5n);

/** First word of every commitment to scores: no other message of a deployment begins so. */
export function scoreDomain(domain: Field): Field {
  return domainOf(domain);
}

export interface Scores {
  readonly service: AccountIndex;
  readonly epoch: number;
  /** KEY account of the evaluator: copied by another, a commitment opens for nobody. */
  readonly evaluator: AccountIndex;
  /** Random, secret until the reveal: without it the few likely weights could be tried out. */
  readonly salt: Field;
  /** `weightWords` of the weights. */
  readonly words: readonly Field[];
}

/** `Poseidon6(scoreDomain, service, epoch, evaluator, salt, h)`, h folded over the weight words from 0. */
export function scoreCommitment({ service, epoch, evaluator, salt, words }: Scores, domain: Field): Field {
  let folded: Field = ZERO;
  for (const word of words) folded = poseidon([folded, word]);
  return poseidon([scoreDomain(domain), BigInt(service), BigInt(epoch), BigInt(evaluator), salt, folded]);
}
