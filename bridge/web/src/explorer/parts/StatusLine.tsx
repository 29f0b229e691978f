import type { ReactNode } from 'react';
import type { Surety } from '../../../../../sdk/explorerTypes.ts';
import { useTexts } from '../../texts/index.tsx';
import { SURETIES } from '../surety.ts';

/** From the mempool to the proof: what is done, where it stands, what is to come. */
export function StatusLine({ status }: { readonly status: Surety }): ReactNode {
  const { explorer } = useTexts();
  const now = SURETIES.indexOf(status);
  return (
    <div className="status-line">
      <ol>
        {SURETIES.map((name, i) => (
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
