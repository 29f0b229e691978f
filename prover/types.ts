import type { Groth16Proof } from '../chain/types.ts';
import type { Artifacts } from '../circuits/build/artifacts.ts';
import type { CircuitInputs } from '../circuits/input.ts';
import type { BatchNumber, ClosedBatch, ShapeName } from '../protocol/types.ts';

export type { Groth16Proof } from '../chain/types.ts';

/** Frozen input of a proof: nothing that happens later changes what is proven. */
export interface ProofJob {
  /** Batch number and commitment C: the same batch is never queued twice. */
  readonly id: string;
  readonly batch: BatchNumber;
  readonly shape: ShapeName;
  readonly input: ClosedBatch;
}

export type ProofStage = 'witness' | 'prove' | 'verify';

export interface ProofSeconds {
  readonly witness: number;
  readonly prove: number;
  readonly verify: number;
}

export interface ProofResult {
  readonly proof: Groth16Proof;
  /** C, r, y. */
  readonly publicSignals: readonly [bigint, bigint, bigint];
  readonly seconds: ProofSeconds;
  /** Largest resident memory of the process that proved, in MB (2^20 bytes). */
  readonly peakMemoryMB: number;
}

export interface ProofProgress {
  readonly stage: ProofStage;
}

export interface ProveOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ProofProgress) => void) | undefined;
}

/** Anything that turns circuit inputs into a proof. */
export interface ProverBackend {
  readonly name: string;
  /**
   * Returns only what the circuit's verifying key accepts. An aborted call ends at once and leaves nothing running.
   * @throws ProverError CANCELLED, WITNESS_FAILED, PROVE_FAILED, PROOF_INVALID, BACKEND_DIED
   */
  prove(
    request: { inputs: CircuitInputs; artifacts: Pick<Artifacts, 'wasm' | 'zkey' | 'vkey'> },
    options?: ProveOptions,
  ): Promise<ProofResult>;
}
