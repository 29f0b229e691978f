import type { Artifacts } from '../circuits/build/artifacts.ts';
import { batchInput } from '../circuits/input.ts';
import type { ClosedBatch } from '../protocol/types.ts';
import { ProverError } from './errors.ts';
import type { ProofResult, ProveOptions, ProverBackend } from './types.ts';

/**
 * Proves one batch, and makes sure that the proof is of this batch and nothing else.
 * @throws ProverError WRONG_CIRCUIT, WRONG_STATEMENT and those of the backend
 */
export async function proveBatch(
  closed: ClosedBatch,
  artifacts: Artifacts,
  options: ProveOptions & { backend: ProverBackend },
): Promise<ProofResult> {
  const { backend, ...rest } = options;
  if (artifacts.name !== `batch-${closed.batch.shape}`) {
    throw new ProverError('WRONG_CIRCUIT', { circuit: artifacts.name, shape: closed.batch.shape });
  }
  const result = await backend.prove({ inputs: batchInput(closed), artifacts }, rest);
  checkStatement(closed, result);
  return result;
}

/** The public signals must be the batch's own (C, r, y). @throws ProverError WRONG_STATEMENT */
export function checkStatement(closed: ClosedBatch, { publicSignals }: Pick<ProofResult, 'publicSignals'>): void {
  const { c, r, y } = closed.commitment;
  const [foundC, foundR, foundY] = publicSignals;
  if (foundC !== c || foundR !== r || foundY !== y) {
    throw new ProverError('WRONG_STATEMENT', { batch: closed.batch.number, c, foundC });
  }
}
