/** What a transfer looks like: pure, so that it can be tested without a browser. */

import type { Texts } from '../texts/index.tsx';
import { fill } from '../texts/index.tsx';
import { STEPS_OF, type Transfer, type TransferKind, type TransferStep } from '../transfers/types.ts';
import { durationText } from '../ui/Time.tsx';

export type StatusTone = 'neutral' | 'info' | 'success' | 'warning' | 'danger';

export interface Status {
  readonly text: string;
  readonly tone: StatusTone;
}

type Words = Texts['bridge'];

/** In a few words, what it waits for. */
export function statusOf(transfer: Transfer, { status }: Words): Status {
  const { steps, trouble, isFinished, action } = transfer;
  if (steps.some(({ state }) => state === 'failed')) return { text: status.failed, tone: 'danger' };
  if (action === 'claim' || action === 'withdraw') return { text: status.claimed, tone: 'warning' };
  if (action !== undefined || isLost(transfer)) return { text: status.attention, tone: 'warning' };
  if (isFinished)
    return { text: trouble === undefined ? status.finished : status.failed, tone: trouble ? 'danger' : 'success' };
  const now = currentStep(transfer);
  if (now === undefined) return { text: status.finished, tone: 'success' };
  if (now.name === 'sent') return { text: status.asked, tone: 'info' };
  // what is sent to L1 waits for L1, what is sent to a lane for its block
  const isFirst = steps.indexOf(now) === 1;
  if (now.name === 'onL1' && isFirst) return { text: status.sent, tone: 'info' };
  if (now.name === 'inBlock' && !isFirst) return { text: status.onL1, tone: 'info' };
  return { text: status[now.name], tone: 'info' };
}

/** The one that is under way. */
export function currentStep({ steps }: Pick<Transfer, 'steps'>): TransferStep | undefined {
  return steps.find(({ state }) => state === 'now');
}

/** Nobody knows whether the wallet sent it: the user may. */
export function isLost({ id, trouble }: Pick<Transfer, 'id' | 'trouble'>): boolean {
  return id.startsWith('intent:') && (trouble?.code === 'MAYBE_SENT' || trouble?.code === 'NOT_SENT');
}

/** The intent behind a transfer that the chain does not know yet. */
export function intentOf({ id }: Pick<Transfer, 'id'>): string | undefined {
  return id.startsWith('intent:') ? id.slice('intent:'.length) : undefined;
}

/** How long it still takes, in words; undefined: nobody can tell, or it waits for the user. */
export function leftText(
  { expectedSeconds, isFinished }: Transfer,
  { list }: Words,
  language: string,
): string | undefined {
  if (isFinished || expectedSeconds === undefined) return undefined;
  if (expectedSeconds < 0) return list.late;
  if (expectedSeconds < 5) return list.soon;
  return fill(list.left, { time: durationText(roughly(expectedSeconds), language) });
}

/** Nobody is told 63 seconds, which would be 62 at once: steps that grow. */
export function roughly(seconds: number): number {
  const step = seconds < 60 ? 5 : seconds < 600 ? 60 : seconds < 7_200 ? 300 : 3_600;
  return Math.max(step, Math.ceil(seconds / step) * step);
}

/** What changed since the last look, by id: for who listens. */
export function changes(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly (readonly [id: string, status: string])[] {
  return [...after].filter(([id, status]) => before.has(id) && before.get(id) !== status);
}

export function isTransferKind(kind: string): kind is TransferKind {
  return Object.hasOwn(STEPS_OF, kind);
}
