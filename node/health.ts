import type { Health } from '../sdk/rpcTypes.ts';

export interface Signs {
  readonly hasHalted: boolean;
  readonly isStopping: boolean;
  /** Milliseconds since 1970; 0: never. */
  readonly l1AnsweredAtMs: number;
  readonly proofs: { readonly failed: number };
  /** A proven batch whose outcome in the EVM lane is not the one executed here. */
  readonly attestationMismatch?: number | undefined;
  /** Somebody else signs with this validator's key. */
  readonly isKeyElsewhere?: boolean | undefined;
  /** A committed batch that breaks the ledger's rules. */
  readonly invalidBatch?: number | undefined;
  /** Everything that L1 has committed is here. Default: true. */
  readonly isSynced?: boolean;
}

/** L1 counts as gone after this many polls without an answer, but not before the time below. */
const MISSED_POLLS = 10;
const PATIENCE_MS = 30_000;

/** Live: worth keeping. Ready: worth sending requests to. A failed proof is a reason to look, not one to stay away. */
export function nodeHealth({ pollMs, nowMs }: { pollMs: number; nowMs: number }, signs: Signs): Health {
  const reasons: string[] = [];
  if (signs.hasHalted) reasons.push('a part of the node has halted: see the log, then restart it');
  if (signs.isStopping) reasons.push('the node is stopping');
  const isL1Gone = nowMs - signs.l1AnsweredAtMs > Math.max(PATIENCE_MS, MISSED_POLLS * pollMs);
  if (isL1Gone) reasons.push('L1 does not answer');
  if (signs.isSynced === false && signs.invalidBatch === undefined) reasons.push('not in step with L1 yet');
  const ready = reasons.length === 0;
  if (signs.proofs.failed > 0) reasons.push(`proofs that failed for good: ${signs.proofs.failed}`);
  if (signs.attestationMismatch !== undefined) {
    reasons.push(`L1 has another outcome of the EVM lane for batch ${signs.attestationMismatch}: nothing is attested`);
  }
  if (signs.isKeyElsewhere === true) reasons.push('somebody else signs with this validator’s key: stop one of the two');
  if (signs.invalidBatch !== undefined) {
    reasons.push(`batch ${signs.invalidBatch} on L1 breaks the ledger’s rules: it has to be reverted`);
  }
  return { live: !signs.hasHalted, ready, reasons };
}
