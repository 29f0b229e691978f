import type { Progress } from '../../circuits/build/progress.ts';
import type { ConstraintsOf } from './batches.ts';

export interface DemoOptions {
  /** What it is doing, for people. */
  readonly onStep: (text: string) => void;
  readonly onProgress: (circuit: string, progress: Progress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Of a demo's story on a devnet that runs already. */
export interface RunOptions {
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** `performance.now()` when the demo began. */
  readonly start: number;
  readonly constraintsOf: ConstraintsOf;
}
