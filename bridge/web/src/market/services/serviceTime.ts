import type { ServiceView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';

export interface EpochTime {
  readonly epoch: number;
  /** Seconds left; 0: its time is over, and no batch of a later one is there yet. */
  readonly leftSeconds: number;
  /** Of 1. */
  readonly passed: number;
}

/** How far the current epoch is, by a clock (seconds); undefined: none has begun, or the terms are unknown. */
export function epochTime(
  { terms, currentEpoch }: Pick<Wire<ServiceView>, 'terms' | 'currentEpoch'>,
  now: number,
): EpochTime | undefined {
  if (terms === undefined || currentEpoch === undefined || currentEpoch < 0 || terms.epochSeconds <= 0)
    return undefined;
  const from = terms.startsAt + currentEpoch * terms.epochSeconds;
  const passed = Math.max(0, Math.min(1, (now - from) / terms.epochSeconds));
  return { epoch: currentEpoch, leftSeconds: Math.round((1 - passed) * terms.epochSeconds), passed };
}
