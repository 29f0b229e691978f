/** Real AccountProof proofs and their verifier, for contract tests: the circuit is small, a proof takes well under a second. */
import { readFile } from 'node:fs/promises';
import * as snarkjs from 'snarkjs';
import { ensureArtifacts } from '../../circuits/build/artifacts.ts';
import { solidityVerifier } from '../../circuits/build/solidityVerifier.ts';
import { accountProofInput } from '../../circuits/input.ts';
import { parseVerifyingKey } from '../../circuits/keys/checks.ts';
import { packState } from '../../protocol/account.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { accountIndex } from '../../protocol/ids.ts';
import type { AccountTree } from '../../protocol/tree.ts';
import { solidityProof } from '../../prover/proofFormat.ts';
import { artifact, compile } from '../build.ts';
import type { Hex, ProvenLeaf } from '../client/types.ts';

/** Creation code of the verifier for the circuit's keys. */
export async function accountVerifierCode(): Promise<Hex> {
  const { vkey } = await ensureArtifacts('account-proof');
  const source = solidityVerifier(parseVerifyingKey(JSON.parse(await readFile(vkey, 'utf8'))), 'AccountVerifier');
  return artifact(await compile({ 'AccountVerifier.sol': source }), 'AccountVerifier').bytecode;
}

/** snarkjs leaves its workers running: `terminateSnarkjs` at the end. @throws ProtocolError UNKNOWN_ACCOUNT */
export async function proveLeaf(tree: AccountTree, n: number): Promise<ProvenLeaf> {
  const index = accountIndex(n);
  const { root, account, children } = tree.proof(index);
  if (account === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index });
  const { wasm, zkey } = await ensureArtifacts('account-proof');
  // The cast: snarkjs takes nested arrays, which its types leave out.
  const inputs = accountProofInput({ root, index, account, children }) as unknown as snarkjs.CircuitSignals;
  const { proof } = await snarkjs.groth16.fullProve(inputs, wasm, zkey);
  const { a, b, c } = account;
  return { leaf: { index, state: packState(account), a, b, c }, proof: solidityProof(proof) };
}
