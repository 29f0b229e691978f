import { systemClock } from '../chain/clock.ts';
import type { Logger } from '../chain/logger.ts';

export interface RepeatOptions {
  readonly pauseMs: number;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** What cannot be renewed while L1 is away, for the log. */
  readonly about: string;
}

/** Renews what is remembered of L1 until `signal` aborts; while L1 is away, what was known stays. */
export async function repeat(
  renew: () => Promise<void>,
  { pauseMs, signal, logger, about }: RepeatOptions,
): Promise<void> {
  while (!signal.aborted) {
    await systemClock.sleep(pauseMs, signal);
    if (signal.aborted) return;
    await renew().catch((err: unknown) => logger.warn({ err, about }, 'L1 not readable'));
  }
}
