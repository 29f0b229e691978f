import type { ReactNode } from 'react';
import { useLanguage } from '../texts/index.tsx';
import type { Trouble } from '../transfers/types.ts';
import { ErrorNotice } from '../ui/ErrorNotice.tsx';
import { useBridge } from './BridgeContext.tsx';
import { readableTrouble } from './money.ts';

/** What went wrong, with amounts as people read them. */
export function TroubleNotice({
  trouble,
  onRetry,
}: {
  readonly trouble: Trouble;
  readonly onRetry?: () => void;
}): ReactNode {
  const { known } = useBridge();
  const { language } = useLanguage();
  return <ErrorNotice error={readableTrouble(trouble, known, language)} {...(onRetry !== undefined && { onRetry })} />;
}
