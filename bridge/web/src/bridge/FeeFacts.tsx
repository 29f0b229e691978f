import type { ReactNode } from 'react';
import { fill, useLanguage, useTexts } from '../texts/index.tsx';
import { Facts } from '../ui/Facts.tsx';
import { durationText } from '../ui/Time.tsx';
import { roughly } from './transferView.ts';

interface FeeFactsProps {
  /** Undefined: not known yet; null: there is none. */
  readonly facts: readonly (readonly [name: string, value: ReactNode | undefined])[];
  readonly timeName: string;
  readonly seconds: number;
}

/** What it costs and how long it takes, before anything is sent; what is not known yet keeps its line. */
export function FeeFacts({ facts, timeName, seconds }: FeeFactsProps): ReactNode {
  const { form } = useTexts().bridge;
  const { language } = useLanguage();
  const time = fill(form.inAbout, { time: durationText(roughly(seconds), language) });
  return (
    <Facts
      facts={[...facts.map(([name, value]) => [name, value === undefined ? '…' : value] as const), [timeName, time]]}
    />
  );
}
