import type { ReactNode } from 'react';
import { useTexts } from '../texts/index.tsx';
import { Notice } from '../ui/Notice.tsx';

/** Said before the wallet asks: what the signature is for, and that it is a secret. */
export function KeyNotice({ isTwice }: { readonly isTwice: boolean }): ReactNode {
  const { key } = useTexts().bridge;
  return (
    <Notice title={key.title}>
      <p>{key.text}</p>
      <p>{isTwice ? key.twice : key.once}</p>
      <p>{key.warning}</p>
    </Notice>
  );
}
