import type { ReactNode } from 'react';
import { troubleText } from '../app/troubleText.ts';
import { useTexts } from '../texts/index.tsx';
import { Notice } from './Notice.tsx';

/** A failure by its code: what happened, what to do next. */
export function ErrorNotice({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }): ReactNode {
  const { what, next } = troubleText(useTexts(), error);
  return (
    <Notice tone="danger" title={what} {...(onRetry !== undefined && { onRetry })}>
      {next}
    </Notice>
  );
}
