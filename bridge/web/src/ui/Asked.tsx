import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTexts } from '../texts/index.tsx';
import { ErrorNotice } from './ErrorNotice.tsx';
import { Notice } from './Notice.tsx';
import { Spinner } from './Spinner.tsx';

interface AskedProps<T> {
  readonly query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>;
  readonly children: (data: NonNullable<T>) => ReactNode;
  /** The node knows no such thing. */
  readonly absent?: ReactNode;
  /** Lines of text that are about to come: the room for them is kept. */
  readonly lines?: number;
}

/** The answer to a question, or what there is instead: not yet, nothing, a failure. What was known stays when a later try fails. */
export function Asked<T>({ query: { data, error, refetch }, children, absent, lines = 3 }: AskedProps<T>): ReactNode {
  const { common } = useTexts();
  if (data !== undefined && data !== null) return children(data);
  if (data === null) return absent ?? <Notice title={common.notFound}>{common.notFoundNext}</Notice>;
  if (error !== null) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  return (
    <div className={`asked asked-${Math.min(4, Math.ceil(lines / 3))}`}>
      <Spinner label={common.loading} />
    </div>
  );
}
