import type { ReactNode } from 'react';
import type { Place } from '../app/router.ts';
import { useTexts } from '../texts/index.tsx';

export function MarketPage(_props: { readonly place: Place }): ReactNode {
  return <h1>{useTexts().common.market}</h1>;
}
