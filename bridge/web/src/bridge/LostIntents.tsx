import type { ReactNode } from 'react';
import { useTexts } from '../texts/index.tsx';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { useBridge } from './BridgeContext.tsx';
import { useReadAgain } from './chainData.ts';
import { isTransferKind } from './transferView.ts';

/** Payouts, claims and the like that the wallet was asked for when the page was closed: transfers say it of themselves. */
export function LostIntents(): ReactNode {
  const { list, kinds } = useTexts().bridge;
  const { wallet, engine, transfers } = useBridge();
  const readAgain = useReadAgain();
  if (wallet === undefined || engine === undefined || transfers.data === undefined) return null;
  const shown = new Set(transfers.data.map(({ id }) => id));
  const lost = engine.bridge
    .intents(wallet.address)
    .filter(({ state, kind, id }) => state === 'lost' && !isTransferKind(kind) && !shown.has(`intent:${id}`));
  return lost.map(({ id, kind }) => (
    <Notice
      key={id}
      tone="warning"
      title={`${kinds[kind]}: ${list.lostTitle}`}
      actions={
        <Button
          onClick={() => {
            engine.bridge.forget(id);
            readAgain();
          }}
        >
          {list.notSent}
        </Button>
      }
    >
      {list.lostText}
    </Notice>
  ));
}
