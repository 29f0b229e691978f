/** The execution document and a receipt's `execution` word: docs/ai.md section 1. */
import { createHash } from 'node:crypto';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import { canonicalJson } from '../../protocol/documents/canonicalJson.ts';
import { field } from '../../protocol/field.ts';
import type { Field } from '../../protocol/types.ts';

/** Whether the provider may show input and output to whoever samples the receipt. */
export type Audit = 'public' | 'private';

/** What decides about the bits of an answer, as it was found at run time. */
export interface ExecutionFacts {
  readonly modelSha256: Uint8Array;
  /** Of the WebAssembly binary that was loaded. */
  readonly wasmSha256: Uint8Array;
  readonly runtimeVersion: string;
  readonly threads: number;
}

export interface Execution {
  readonly document: string;
  readonly word: Field;
}

/** The optimisation that runs: with `basic` constants are folded, but no operator is fused into another. */
export const GRAPH_OPTIMIZATION = 'basic';
const TAG = new TextEncoder().encode('engram.execution');

export function executionOf(facts: ExecutionFacts, audit: Audit): Execution {
  const document = executionDocument(facts, audit);
  return { document, word: executionWord(document) };
}

function executionDocument({ modelSha256, wasmSha256, runtimeVersion, threads }: ExecutionFacts, audit: Audit): string {
  return canonicalJson({
    audit,
    graphOptimization: GRAPH_OPTIMIZATION,
    model: hex(modelSha256),
    nan: 'canonical',
    provider: 'wasm',
    runtime: 'onnxruntime-web',
    simd: true,
    threads,
    version: runtimeVersion,
    wasm: hex(wasmSha256),
  });
}

/** `keccak256("engram.execution" ‖ SHA-256 of the document) mod 2^248`. */
export function executionWord(document: string): Field {
  const digest = createHash('sha256').update(document, 'utf8').digest();
  return field(keccak256(Buffer.concat([TAG, digest])) % 2n ** 248n);
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
