import type { ReactNode } from 'react';
import { useTexts } from '../texts/index.tsx';
import { Pill, type PillTone } from '../ui/Pill.tsx';

/** Where a figure comes from, and so how far it can be believed. */
export type Source = 'settled' | 'announced' | 'computed' | 'estimate';

const TONES: Readonly<Record<Source, PillTone>> = {
  settled: 'success',
  announced: 'warning',
  computed: 'info',
  estimate: 'neutral',
};

export function SourceTag({ source }: { readonly source: Source }): ReactNode {
  const { market } = useTexts();
  return <Pill tone={TONES[source]}>{market.sources[source].name}</Pill>;
}

/** What the tags of a page mean. */
export function SourceLegend({ sources }: { readonly sources: readonly Source[] }): ReactNode {
  const { market } = useTexts();
  return (
    <section className="legend" aria-label={market.sources.title}>
      {sources.map((source) => (
        <p key={source}>
          <SourceTag source={source} /> {market.sources[source].text}
        </p>
      ))}
    </section>
  );
}
