import { readFile } from 'node:fs/promises';
import * as snarkjs from 'snarkjs';
import { ensureArtifacts } from '../../circuits/build/artifacts.ts';
import { progressReporter } from '../../circuits/build/progress.ts';
import { terminateSnarkjs } from '../../circuits/build/snarkCurve.ts';
import { accountProofInput } from '../../circuits/input.ts';
import type { AccountProof } from '../../protocol/tree.ts';
import type { Account } from '../../protocol/types.ts';
import { solidityProof } from '../../prover/proofFormat.ts';
import type { Groth16Proof } from '../../prover/types.ts';
import { CliError, Exit } from './output.ts';

/** Proves that an account is a leaf under a root, and verifies the proof before it is used. Takes a second or two. */
export async function proveAccount(
  path: AccountProof & { readonly account: Account },
  { cacheDir }: { cacheDir?: string | undefined },
): Promise<Groth16Proof> {
  const bars = progressReporter();
  try {
    const { wasm, zkey, vkey } = await ensureArtifacts('account-proof', {
      cacheDir,
      onProgress: (progress) => bars.update('account-proof', progress),
    });
    // The cast: snarkjs takes nested arrays, which its types leave out.
    const inputs = accountProofInput(path) as snarkjs.CircuitSignals;
    const { proof, publicSignals } = await snarkjs.groth16.fullProve(inputs, wasm, zkey);
    const key: unknown = JSON.parse(await readFile(vkey, 'utf8'));
    // same file format as snarkjs writes
    if (!(await snarkjs.groth16.verify(key as Parameters<typeof snarkjs.groth16.verify>[0], publicSignals, proof))) {
      throw new CliError(Exit.INTERNAL, 'PROOF_INVALID', 'the proof that was made does not verify');
    }
    return solidityProof(proof);
  } finally {
    bars.stop();
    await terminateSnarkjs();
  }
}
