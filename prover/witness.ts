import * as snarkjs from 'snarkjs';
import type { Artifacts } from '../circuits/build/artifacts.ts';
import { batchInput } from '../circuits/input.ts';
import type { ClosedBatch } from '../protocol/types.ts';
import { ProverError } from './errors.ts';

/** An in-memory file of snarkjs. */
interface MemoryFile {
  readonly type: 'mem';
  data?: Uint8Array;
}

/**
 * The witness of a batch as the bytes of a .wtns file, computed in this process (tests, benches, provers that take a witness).
 * @throws ProverError WITNESS_FAILED if the batch does not satisfy the circuit
 */
export async function batchWitness(closed: ClosedBatch, artifacts: Pick<Artifacts, 'wasm'>): Promise<Uint8Array> {
  const file: MemoryFile = { type: 'mem' };
  try {
    // The cast: snarkjs takes nested arrays, which its types leave out.
    await snarkjs.wtns.calculate(batchInput(closed) as snarkjs.CircuitSignals, artifacts.wasm, file);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ProverError('WITNESS_FAILED', { batch: closed.batch.number, message }, { cause });
  }
  if (file.data === undefined) throw new ProverError('WITNESS_FAILED', { batch: closed.batch.number });
  return file.data;
}
