import type { Groth16Proof } from '../chain/types.ts';
import type { Field } from '../protocol/types.ts';

export interface BatchProof {
  readonly proof: Groth16Proof;
  readonly publicSignals: readonly [bigint, bigint, bigint];
}

/** Where proofs come from; `proof` answers undefined until there is one of the batch with this number and commitment. */
export interface ProofSource {
  proof(batch: number, c: Field): Promise<BatchProof | undefined>;
}
