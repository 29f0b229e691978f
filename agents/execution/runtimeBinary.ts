import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { packageFile } from '../../circuits/build/paths.ts';

const WASM_FILE = 'onnxruntime-web/ort-wasm-simd-threaded.wasm';

/** The runtime's WebAssembly, read and hashed once a process: what is hashed is what every thread is given. */
export interface RuntimeBinary {
  /** On shared memory: all threads look at one copy. */
  readonly bytes: Uint8Array;
  readonly sha256: Uint8Array;
}

let binary: Promise<RuntimeBinary> | undefined;

export function runtimeBinary(): Promise<RuntimeBinary> {
  binary ??= read().catch((error: unknown) => {
    binary = undefined;
    throw error;
  });
  return binary;
}

async function read(): Promise<RuntimeBinary> {
  const file = await readFile(packageFile(WASM_FILE));
  const bytes = new Uint8Array(new SharedArrayBuffer(file.length));
  bytes.set(file);
  return { bytes, sha256: new Uint8Array(createHash('sha256').update(file).digest()) };
}
