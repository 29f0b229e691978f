import type { PublicClient } from 'viem';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { RecoveryError } from '../recovery/errors.ts';
import type { BatchProgress, Recovery } from '../recovery/types.ts';

/** What is seen of the replay. `stopped`: the user does not want it, nothing is read until `resume`. */
export interface Reading {
  readonly phase: 'idle' | 'reading' | 'done' | 'failed' | 'stopped';
  /** Why it failed, the last time. */
  readonly error?: unknown;
  readonly progress?: BatchProgress;
}

export interface LazyRecovery extends Recovery {
  reading(): Reading;
  subscribe(onChange: () => void): () => void;
  /** Ends the replay; later ones are refused until `resume`. */
  cancel(): void;
  resume(): void;
}

type Open = (options: { readonly config: WebConfig; readonly l1: PublicClient }) => Promise<Recovery>;

/** Its code comes when it is first needed: a visitor whose node answers never loads it. */
const openRecovery: Open = async (options) => (await import('../recovery/index.ts')).openRecovery(options);

/** Recovery that is opened by its first use, and whose replay can be watched and stopped by the page. */
export function lazyRecovery(
  options: { readonly config: WebConfig; readonly l1: PublicClient },
  open: Open = openRecovery,
): LazyRecovery {
  let opened: Promise<Recovery> | undefined;
  let reading: Reading = { phase: 'idle' };
  let stopper = new AbortController();
  const listeners = new Set<() => void>();
  const show = (next: Reading): void => {
    reading = next;
    for (const listener of listeners) listener();
  };
  const recovery = (): Promise<Recovery> => {
    opened ??= open(options);
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  return {
    reading: () => reading,
    subscribe: (onChange) => {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    cancel: () => {
      stopper.abort();
      show({ phase: 'stopped' });
    },
    resume: () => {
      stopper = new AbortController();
      show({ phase: 'idle' });
    },
    ledger: async (owner, { onProgress, signal } = {}) => {
      if (reading.phase === 'stopped') throw new RecoveryError('ABORTED');
      const mine = stopper;
      if (reading.phase === 'idle' || reading.phase === 'failed') show({ phase: 'reading' });
      try {
        const ledger = await (await recovery()).ledger(owner, {
          signal: signal === undefined ? mine.signal : AbortSignal.any([signal, mine.signal]),
          onProgress: (progress) => {
            if (!mine.signal.aborted && reading.phase !== 'done') show({ phase: 'reading', progress });
            onProgress?.(progress);
          },
        });
        if (!mine.signal.aborted) show({ phase: 'done' });
        return ledger;
      } catch (error) {
        if (!mine.signal.aborted) show({ phase: 'failed', error });
        throw error;
      }
    },
    prove: async (index, proveOptions) => (await recovery()).prove(index, proveOptions),
    stop: () => {
      const running = opened;
      opened = undefined;
      running?.then(
        (open) => open.stop(),
        () => undefined, // it never started
      );
    },
  };
}
