import type { ReactNode } from 'react';
import { fill, useLanguage, useTexts } from '../texts/index.tsx';
import { TransferError } from '../transfers/trouble.ts';
import type { OwnedAccount } from '../transfers/types.ts';
import { Button } from '../ui/Button.tsx';
import { Facts } from '../ui/Facts.tsx';
import { ActProgress } from './ActProgress.tsx';
import { useBridge } from './BridgeContext.tsx';
import { dateText } from './dateText.ts';
import { EscapeAction } from './EscapeAction.tsx';
import { amountText, ETH } from './money.ts';
import { OwnAccounts } from './OwnAccounts.tsx';
import { useAct } from './useAct.ts';

/** What can be done without the node, and against it. All of it goes by L1. */
export function GonePanel(): ReactNode {
  const { gone } = useTexts().bridge;
  return (
    <div className="gone">
      <p>{gone.intro}</p>
      <Standing />
      <h3>{gone.waitTitle}</h3>
      <p>{gone.waitText}</p>
      <ForcedExits />
      <Freeze />
      <Escapes />
    </div>
  );
}

/** How the bridge stands, by L1. */
function Standing(): ReactNode {
  const { gone } = useTexts().bridge;
  const { language } = useLanguage();
  const { data } = useBridge().state;
  if (data === undefined) return null;
  const { isFrozen, isOpen, oldestDeadline, provenBatch, committedBatch } = data;
  return (
    <Facts
      facts={[
        [gone.state, isFrozen ? gone.stateFrozen : isOpen ? gone.stateOpen : gone.stateLive],
        [gone.proven, String(provenBatch)],
        [gone.committed, String(committedBatch)],
        [
          gone.oldest,
          oldestDeadline === undefined ? gone.noneWaits : fill(gone.by, { time: dateText(oldestDeadline, language) }),
        ],
      ]}
    />
  );
}

function ForcedExits(): ReactNode {
  const { gone } = useTexts().bridge;
  const { language } = useLanguage();
  const { state } = useBridge();
  const fee = state.data?.queueFee;
  return (
    <section className="gone-way" aria-labelledby="gone-force">
      <h3 id="gone-force">{gone.forceTitle}</h3>
      <p>{gone.forceText}</p>
      <p className="quiet">
        {gone.forceNow} {fee !== undefined && fill(gone.fee, { amount: amountText(fee, ETH, language) })}
      </p>
      {state.data?.isFrozen !== true && <OwnAccounts action={(account) => <ForceAction account={account} />} />}
    </section>
  );
}

function ForceAction({ account: { index, isEscaped } }: { readonly account: OwnedAccount }): ReactNode {
  const { gone } = useTexts().bridge;
  const { actor, isWrongNetwork } = useBridge();
  const act = useAct();
  const run = () =>
    act.run(async (report) => {
      if (isWrongNetwork) throw new TransferError('WRONG_NETWORK');
      if (actor === undefined) throw new TransferError('L1_UNREACHABLE');
      return actor.forcedExit({ account: index, onProgress: report.progress });
    });
  return (
    <>
      <Button
        variant="danger"
        isBusy={act.state.isBusy}
        disabled={isEscaped === true}
        aria-describedby={`leaving-${index}`}
        onClick={() => void run()}
      >
        {gone.force}
      </Button>
      <ActProgress state={act.state} />
    </>
  );
}

function Freeze(): ReactNode {
  const { gone } = useTexts().bridge;
  const { language } = useLanguage();
  const { state, actor, wallet, isWrongNetwork } = useBridge();
  const act = useAct();
  const { isFrozen, canFreeze, oldestDeadline } = state.data ?? {};
  const run = () =>
    act.run(async (report) => {
      if (isWrongNetwork) throw new TransferError('WRONG_NETWORK');
      if (actor === undefined) throw new TransferError('L1_UNREACHABLE');
      return actor.freeze({ onProgress: report.progress });
    });
  return (
    <section className="gone-way" aria-labelledby="gone-freeze">
      <h3 id="gone-freeze">{gone.freezeTitle}</h3>
      <p>{gone.freezeText}</p>
      {isFrozen === true ? (
        <p className="strong">{gone.freezeDone}</p>
      ) : canFreeze === true ? (
        <div className="row">
          <Button variant="danger" isBusy={act.state.isBusy} disabled={wallet === undefined} onClick={() => void run()}>
            {gone.freeze}
          </Button>
        </div>
      ) : (
        <p className="quiet">
          {oldestDeadline === undefined
            ? gone.freezeNot
            : fill(gone.freezeFrom, { time: dateText(oldestDeadline, language) })}
        </p>
      )}
      <ActProgress state={act.state} />
    </section>
  );
}

function Escapes(): ReactNode {
  const { gone } = useTexts().bridge;
  const { state } = useBridge();
  if (state.data?.isFrozen !== true) return null;
  return (
    <section className="gone-way" aria-labelledby="gone-escape">
      <h3 id="gone-escape">{gone.escapeTitle}</h3>
      <p className="quiet">{gone.owedHint}</p>
      <OwnAccounts action={(account) => <EscapeAction account={account} />} />
    </section>
  );
}
