/** Where a channel is in its life (ARCHITECTURE.md, life of a channel). Pure. */
import type { ChannelView, Wire } from '../../../../../sdk/rpcTypes.ts';

export type LifeStep = 'opened' | 'expiry' | 'over';

export interface LifePoint {
  readonly name: LifeStep;
  /** Seconds. */
  readonly at: number;
  readonly isPast: boolean;
}

type Channel = Pick<Wire<ChannelView>, 'state' | 'created' | 'expiry' | 'claimableUntil'>;

/** Its points in time; what is past says the ledger's clock by the channel's state, not the reader's. */
export function channelLife({ state, created, expiry, claimableUntil }: Channel): LifePoint[] {
  return [
    { name: 'opened', at: created.timestamp, isPast: true },
    { name: 'expiry', at: expiry, isPast: state !== 'open' },
    { name: 'over', at: claimableUntil, isPast: state === 'over' },
  ];
}

/** How much of what was ever put in has been paid out, 0 … 1; for drawing. */
export function spentShare({ balance, claimed }: { readonly balance: string; readonly claimed: string }): number {
  const all = BigInt(balance) + BigInt(claimed);
  return all === 0n ? 0 : Number((BigInt(claimed) * 10_000n) / all) / 10_000;
}
