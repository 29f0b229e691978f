import { prefixedHex } from '../../protocol/bytes.ts';
import { parseCanonicalJson } from '../../protocol/documents/canonicalJson.ts';
import type { Json } from '../../protocol/json.ts';
import type { Field } from '../../protocol/types.ts';
import { type Audit, executionWord } from '../execution/executionDocument.ts';
import { ConsumerError } from './consumerError.ts';

/** How a provider runs its model: what its receipts commit to. */
export interface ExecutionTerms {
  /** Canonical JSON, docs/ai.md section 1. */
  readonly document: string;
  readonly word: Field;
}

const MEMBERS = [
  'audit',
  'graphOptimization',
  'model',
  'nan',
  'provider',
  'runtime',
  'simd',
  'threads',
  'version',
  'wasm',
];

/**
 * The word of an execution document that must be one of this model and audit. What else it says (runtime, versions) is the provider's to
 * choose; who runs the model again compares the whole word with its own.
 * @throws ConsumerError BAD_ANSWER, MODEL_CHANGED
 */
export function executionTerms(
  document: string,
  { audit, sha256 }: { audit: Audit; sha256: Uint8Array },
): ExecutionTerms {
  const bad = (cause?: unknown) => new ConsumerError('BAD_ANSWER', 'no execution document', { audit }, { cause });
  let found: Json;
  try {
    found = parseCanonicalJson(document);
  } catch (cause) {
    throw bad(cause);
  }
  const members = typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.entries(found) : [];
  const { audit: foundAudit, model } = Object.fromEntries(members);
  if (members.map(([name]) => name).join() !== MEMBERS.join() || foundAudit !== audit) throw bad();
  if (model !== prefixedHex(sha256)) {
    throw new ConsumerError('MODEL_CHANGED', 'the execution document is of another model', { audit });
  }
  return { document, word: executionWord(document) };
}
