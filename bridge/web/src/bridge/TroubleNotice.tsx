import type { ReactNode } from 'react';
import { troubleText } from '../app/troubleText.ts';
import { useLanguage, useTexts } from '../texts/index.tsx';
import type { Trouble } from '../transfers/types.ts';
import { Notice, type Tone } from '../ui/Notice.tsx';
import { useBridge } from './BridgeContext.tsx';
import { readableTrouble } from './money.ts';

interface TroubleNoticeProps {
  readonly trouble: Trouble;
  /** `warning` for what is no failure: it is read aloud when there is time. */
  readonly tone?: Tone;
  readonly onRetry?: () => void;
}

/** What went wrong and what to do next, with amounts as people read them. */
export function TroubleNotice({ trouble, tone = 'danger', onRetry }: TroubleNoticeProps): ReactNode {
  const texts = useTexts();
  const { language } = useLanguage();
  const { known } = useBridge();
  const { what, next } = troubleText(texts, readableTrouble(trouble, known, language));
  return (
    <Notice tone={tone} title={what} {...(onRetry !== undefined && { onRetry })}>
      {next}
    </Notice>
  );
}
