import { STEPS_OF, type StepName, type TransferKind, type TransferStep } from '../types.ts';

export type StepFacts = Readonly<Partial<Record<StepName, Pick<TransferStep, 'at' | 'link'>>>>;

export interface Progress {
  /** The last step that is done; undefined: none. */
  readonly done: StepName | undefined;
  /** The step that will not come. */
  readonly failed?: StepName | undefined;
  readonly facts?: StepFacts;
  /** Instead of the kind's own: of a deposit that goes back. */
  readonly names?: readonly StepName[] | undefined;
}

/** Steps of what goes back to L1: a void deposit, or one that a frozen rollup never took in. */
export const BACK_STEPS: readonly StepName[] = [
  'sent',
  'onL1',
  'inBlock',
  'committed',
  'proven',
  'claimable',
  'claimed',
];
export const REFUND_STEPS: readonly StepName[] = ['sent', 'onL1', 'claimable', 'claimed'];

/** All steps of a transfer: what comes before the last one done is done, what comes after it is next. */
export function stepsOf(
  kind: TransferKind,
  { done, failed, facts = {}, names = STEPS_OF[kind] }: Progress,
): TransferStep[] {
  const last = done === undefined ? -1 : names.indexOf(done);
  const end = failed === undefined ? names.length : names.indexOf(failed);
  return names.map((name, i) => {
    const fact = facts[name];
    const state = i <= last ? 'done' : i === end ? 'failed' : i === last + 1 && i < end ? 'now' : 'todo';
    return {
      name,
      state,
      ...(state === 'done' && fact?.at !== undefined && { at: fact.at }),
      ...(state !== 'todo' && fact?.link !== undefined && { link: fact.link }),
    };
  });
}
