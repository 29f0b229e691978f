import type { ReactNode } from 'react';
import { useTexts } from '../../texts/index.tsx';
import { LEDGER_STEPS, type Sure } from '../surety.ts';

interface StatusLineProps {
  readonly status: Sure;
  /** In order; default: those of a ledger transaction. */
  readonly steps?: readonly Sure[];
}

/** From the mempool to the last word: what is done, where it stands, what is to come. */
export function StatusLine({ status, steps = LEDGER_STEPS }: StatusLineProps): ReactNode {
  const { explorer } = useTexts();
  const now = steps.indexOf(status);
  const isLast = now === steps.length - 1;
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
      <p className="quiet" aria-live="polite">
        {status === 'proven' && !isLast ? explorer.suretyMeans.provenOnly : explorer.suretyMeans[status]}
      </p>
    </div>
  );
}
