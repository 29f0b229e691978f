import { type ReactNode, useState } from 'react';
import type { Place } from '../app/router.ts';
import { useTexts } from '../texts/index.tsx';
import { toTrouble } from '../transfers/trouble.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Balances } from './Balances.tsx';
import { BridgeProvider, useBridge } from './BridgeContext.tsx';
import { MoveMoney, TABS, type Tab } from './MoveMoney.tsx';
import { NetworkNotice } from './NetworkNotice.tsx';
import { Transfers } from './Transfers.tsx';
import { TroubleNotice } from './TroubleNotice.tsx';
import '../styles/bridge.css';

/** Bridge: `#/bridge`, `#/bridge/withdraw`, `#/bridge/gone`. The form is there before any wallet or node has answered. */
export function BridgePage({ place }: { readonly place: Place }): ReactNode {
  return (
    <BridgeProvider>
      <Shown asked={TABS.find((name) => name === place.path[0])} />
    </BridgeProvider>
  );
}

function Shown({ asked }: { readonly asked: Tab | undefined }): ReactNode {
  const { bridge } = useTexts();
  const { codeError, retryCode, state } = useBridge();
  const [chosen, choose] = useState<Tab>();
  const isFrozen = state.data?.isFrozen === true;
  // in a frozen bridge nothing else is left to do
  const tab = chosen ?? asked ?? (isFrozen ? 'gone' : 'deposit');
  return (
    <>
      <h1>{bridge.title}</h1>
      <p className="quiet">{bridge.intro}</p>
      {codeError !== null && <TroubleNotice trouble={{ code: 'INTERNAL' }} onRetry={retryCode} />}
      <NetworkNotice />
      <L1Notice />
      {tab !== 'gone' && <WayOut onLook={() => choose('gone')} />}
      <div className="bridge">
        <div className="bridge-main">
          <MoveMoney tab={tab} onChange={choose} />
          <Transfers />
        </div>
        <div className="bridge-side">
          <Balances />
        </div>
      </div>
    </>
  );
}

/** L1 does not answer (any more); without anything read, balances and transfers say so themselves. */
function L1Notice(): ReactNode {
  const { state, wallet, isWrongNetwork } = useBridge();
  if (state.error === null || isWrongNetwork || (wallet !== undefined && state.data === undefined)) return null;
  return <TroubleNotice trouble={toTrouble(state.error)} tone="warning" onRetry={() => void state.refetch()} />;
}

/** Prominent when the node is away or the bridge is frozen. */
function WayOut({ onLook }: { readonly onLook: () => void }): ReactNode {
  const { gone } = useTexts().bridge;
  const { isNodeAway, state } = useBridge();
  const isFrozen = state.data?.isFrozen === true;
  if (!isFrozen && !isNodeAway) return null;
  return (
    <Notice
      tone={isFrozen ? 'danger' : 'info'}
      title={isFrozen ? gone.frozen : gone.nodeAway}
      actions={<Button onClick={onLook}>{gone.look}</Button>}
    >
      {isFrozen ? gone.frozenText : gone.nodeAwayText}
    </Notice>
  );
}
