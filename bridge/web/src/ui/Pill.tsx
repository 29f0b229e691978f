import type { ReactNode } from 'react';

export type PillTone = 'neutral' | 'info' | 'success' | 'warning' | 'danger';

/** A state in a word; its colour says nothing that the word does not. */
export function Pill({
  tone = 'neutral',
  children,
}: {
  readonly tone?: PillTone;
  readonly children: ReactNode;
}): ReactNode {
  return <span className={`pill pill-${tone}`}>{children}</span>;
}
