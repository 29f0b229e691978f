import { useCallback, useRef, useState } from 'react';
import type { Progress, Stage } from '../transfers/api.ts';
import { toTrouble } from '../transfers/trouble.ts';
import type { Trouble } from '../transfers/types.ts';
import { useReadAgain } from './chainData.ts';

/** What the user is waiting for: the engine's stages, and those before and after it. */
export type ActStage = Stage | 'key' | 'switching' | 'signing' | 'back';

export interface ActState {
  readonly isBusy: boolean;
  readonly stage?: ActStage;
  readonly proving?: Progress['proving'];
  readonly trouble?: Trouble;
  /** It was sent, the last time. */
  readonly isSent?: boolean;
}

export interface Report {
  (stage: ActStage): void;
  readonly progress: (progress: Progress) => void;
}

export interface Act {
  readonly state: ActState;
  /** Does nothing while something is being done: a second click sends nothing. */
  run(work: (report: Report) => Promise<unknown>): Promise<boolean>;
  clear(): void;
}

/** One thing that the user does at a time, with what it waits for and what went wrong. */
export function useAct(): Act {
  const [state, setState] = useState<ActState>({ isBusy: false });
  const isRunning = useRef(false);
  const readAgain = useReadAgain();
  const run = useCallback<Act['run']>(
    async (work) => {
      if (isRunning.current) return false;
      isRunning.current = true;
      setState({ isBusy: true, stage: 'checking' });
      const report: Report = Object.assign((stage: ActStage) => setState({ isBusy: true, stage }), {
        progress: ({ stage, proving }: Progress) =>
          setState({ isBusy: true, stage, ...(proving !== undefined && { proving }) }),
      });
      try {
        await work(report);
        setState({ isBusy: false, isSent: true });
        return true;
      } catch (error) {
        setState({ isBusy: false, trouble: toTrouble(error) });
        return false;
      } finally {
        isRunning.current = false;
        readAgain();
      }
    },
    [readAgain],
  );
  const clear = useCallback(() => setState((now) => (now.isBusy ? now : { isBusy: false })), []);
  return { state, run, clear };
}
