import type { ReactNode } from 'react';
import type { Place } from '../app/router.ts';
import { useTexts } from '../texts/index.tsx';

export function ExplorerPage(_props: { readonly place: Place }): ReactNode {
  return <h1>{useTexts().common.explorer}</h1>;
}
