import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { packageFile } from '../../circuits/build/paths.ts';
import { ExecutionError } from './executionError.ts';

const WASM_FILE = 'onnxruntime-web/ort-wasm-simd-threaded.wasm';

/** The runtime's WebAssembly, read and hashed once a process: what is hashed is what every thread is given. */
export interface RuntimeBinary {
  /** On shared memory: all threads look at one copy. */
  readonly bytes: Uint8Array;
  readonly sha256: Uint8Array;
}

let binary: Promise<RuntimeBinary> | undefined;

/** @throws ExecutionError RUN_FAILED */
export function runtimeBinary(): Promise<RuntimeBinary> {
  binary ??= read().catch((error: unknown) => {
    binary = undefined;
    throw error;
  });
  return binary;
}

async function read(): Promise<RuntimeBinary> {
  const file = await readFile(packageFile(WASM_FILE)).catch((cause: unknown) => {
    throw new ExecutionError('RUN_FAILED', 'the runtime is not installed', { reason: 'start' }, { cause });
  });
  const bytes = new Uint8Array(new SharedArrayBuffer(file.length));
  bytes.set(file);
  return { bytes, sha256: new Uint8Array(createHash('sha256').update(file).digest()) };
}
