import type { ReactNode } from 'react';
import { fill, useTexts } from '../../texts/index.tsx';

interface MeterProps {
  readonly label: string;
  readonly used: number;
  readonly all: number;
}

/** How full something is, in a bar and in numbers. */
export function Meter({ label, used, all }: MeterProps): ReactNode {
  const { explorer } = useTexts();
  const text = fill(explorer.ofAll, { used, all });
  return (
    <div className="meter">
      <p className="row spread">
        <span>{label}</span>
        <span className="quiet">{text}</span>
      </p>
      <meter min={0} max={Math.max(1, all)} value={Math.min(used, Math.max(1, all))} aria-label={label}>
        {text}
      </meter>
    </div>
  );
}
