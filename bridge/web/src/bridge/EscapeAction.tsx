import { type ReactNode, useEffect, useRef } from 'react';
import { fill, useTexts } from '../texts/index.tsx';
import { TransferError } from '../transfers/trouble.ts';
import type { OwnedAccount } from '../transfers/types.ts';
import { Button } from '../ui/Button.tsx';
import { ActProgress } from './ActProgress.tsx';
import { useBridge } from './BridgeContext.tsx';
import { ProgressBar } from './ProgressBar.tsx';
import { useAct } from './useAct.ts';

/** Leaves a frozen bridge with one account: the ledger is rebuilt, a proof made and checked, then the wallet asked. */
export function EscapeAction({ account: { index, isEscaped } }: { readonly account: OwnedAccount }): ReactNode {
  const texts = useTexts();
  const { gone } = texts.bridge;
  const { actor, isWrongNetwork } = useBridge();
  const stopper = useRef<AbortController>(undefined);
  const act = useAct();
  useEffect(() => () => stopper.current?.abort(), []);
  if (isEscaped === true) return <p className="quiet">{gone.escaped}</p>;
  const { isBusy, proving, stage } = act.state;
  const run = () =>
    act.run(async (report) => {
      if (isWrongNetwork) throw new TransferError('WRONG_NETWORK');
      if (actor === undefined) throw new TransferError('L1_UNREACHABLE');
      stopper.current = new AbortController();
      const { signal } = stopper.current;
      return actor.escape({ account: index, signal, onProgress: report.progress });
    });
  const stages = {
    download: gone.stageDownload,
    witness: gone.stageWitness,
    prove: gone.stageProve,
    verify: gone.stageVerify,
  };
  return (
    <>
      <div className="row">
        <Button variant="primary" isBusy={isBusy} aria-describedby={`leaving-${index}`} onClick={() => void run()}>
          {gone.escape}
        </Button>
        {isBusy && stage === 'proving' && (
          <Button variant="quiet" onClick={() => stopper.current?.abort()}>
            {texts.common.cancel}
          </Button>
        )}
      </div>
      {isBusy && proving !== undefined && (
        <ProgressBar
          label={stages[proving.stage]}
          {...(proving.stage === 'download' && proving.of !== undefined && { done: proving.done ?? 0, of: proving.of })}
          detail={
            proving.stage === 'download' && proving.of !== undefined
              ? fill(gone.mb, { done: megabytes(proving.done ?? 0), of: megabytes(proving.of) })
              : undefined
          }
        />
      )}
      <ActProgress state={act.state} />
    </>
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
