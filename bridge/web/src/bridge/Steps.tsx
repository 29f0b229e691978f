import type { ReactNode } from 'react';
import { useDeployment } from '../app/context.ts';
import { useTexts } from '../texts/index.tsx';
import type { TransferStep } from '../transfers/types.ts';
import { Time } from '../ui/Time.tsx';
import { stepLink } from './stepLink.ts';

/** Where a transfer is on its way. The state of each step is said in words, too. */
export function Steps({ steps }: { readonly steps: readonly TransferStep[] }): ReactNode {
  const { list, steps: names, stepStates } = useTexts().bridge;
  const { config } = useDeployment();
  return (
    <ol className="steps" aria-label={list.steps}>
      {steps.map((step) => {
        const { name, state, at } = step;
        const link = stepLink(config, step);
        const isOutside = link?.startsWith('http');
        return (
          <li key={name} data-step={name} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
            <span className="step-mark" aria-hidden="true">
              {state === 'done' ? '✓' : state === 'failed' ? '✕' : ''}
            </span>
            <span className="step-name">
              {link === undefined ? (
                names[name]
              ) : (
                <a href={link} {...(isOutside && { target: '_blank', rel: 'noreferrer noopener' })}>
                  {names[name]}
                </a>
              )}
              <span className="visually-hidden">: {stepStates[state]}</span>
            </span>
            <span className="step-time">{at !== undefined && <Time at={at} />}</span>
          </li>
        );
      })}
    </ol>
  );
}
