import type { ReactNode } from 'react';
import { fill, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { PublishDocument } from './PublishDocument.tsx';
import { codeOf, type EpochQuery } from './useEpochQuery.ts';

interface EpochAskedProps<T> {
  readonly service: number;
  readonly query: EpochQuery<T>;
  readonly children: (data: NonNullable<T>) => ReactNode;
  readonly absent?: ReactNode;
}

/** An answer about epochs, or why there is none yet: the document is unknown (and can be given), or batches are gone through. */
export function EpochAsked<T>({ service, query, children, absent }: EpochAskedProps<T>): ReactNode {
  const { errors } = useTexts();
  const code = query.data === undefined ? codeOf(query.error) : undefined;
  if (code === 'UNKNOWN_DOCUMENT') {
    return (
      <>
        <Notice tone="warning" title={errors.UNKNOWN_DOCUMENT.what}>
          {errors.UNKNOWN_DOCUMENT.next}
        </Notice>
        <PublishDocument service={service} onDone={() => void query.refetch()} />
      </>
    );
  }
  if (code === 'SERVICE_REPLAYING') return <Replaying error={query.error} />;
  return (
    <Asked query={query} lines={10} {...(absent !== undefined && { absent })}>
      {children}
    </Asked>
  );
}

function Replaying({ error }: { readonly error: unknown }): ReactNode {
  const { market } = useTexts();
  const { batch, of } = progressIn(error);
  return (
    <Notice title={market.replaying.title}>
      <p>{fill(market.replaying.text, { batch, of })}</p>
      <progress className="progress" value={batch} max={Math.max(1, of)} aria-label={market.replaying.title} />
    </Notice>
  );
}

/** How far the node says it is (sdk/errors.ts: `details`). */
function progressIn(error: unknown): { readonly batch: number; readonly of: number } {
  const data = (error as { readonly details?: { readonly batch?: unknown; readonly of?: unknown } } | null)?.details;
  const number = (value: unknown) => (Number.isSafeInteger(Number(value)) ? Math.max(0, Number(value)) : 0);
  return { batch: number(data?.batch ?? 0), of: number(data?.of ?? 0) };
}
