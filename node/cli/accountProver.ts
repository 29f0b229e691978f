import { readFile } from 'node:fs/promises';
import * as snarkjs from 'snarkjs';
import type { ProvenLeaf } from '../../bridge/client/types.ts';
import { ensureArtifacts } from '../../circuits/build/artifacts.ts';
import { progressReporter } from '../../circuits/build/progress.ts';
import { terminateSnarkjs } from '../../circuits/build/snarkCurve.ts';
import { accountProofInput } from '../../circuits/input.ts';
import { packState } from '../../protocol/account.ts';
import type { AccountTree } from '../../protocol/tree.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { solidityProof } from '../../prover/proofFormat.ts';
import { CliError, Exit } from './output.ts';

/** Proves that an account is a leaf of the tree. @throws CliError UNKNOWN_ACCOUNT, PROOF_INVALID */
export type ProveAccount = (index: AccountIndex) => Promise<ProvenLeaf>;

/**
 * Runs `work` with a prover of the tree's accounts. Every proof is verified before it is used, made once (a second or two), and
 * needs nothing but the circuit's files.
 */
export async function withAccountProver<T>(
  options: { readonly cacheDir?: string | undefined },
  { tree }: { readonly tree: AccountTree },
  work: (prove: ProveAccount) => Promise<T>,
): Promise<T> {
  const made = new Map<AccountIndex, ProvenLeaf>();
  try {
    return await work(async (index) => {
      const known = made.get(index) ?? (await proveLeaf(options, { tree, index }));
      made.set(index, known);
      return known;
    });
  } finally {
    await terminateSnarkjs();
  }
}

async function proveLeaf(
  { cacheDir }: { readonly cacheDir?: string | undefined },
  { tree, index }: { readonly tree: AccountTree; readonly index: AccountIndex },
): Promise<ProvenLeaf> {
  const path = tree.proof(index);
  const { account } = path;
  if (account === undefined) {
    throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT', `there is no account ${index} in the last proven batch`);
  }
  const bars = progressReporter();
  try {
    const { wasm, zkey, vkey } = await ensureArtifacts('account-proof', {
      cacheDir,
      onProgress: (progress) => bars.update('account-proof', progress),
    });
    // The cast: snarkjs takes nested arrays, which its types leave out.
    const inputs = accountProofInput({ ...path, account }) as snarkjs.CircuitSignals;
    const { proof, publicSignals } = await snarkjs.groth16.fullProve(inputs, wasm, zkey);
    const key: unknown = JSON.parse(await readFile(vkey, 'utf8'));
    // same file format as snarkjs writes
    if (!(await snarkjs.groth16.verify(key as Parameters<typeof snarkjs.groth16.verify>[0], publicSignals, proof))) {
      throw new CliError(Exit.INTERNAL, 'PROOF_INVALID', 'the proof that was made does not verify');
    }
    const { a, b, c } = account;
    return { leaf: { index, state: packState(account), a, b, c }, proof: solidityProof(proof) };
  } finally {
    bars.stop();
  }
}
