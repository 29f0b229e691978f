import type { ReactNode } from 'react';
import { useLanguage } from '../../texts/index.tsx';
import { Time } from '../../ui/Time.tsx';

/** How long ago, and when exactly. @param at seconds */
export function Moment({ at }: { readonly at: number }): ReactNode {
  const { language } = useLanguage();
  const exact = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(at * 1_000);
  return (
    <span>
      <Time at={at} /> <span className="quiet">({exact})</span>
    </span>
  );
}
