import type { ReactNode } from 'react';
import type { Place } from '../app/router.ts';
import { useTexts } from '../texts/index.tsx';

export function BridgePage(_props: { readonly place: Place }): ReactNode {
  return <h1>{useTexts().common.bridge}</h1>;
}
