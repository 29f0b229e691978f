import type { Artifacts, CircuitName } from '../../circuits/build/artifacts.ts';
import type { Proving } from '../proving.ts';

/** "Proves" at once what a mock verifier on L1 accepts: the right public signals with points of no meaning. Tests only. */
export const instantProving: Proving = {
  artifacts: async (shape): Promise<Artifacts> => {
    const name: CircuitName = `batch-${shape}`;
    return { name, hash: '', r1cs: '', wasm: '', zkey: '', vkey: '', constraints: 0, keys: 'dev' };
  },
  backend: {
    name: 'instant',
    prove: async ({ inputs }) => ({
      proof: {
        a: [1n, 2n],
        b: [
          [1n, 2n],
          [3n, 4n],
        ],
        c: [1n, 2n],
      },
      // the three public inputs of every batch circuit
      publicSignals: [inputs.c, inputs.r, inputs.y] as [bigint, bigint, bigint],
      seconds: { witness: 0, prove: 0.01, verify: 0 },
      peakMemoryMB: 1,
    }),
  },
};
