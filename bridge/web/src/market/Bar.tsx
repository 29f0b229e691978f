import type { ReactNode } from 'react';

interface BarProps {
  /** Of 1. */
  readonly share: number;
  /** A second part of the same bar, hatched, behind the first. */
  readonly rest?: number;
}

/** A share as a bar; the number itself stands beside it. */
export function Bar({ share, rest = 0 }: BarProps): ReactNode {
  const first = within(share);
  return (
    <svg className="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect className="bar-ground" width="100" height="8" />
      <rect className="bar-share" width={100 * first} height="8" />
      {rest > 0 && <rect className="bar-rest" x={100 * first} width={100 * within(rest, 1 - first)} height="8" />}
    </svg>
  );
}

function within(share: number, most = 1): number {
  return Number.isFinite(share) ? Math.max(0, Math.min(most, share)) : 0;
}
