import type { ReactNode } from 'react';
import type { EpochState } from '../../../../../sdk/marketTypes.ts';
import { useTexts } from '../../texts/index.tsx';
import { Pill, type PillTone } from '../../ui/Pill.tsx';

const TONES: Readonly<Record<EpochState, PillTone>> = {
  open: 'info',
  unpaid: 'warning',
  waiting: 'info',
  paid: 'success',
  wrong: 'danger',
};

/** Whether an epoch runs, is owed, or paid. */
export function StatePill({ state }: { readonly state: EpochState }): ReactNode {
  const { market } = useTexts();
  return <Pill tone={TONES[state] ?? 'neutral'}>{market.epoch.states[state]?.name ?? state}</Pill>;
}
