/** Which batch a prover takes next, when several work for one chain and know nothing of each other. Pure. */

/** Batches `number` with `number mod of = offset` are this prover's own; `of` = 1: all. */
export interface Share {
  readonly offset: number;
  readonly of: number;
}

export interface WorkState {
  readonly committed: number;
  readonly proven: number;
  /** Milliseconds that L1 has waited for the proof of the batch after `proven`. */
  readonly waitedMs: number;
  /** Not to be taken now: a proof is there, is being made, or failed a moment ago. */
  readonly isTaken: (batch: number) => boolean;
}

export interface WorkOptions {
  readonly share: Share;
  /** After so long the next batch is taken whoever's it is: its prover may be gone. */
  readonly takeoverMs: number;
  /** How far ahead of what is proven: what lies further may still be reverted. */
  readonly window: number;
}

/** The batch to prove next; undefined: none. */
export function nextBatch(
  { committed, proven, waitedMs, isTaken }: WorkState,
  { share: { offset, of }, takeoverMs, window }: WorkOptions,
): number | undefined {
  const first = proven + 1;
  if (first > committed) return undefined;
  // What everybody waits for goes before one's own.
  if (waitedMs >= takeoverMs && !isTaken(first)) return first;
  for (let batch = first; batch <= Math.min(committed, proven + window); batch += 1) {
    if (batch % of === offset % of && !isTaken(batch)) return batch;
  }
  return undefined;
}
