import { bytesToHex } from '../../protocol/bytes.ts';
import type { Field } from '../../protocol/types.ts';
import type { Audit } from '../execution/executionDocument.ts';
import { ConsumerError } from './consumerError.ts';

/** What runs a model again: `ModelRunner`, or a test's stand-in. */
export interface Reexecutor {
  readonly sha256: Uint8Array;
  execution(audit: Audit): { readonly word: Field };
  run(input: Uint8Array, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
}

/** Before anything is paid. @throws ConsumerError MODEL_CHANGED, EXECUTION_UNKNOWN */
export function checkReexecutor(
  runner: Reexecutor,
  agreed: { sha256: Uint8Array; audit: Audit; execution: Field },
): void {
  if (bytesToHex(runner.sha256) !== bytesToHex(agreed.sha256)) {
    throw new ConsumerError('MODEL_CHANGED', 'the model file is not the provider’s model');
  }
  const own = runner.execution(agreed.audit).word;
  if (own === agreed.execution) return;
  const details = { own, found: agreed.execution };
  throw new ConsumerError(
    'EXECUTION_UNKNOWN',
    'the provider runs the model in another way than can be repeated here',
    details,
  );
}

/** Whether the model gives these bytes, and what it gives otherwise. @throws what the runner throws: that says nothing about the provider */
export async function runAgain(
  runner: Reexecutor,
  { input, output, signal }: { input: Uint8Array; output: Uint8Array; signal?: AbortSignal | undefined },
): Promise<{ readonly isSame: boolean; readonly expected: Uint8Array }> {
  const expected = await runner.run(input, signal === undefined ? {} : { signal });
  return { isSame: Buffer.compare(expected, output) === 0, expected };
}
