import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ProverError } from '../errors.ts';
import { type SnarkjsProof, solidityProof, threeSignals } from '../proofFormat.ts';
import type { ProofResult, ProofSeconds, ProofStage, ProveOptions, ProverBackend } from '../types.ts';

/** What the child says (snarkjsChild.mjs). */
type ChildMessage =
  | { readonly type: 'progress'; readonly stage: ProofStage }
  | {
      readonly type: 'result';
      readonly proof: SnarkjsProof;
      readonly publicSignals: readonly string[];
      readonly isValid: boolean;
      readonly seconds: ProofSeconds;
      readonly peakMemoryMB: number;
    }
  | { readonly type: 'error'; readonly stage: ProofStage; readonly message: string };

export interface SnarkjsBackendOptions {
  /** Heap limit of the child's JavaScript, in MB. Default: Node's own. */
  readonly maxHeapMB?: number;
  /** Give way to other processes a little, above all to the sequencer. Default true. */
  readonly isLowPriority?: boolean;
}

/** About half a share of a busy processor; much more would starve the proof. */
const NICENESS = 3;

const CHILD = fileURLToPath(new URL('./snarkjsChild.mjs', import.meta.url));

/** Groth16 with snarkjs, one child process a proof: what it allocated is freed with it, and cancelling is killing it. */
export function snarkjsBackend(options: SnarkjsBackendOptions = {}): ProverBackend {
  return {
    name: 'snarkjs',
    prove: async ({ inputs, artifacts }, { signal, onProgress }: ProveOptions = {}): Promise<ProofResult> => {
      if (signal?.aborted) throw new ProverError('CANCELLED');
      const child = fork(CHILD, [], {
        serialization: 'advanced',
        execArgv: options.maxHeapMB === undefined ? [] : [`--max-old-space-size=${options.maxHeapMB}`],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
      if (options.isLowPriority !== false && child.pid !== undefined) giveWay(child.pid);
      const kill = (): void => void child.kill('SIGKILL');
      signal?.addEventListener('abort', kill, { once: true });
      try {
        const { wasm, zkey, vkey } = artifacts;
        const answer = await ask(child, { inputs, wasm, zkey, vkey }, onProgress);
        return resultOf(answer);
      } catch (error) {
        if (signal?.aborted) throw new ProverError('CANCELLED', {}, { cause: error });
        throw error;
      } finally {
        signal?.removeEventListener('abort', kill);
        kill();
      }
    },
  };
}

function resultOf(answer: Exclude<ChildMessage, { type: 'progress' }>): ProofResult {
  if (answer.type === 'error') {
    const code = answer.stage === 'witness' ? 'WITNESS_FAILED' : 'PROVE_FAILED';
    throw new ProverError(code, { stage: answer.stage, message: answer.message });
  }
  if (!answer.isValid) throw new ProverError('PROOF_INVALID');
  return {
    proof: solidityProof(answer.proof),
    publicSignals: threeSignals(answer.publicSignals),
    seconds: answer.seconds,
    peakMemoryMB: answer.peakMemoryMB,
  };
}

function ask(
  child: ChildProcess,
  request: Record<string, unknown>,
  onProgress: ProveOptions['onProgress'],
): Promise<Exclude<ChildMessage, { type: 'progress' }>> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      const said = message as ChildMessage; // our own child, our own protocol
      if (said.type === 'progress') onProgress?.({ stage: said.stage });
      else resolve(said);
    });
    child.once('error', (cause) => reject(new ProverError('BACKEND_DIED', {}, { cause })));
    child.once('exit', (code, name) =>
      reject(new ProverError('BACKEND_DIED', { exit: code ?? -1, signal: name ?? '' })),
    );
    child.send(request, (cause) => {
      if (cause !== null) reject(new ProverError('BACKEND_DIED', {}, { cause }));
    });
  });
}

function giveWay(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    // Only a courtesy: the child may be gone already, or the system may not allow it.
  }
}
