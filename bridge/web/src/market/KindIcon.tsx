import type { ReactNode } from 'react';
import type { ArtefactKind } from '../../../../sdk/rpcTypes.ts';

/** Shapes in 16 × 16. */
const PATHS: Readonly<Record<ArtefactKind, string>> = {
  model: 'M8 1.5 13.6 4.7V11.3L8 14.5 2.4 11.3V4.7ZM2.4 4.7 8 8 13.6 4.7M8 8V14.5',
  dataset:
    'M2.5 4C2.5 1.2 13.5 1.2 13.5 4V12C13.5 14.8 2.5 14.8 2.5 12ZM2.5 4C2.5 6.8 13.5 6.8 13.5 4M2.5 8C2.5 10.8 13.5 10.8 13.5 8',
  'training run': 'M13.5 8A5.5 5.5 0 1 1 11.5 3.8M13.5 1.5V5H10M6.5 5.7 10.5 8 6.5 10.3Z',
  agent: 'M3 6.5H13V13.5H3ZM8 6.5V3M6.3 3H9.7M6 9.2V10.8M10 9.2V10.8M1 9V11.5M15 9V11.5',
  service: 'M8 1.5 9.9 5.8 14.5 6.2 11 9.3 12.1 13.9 8 11.4 3.9 13.9 5 9.3 1.5 6.2 6.1 5.8Z',
  other: 'M3.5 1.5H9.5L12.5 4.5V14.5H3.5ZM9.5 1.5V4.5H12.5',
};

/** A kind of artefact as a small drawing; its name stands beside it. Inside of another SVG it takes `x` and `y`. */
export function KindIcon({
  kind,
  x,
  y,
}: {
  readonly kind: ArtefactKind;
  readonly x?: number;
  readonly y?: number;
}): ReactNode {
  return (
    <svg
      className={`kind-icon kind-${kind.replace(' ', '-')}`}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      {...(x !== undefined && { x })}
      {...(y !== undefined && { y })}
    >
      <path d={PATHS[kind] ?? PATHS.other} />
    </svg>
  );
}
