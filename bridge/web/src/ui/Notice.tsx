import type { ReactNode } from 'react';
import { useTexts } from '../texts/index.tsx';
import { Button } from './Button.tsx';

export type Tone = 'info' | 'success' | 'warning' | 'danger';

interface NoticeProps {
  readonly tone?: Tone;
  readonly title: string;
  readonly children?: ReactNode;
  readonly onRetry?: () => void;
  readonly actions?: ReactNode;
}

/** Something the user should know. Dangers are read aloud at once, the rest when there is time. */
export function Notice({ tone = 'info', title, children, onRetry, actions }: NoticeProps): ReactNode {
  const texts = useTexts();
  return (
    <div className={`notice notice-${tone}`} role={tone === 'danger' ? 'alert' : 'status'}>
      <p className="notice-title">{title}</p>
      {children !== undefined && <div className="notice-text">{children}</div>}
      {(onRetry !== undefined || actions !== undefined) && (
        <div className="row">
          {onRetry !== undefined && <Button onClick={onRetry}>{texts.common.retry}</Button>}
          {actions}
        </div>
      )}
    </div>
  );
}
