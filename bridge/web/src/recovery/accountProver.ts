import type { CircuitSignals, Groth16Proof, PublicSignals } from 'snarkjs';
import { accountProofInput } from '../../../../circuits/input.ts';
import { packState } from '../../../../protocol/account.ts';
import type { AccountProof } from '../../../../protocol/tree.ts';
import type { Account } from '../../../../protocol/types.ts';
import { solidityProof } from '../../../../prover/proofFormat.ts';
import type { ProvenLeaf } from '../../../client/types.ts';
import type { Artifacts, VerifyingKey } from './artifactFiles.ts';
import { RecoveryError } from './errors.ts';
import type { ProveProgress } from './types.ts';

/** The parts of snarkjs used here; its types leave out files in memory, `options` and curves. */
interface Snarkjs {
  readonly wtns: { calculate(input: CircuitSignals, wasm: Uint8Array, wtns: { type: 'mem' }): Promise<void> };
  readonly groth16: {
    prove(
      zkey: Uint8Array,
      wtns: { type: 'mem' },
      logger: undefined,
      options: { singleThread: true },
    ): Promise<{ proof: Groth16Proof; publicSignals: PublicSignals }>;
    verify(vkey: VerifyingKey, publicSignals: PublicSignals, proof: Groth16Proof): Promise<boolean>;
  };
  readonly curves: { getCurveFromName(name: 'bn128', options: { singleThread: true }): Promise<unknown> };
}

type Path = AccountProof & { readonly account: Account };

/**
 * Proves that an account is a leaf under its root. One thread: snarkjs's own threads are scripts made at run time, which the page's
 * Content-Security-Policy forbids.
 * @throws RecoveryError ARTIFACT_INVALID if the files do not make proofs of this statement, or the proof does not verify
 */
export async function proveAccount(
  path: Path,
  { wasm, zkey, vkey }: Artifacts,
  onStage: (stage: Exclude<ProveProgress['stage'], 'download'>) => void,
): Promise<ProvenLeaf> {
  const snarkjs = await loadSnarkjs();
  const { index, account, root } = path;
  const wtns = { type: 'mem' } as const;
  onStage('witness');
  // The cast: snarkjs takes nested arrays, which its types leave out.
  const input = accountProofInput(path) as CircuitSignals;
  await blaming('wasm', () => snarkjs.wtns.calculate(input, wasm, wtns));
  onStage('prove');
  const made = await blaming('zkey', () => snarkjs.groth16.prove(zkey, wtns, undefined, { singleThread: true }));
  onStage('verify');
  const leaf = { index, state: packState(account), a: account.a, b: account.b, c: account.c };
  const stated = [root, BigInt(index), leaf.state, leaf.a, leaf.b, leaf.c];
  // A circuit that states something else is not the account circuit.
  const isOurs =
    made.publicSignals.length === stated.length && stated.every((v, i) => `${v}` === made.publicSignals[i]);
  if (!isOurs) throw new RecoveryError('ARTIFACT_INVALID', { file: 'zkey' });
  const isValid = await blaming('vkey', () => snarkjs.groth16.verify(vkey, made.publicSignals, made.proof));
  if (!isValid) throw new RecoveryError('ARTIFACT_INVALID', { file: 'vkey' });
  return { leaf, proof: solidityProof(made.proof) };
}

/** The inputs are right, so what fails is a file. */
async function blaming<T>(file: 'wasm' | 'zkey' | 'vkey', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new RecoveryError('ARTIFACT_INVALID', { file }, { cause });
  }
}

let loaded: Promise<Snarkjs> | undefined;

/** 400 kB of script that nobody needs who does not escape. */
function loadSnarkjs(): Promise<Snarkjs> {
  loaded ??= (async () => {
    const snarkjs = (await import('snarkjs')) as unknown as Snarkjs; // see `Snarkjs`
    // `verify` takes no options: it uses the curve it finds here, and starts threads if there is none.
    const shared = globalThis as { curve_bn128?: unknown };
    shared.curve_bn128 ??= await snarkjs.curves.getCurveFromName('bn128', { singleThread: true });
    return snarkjs;
  })();
  return loaded;
}
