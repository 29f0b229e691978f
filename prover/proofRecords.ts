import { type RecordCodec, record, shapeName, text } from '../chain/records.ts';
import type { Groth16Proof } from '../chain/types.ts';
import { batchId, big, int, type JsonCodec, list, malformed, object, oneOf, optional } from '../protocol/json.ts';
import type { BatchNumber, ShapeName } from '../protocol/types.ts';
import type { ProofResult, ProofSeconds } from './types.ts';

/**
 * pending → proving → proven, or failed after the last attempt. End states: proven (its result is stored), failed (someone has
 * to look at `reason`; `ProofQueue.retry` makes it pending again). A process that dies while proving leaves the job pending.
 */
export type JobStatus = 'pending' | 'proving' | 'proven' | 'failed';

export interface JobRecord {
  readonly id: string;
  readonly batch: BatchNumber;
  readonly shape: ShapeName;
  readonly status: JobStatus;
  /** Attempts begun. */
  readonly attempts: number;
  readonly createdAtMs: number;
  /** A pending job is not tried before. */
  readonly notBeforeMs: number;
  /** Why the last attempt failed. */
  readonly reason: string | undefined;
}

export const jobRecord: RecordCodec<JobRecord> = record(
  object<JobRecord>({
    id: text,
    batch: batchId,
    shape: shapeName,
    status: oneOf(['pending', 'proving', 'proven', 'failed']),
    attempts: int,
    createdAtMs: int,
    notBeforeMs: int,
    reason: optional(text),
  }),
);

const pair: JsonCodec<[bigint, bigint]> = {
  encode: ([x, y]) => [big.encode(x), big.encode(y)],
  decode: (json) => {
    const [x, y, ...rest] = list(big).decode(json);
    if (x === undefined || y === undefined || rest.length > 0) throw malformed('pair');
    return [x, y];
  },
};

const pairs: JsonCodec<[[bigint, bigint], [bigint, bigint]]> = {
  encode: ([x, y]) => [pair.encode(x), pair.encode(y)],
  decode: (json) => {
    const [x, y, ...rest] = list(pair).decode(json);
    if (x === undefined || y === undefined || rest.length > 0) throw malformed('two pairs');
    return [x, y];
  },
};

const signals: JsonCodec<readonly [bigint, bigint, bigint]> = {
  encode: (values) => values.map(big.encode),
  decode: (json) => {
    const [c, r, y, ...rest] = list(big).decode(json);
    if (c === undefined || r === undefined || y === undefined || rest.length > 0) throw malformed('three signals');
    return [c, r, y];
  },
};

/** A measurement, as JSON's own number. */
const measure: JsonCodec<number> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'number') throw malformed('number');
    return json;
  },
};

export const resultRecord: RecordCodec<ProofResult> = record(
  object<ProofResult>({
    proof: object<Groth16Proof>({ a: pair, b: pairs, c: pair }),
    publicSignals: signals,
    seconds: object<ProofSeconds>({ witness: measure, prove: measure, verify: measure }),
    peakMemoryMB: measure,
  }),
);
