import type { ReactNode } from 'react';
import type { ProviderView } from '../../../../../sdk/marketTypes.ts';
import { fill, useTexts } from '../../texts/index.tsx';

/** CSS pixels an hour, one of them empty: drawn without scaling, so that the hours stay apart. */
const STEP = 4;
const HEIGHT = 18;

/** Hours with settled work, newest at the right: high where there was some, low where not; in words beneath. */
export function UptimeStrip({ uptime }: { readonly uptime: ProviderView['uptime'] }): ReactNode {
  const { market } = useTexts();
  const { hours, active, of } = uptime;
  const shown = hours.slice(-of);
  return (
    <span className="uptime">
      <svg
        viewBox={`0 0 ${Math.max(1, shown.length) * STEP} ${HEIGHT}`}
        width={Math.max(1, shown.length) * STEP}
        height={HEIGHT}
        aria-hidden="true"
      >
        {shown.map((isActive, hour) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: an hour is its place
            key={hour}
            className={isActive ? 'hour-active' : 'hour'}
            x={hour * STEP}
            y={isActive ? 0 : HEIGHT - 5}
            width={STEP - 1}
            height={isActive ? HEIGHT : 5}
          />
        ))}
      </svg>
      <span className="small">{fill(market.providers.uptimeText, { active, of })}</span>
    </span>
  );
}
