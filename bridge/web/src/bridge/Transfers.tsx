import { type ReactNode, useEffect, useRef, useState } from 'react';
import { fill, useTexts } from '../texts/index.tsx';
import { toTrouble } from '../transfers/trouble.ts';
import type { Transfer } from '../transfers/types.ts';
import { Card } from '../ui/Card.tsx';
import { Pill } from '../ui/Pill.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { useBridge } from './BridgeContext.tsx';
import { LostIntents } from './LostIntents.tsx';
import { TransferItem } from './TransferItem.tsx';
import { TroubleNotice } from './TroubleNotice.tsx';
import { changes, statusOf } from './transferView.ts';

/** Everything on its way, and what has arrived lately; read from the chain. */
export function Transfers(): ReactNode {
  const { list } = useTexts().bridge;
  const { transfers, wallet, engine } = useBridge();
  const pending = transfers.data?.filter(({ isFinished }) => !isFinished).length ?? 0;
  return (
    <Card title={list.title} aside={pending > 0 && <Pill tone="info">{fill(list.pending, { count: pending })}</Pill>}>
      <Announcer transfers={transfers.data} />
      {wallet !== undefined &&
        engine?.bridge
          .troubles()
          .map((trouble) =>
            trouble.code === 'NO_STORAGE' ? (
              <TroubleNotice key={trouble.code} trouble={trouble} tone="warning" />
            ) : null,
          )}
      <LostIntents />
      {wallet === undefined ? (
        <p className="empty">{list.noWallet}</p>
      ) : transfers.data !== undefined ? (
        <TransferList transfers={transfers.data} />
      ) : transfers.error !== null ? (
        <TroubleNotice trouble={toTrouble(transfers.error)} onRetry={() => void transfers.refetch()} />
      ) : (
        <Spinner label={list.loading} />
      )}
    </Card>
  );
}

function TransferList({ transfers }: { readonly transfers: readonly Transfer[] }): ReactNode {
  const { list } = useTexts().bridge;
  if (transfers.length === 0) return <p className="empty">{list.empty}</p>;
  return (
    <ul className="transfers">
      {transfers.map((transfer) => (
        <TransferItem key={transfer.id} transfer={transfer} />
      ))}
    </ul>
  );
}

/** Says in words what changed, once for each change. */
function Announcer({ transfers }: { readonly transfers: readonly Transfer[] | undefined }): ReactNode {
  const words = useTexts().bridge;
  const seen = useRef<ReadonlyMap<string, string>>(new Map());
  const [said, say] = useState('');
  useEffect(() => {
    if (transfers === undefined) return;
    const now = new Map(transfers.map((transfer) => [transfer.id, statusOf(transfer, words).text]));
    const changed = changes(seen.current, now);
    seen.current = now;
    if (changed.length === 0) return;
    say(
      changed
        .map(([id, status]) => {
          const kind = transfers.find((transfer) => transfer.id === id)?.kind ?? 'deposit';
          return fill(words.list.changed, { what: words.kinds[kind], status });
        })
        .join('. '),
    );
  }, [transfers, words]);
  return (
    <p className="visually-hidden" role="status">
      {said}
    </p>
  );
}
