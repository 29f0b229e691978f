import type { ReactNode } from 'react';
import { useDeployment } from '../app/context.ts';
import { fill, useTexts } from '../texts/index.tsx';
import { TroubleNotice } from './TroubleNotice.tsx';
import type { ActState } from './useAct.ts';

interface ActProgressProps {
  readonly state: ActState;
  /** Said once it is sent. */
  readonly sent?: string;
}

/** What an action waits for, that it is sent, or what went wrong with it; read aloud when it changes. */
export function ActProgress({ state: { isBusy, stage, trouble }, sent }: ActProgressProps): ReactNode {
  const { stages } = useTexts().bridge;
  const { config } = useDeployment();
  return (
    <div className="act">
      <p className="act-stage" role="status">
        {isBusy && stage !== undefined && (
          <>
            <span className="spinner-dot" aria-hidden="true" />
            {fill(stages[stage], { network: config.l1.name })}
          </>
        )}
        {!isBusy && sent}
      </p>
      {trouble !== undefined && <TroubleNotice trouble={trouble} />}
    </div>
  );
}
