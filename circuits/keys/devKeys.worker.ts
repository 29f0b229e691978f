import { closeSync, openSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { CircuitError, type CircuitErrorCode } from '../build/errors.ts';
import { Curve } from './curve.ts';
import type { CurveCode, Group } from './curveModule.ts';
import type { Trapdoor } from './devSecret.ts';
import { FixedBase } from './fixedBase.ts';
import { computeKeyScalars, type KeyScalars } from './keyScalars.ts';
import type { R1csInfo } from './r1cs.ts';

/** One thread of the key generator. The first also evaluates the constraints while the others build their tables. */
export interface KeyWorkerData {
  readonly first: boolean;
  readonly code: CurveCode;
  readonly r1cs: R1csInfo;
  readonly trapdoor: Trapdoor;
  readonly zkey: string;
  readonly coefOffset: number;
  readonly widths: Readonly<Record<Group, number>>;
  /** Shared memory, written by the first thread. */
  readonly scalars: KeyScalars;
  /** alpha, beta, gamma, delta. */
  readonly trapdoorScalars: Uint8Array;
  /** Shared index of the next job nobody has taken. */
  readonly next: Int32Array;
}

/** `count` multiplications of a generator by scalars `from` … of `source`, written to the file at `offset`. */
export interface KeyJob {
  readonly group: Group;
  readonly source: keyof KeyScalars | 'trapdoor';
  readonly from: number;
  readonly count: number;
  readonly offset: number;
}

export type KeyWorkerMessage =
  | { readonly type: 'rows'; readonly rows: number }
  | { readonly type: 'scalars'; readonly coefficients: number }
  | { readonly type: 'job'; readonly job: number }
  | { readonly type: 'finished' }
  | {
      readonly type: 'error';
      readonly code: CircuitErrorCode;
      readonly message: string;
      readonly data: Readonly<Record<string, string | number>>;
    };

const data = workerData as KeyWorkerData;
const port = parentPort;
const post = (message: KeyWorkerMessage) => port?.postMessage(message);

function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof CircuitError)) throw error;
    post({ type: 'error', code: error.code, message: error.message, data: error.data });
  }
}

function evaluateConstraints(): void {
  const coefficients = computeKeyScalars(
    new Curve(data.code),
    { r1cs: data.r1cs, trapdoor: data.trapdoor, zkeyPath: data.zkey, coefOffset: data.coefOffset, out: data.scalars },
    (rows) => post({ type: 'rows', rows }),
  );
  post({ type: 'scalars', coefficients });
}

function multiplyPoints(bases: Readonly<Record<Group, FixedBase>>, jobs: readonly KeyJob[]): void {
  const fd = openSync(data.zkey, 'r+');
  try {
    for (;;) {
      const index = Atomics.add(data.next, 0, 1);
      const job = jobs[index];
      if (!job) break;
      const scalars = job.source === 'trapdoor' ? data.trapdoorScalars : data.scalars[job.source];
      const points = bases[job.group].multiply(scalars.subarray(job.from * 32, (job.from + job.count) * 32));
      for (let done = 0; done < points.length; ) {
        done += writeSync(fd, points, done, points.length - done, job.offset + done);
      }
      post({ type: 'job', job: index });
    }
  } finally {
    closeSync(fd);
  }
  post({ type: 'finished' });
}

guarded(() => {
  if (data.first) evaluateConstraints();
  const curve = new Curve(data.code);
  const bases = {
    g1m: new FixedBase(curve, { group: 'g1m', width: data.widths.g1m }),
    g2m: new FixedBase(curve, { group: 'g2m', width: data.widths.g2m }),
  };
  // A standing listener: the thread stays until it is terminated, so that an exit always means a failure.
  port?.on('message', (jobs: readonly KeyJob[]) => guarded(() => multiplyPoints(bases, jobs)));
});
