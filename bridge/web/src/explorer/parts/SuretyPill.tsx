import type { ReactNode } from 'react';
import type { Surety } from '../../../../../sdk/explorerTypes.ts';
import { useTexts } from '../../texts/index.tsx';
import { Pill, type PillTone } from '../../ui/Pill.tsx';

const TONES: Readonly<Record<Surety | 'closed', PillTone>> = {
  pending: 'neutral',
  included: 'warning',
  closed: 'warning',
  committed: 'info',
  proven: 'success',
};

/** How sure a transaction, block or batch is. */
export function SuretyPill({ status }: { readonly status: Surety | 'closed' }): ReactNode {
  const { explorer } = useTexts();
  return <Pill tone={TONES[status]}>{explorer.surety[status]}</Pill>;
}
