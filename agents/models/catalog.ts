import type { Task } from './task.ts';

export type ModelName = 'digits' | 'digitsFine' | 'digitsSmall' | 'text';

export interface BuiltModel {
  readonly name: ModelName;
  readonly task: Task;
  readonly modelFile: string;
  readonly sha256: Uint8Array;
  readonly datasetFile: string;
  readonly datasetSha256: Uint8Array;
  /** A JSON document of the training run: code, data, options, what came out. */
  readonly trainingFile: string;
  readonly trainingSha256: Uint8Array;
  /** Whose weights its training began with. */
  readonly parent?: ModelName;
  /** Shares of right answers over fresh questions, 0 … 1. `shifted`: over digits that are written worse. */
  readonly metrics: { readonly accuracy: number; readonly shifted?: number };
}

/** Takes about 10 ms a run and means nothing: for measurements, not to be attested. */
export interface SlowModel {
  readonly modelFile: string;
  readonly sha256: Uint8Array;
  readonly input: Uint8Array;
}

export interface ModelCatalog {
  /** Good at digits. */
  readonly digits: BuiltModel;
  /** `digits`, trained further on more pictures, also bad ones: better. */
  readonly digitsFine: BuiltModel;
  /** Too small and hardly trained: worse, honestly. */
  readonly digitsSmall: BuiltModel;
  /** Tells pleased reviews from complaints. */
  readonly text: BuiltModel;
  readonly slow: SlowModel;
}
