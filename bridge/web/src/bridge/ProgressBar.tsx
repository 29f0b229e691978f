import { type ReactNode, useId } from 'react';

interface ProgressBarProps {
  readonly label: string;
  /** Both absent: nobody knows how long. */
  readonly done?: number;
  readonly of?: number;
  readonly detail?: string | undefined;
}

/** How far a long work is. */
export function ProgressBar({ label, done, of, detail }: ProgressBarProps): ReactNode {
  const id = useId();
  return (
    <div className="progress">
      <label htmlFor={id}>{label}</label>
      {of === undefined ? <progress id={id} /> : <progress id={id} max={Math.max(1, of)} value={done ?? 0} />}
      {detail !== undefined && <span className="quiet">{detail}</span>}
    </div>
  );
}
