import type { ReactNode } from 'react';
import { fill, useTexts } from '../texts/index.tsx';
import { Button } from '../ui/Button.tsx';
import { useBridge } from './BridgeContext.tsx';
import { useReadAgain } from './chainData.ts';
import { ProgressBar } from './ProgressBar.tsx';
import { useReading } from './useReading.ts';

/** The ledger is being rebuilt from L1: how far it is, and how to stop it or begin again. */
export function ReadingNotice(): ReactNode {
  const texts = useTexts();
  const { gone } = texts.bridge;
  const { engine } = useBridge();
  const readAgain = useReadAgain();
  const reading = useReading();
  if (engine === undefined || reading === undefined) return null;
  if (reading.phase === 'stopped') {
    return (
      <div className="reading">
        <p>{gone.cancelled}</p>
        <p className="quiet">{gone.readText}</p>
        <div className="row">
          <Button
            onClick={() => {
              engine.recovery.resume();
              readAgain();
            }}
          >
            {gone.read}
          </Button>
        </div>
      </div>
    );
  }
  if (reading.phase !== 'reading') return null;
  const { progress } = reading;
  return (
    <div className="reading">
      <ProgressBar
        label={gone.reading}
        {...(progress !== undefined && { done: progress.batch, of: progress.of })}
        detail={progress && fill(gone.readingBatch, { batch: progress.batch, of: progress.of })}
      />
      <div className="row">
        <Button variant="quiet" onClick={() => engine.recovery.cancel()}>
          {texts.common.cancel}
        </Button>
      </div>
    </div>
  );
}
