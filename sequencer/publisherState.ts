import { type RecordCodec, record, text } from '../chain/records.ts';
import { big, int, type JsonCodec, list, object, oneOf, optional } from '../protocol/json.ts';
import type { Hex, L1Fees } from './l1Port.ts';

/** submit: commit and proof at once, on the open path. revert: drop what was not proven in time. */
export type ActionKind = 'commit' | 'prove' | 'submit' | 'revert';

/** Something to be done on L1. */
export interface Action {
  readonly kind: ActionKind;
  /** First and last batch it is about. */
  readonly first: number;
  readonly last: number;
}

/**
 * An L1 transaction of ours whose outcome is not known yet. It is on disk before the transaction leaves the process, so that a
 * restarted publisher can send the very same bytes again, or look for what became of them.
 */
export interface Intent extends Action {
  readonly nonce: number;
  readonly fees: L1Fees;
  /** Hashes of every version sent under this nonce, oldest first; at most one of them can be mined. */
  readonly hashes: readonly Hex[];
  /** The newest version, signed. */
  readonly raw: Hex;
  readonly submittedAtMs: number;
}

export interface PublisherState {
  readonly intent: Intent | undefined;
  /** What the batches' statuses in the store say: L1 at the confirmation depth, as far as its batches are known here and the same. */
  readonly committed: number;
  readonly proven: number;
}

// The cast: what was written here is what `Hex` says, and a wrong hash is only ever looked up and not found.
const hex: JsonCodec<Hex> = { encode: text.encode, decode: (json) => text.decode(json) as Hex };

const intent = object<Intent>({
  kind: oneOf(['commit', 'prove', 'submit', 'revert']),
  first: int,
  last: int,
  nonce: int,
  fees: object<L1Fees>({ maxFeePerGas: big, maxPriorityFeePerGas: big }),
  hashes: list(hex),
  raw: hex,
  submittedAtMs: int,
});

export const publisherRecord: RecordCodec<PublisherState> = record(
  object<PublisherState>({ intent: optional(intent), committed: int, proven: int }),
);

export const PUBLISHER_META = 'publisher';
export const IDLE: PublisherState = { intent: undefined, committed: 0, proven: 0 };
