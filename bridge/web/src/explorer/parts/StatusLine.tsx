import type { ReactNode } from 'react';
import type { Surety } from '../../../../../sdk/explorerTypes.ts';
import { useTexts } from '../../texts/index.tsx';
import { SURETIES } from '../surety.ts';

interface StatusLineProps {
  readonly status: Surety;
  /** A block or a batch never waits in the mempool. */
  readonly isMade?: boolean;
}

/** From the mempool to the proof: what is done, where it stands, what is to come. */
export function StatusLine({ status, isMade = false }: StatusLineProps): ReactNode {
  const { explorer } = useTexts();
  const steps = isMade ? SURETIES.slice(1) : SURETIES;
  const now = steps.indexOf(status);
  return (
    <div className="status-line">
      <ol>
        {steps.map((name, i) => (
          <li key={name} className={i <= now ? 'done' : 'todo'} aria-current={i === now ? 'step' : undefined}>
            <span className="status-dot" aria-hidden="true">
              {i <= now ? '✓' : i + 1}
            </span>
            <span>
              {explorer.surety[name]}
              <span className="visually-hidden"> {i <= now ? explorer.stepDone : explorer.stepTodo}</span>
            </span>
          </li>
        ))}
      </ol>
      <p className="quiet">{explorer.suretyMeans[status]}</p>
    </div>
  );
}
