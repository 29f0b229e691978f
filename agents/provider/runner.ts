import type { ModelRunner } from '../execution/modelRunner.ts';

/** The part of a ModelRunner that a provider needs. */
export type Runner = Pick<ModelRunner, 'sha256' | 'inputs' | 'outputs' | 'execution' | 'run'>;
