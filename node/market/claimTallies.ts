import type { ClaimRecord } from '../../chain/types.ts';
import type { AccountIndex, ChannelTerms } from '../../protocol/types.ts';

/** Of the claims of channels that name an attestation as their model; base units of its token, which is theirs. */
export interface ModelTally {
  readonly claims: number;
  /** What left the channels: amounts, fees and royalties. */
  readonly paid: bigint;
  readonly royalties: bigint;
}

/** Of the claims that one provider settled. */
export interface ProviderTally {
  claims: number;
  readonly channels: Set<AccountIndex>;
  readonly payers: Set<AccountIndex>;
  /** Models of its claims. */
  readonly models: Set<AccountIndex>;
  /** By token: what was credited to it. */
  readonly earned: Map<number, bigint>;
  /** Seconds: of the blocks of its first and its last claim. */
  since: number;
  last: number;
  /** Hours (Unix time / 3600) with a claim, those of the newest days. */
  readonly hours: Set<number>;
}

/** What of a claim and its channel is counted. */
export type CountedClaim = Pick<ClaimRecord, 'amount' | 'fee' | 'royalty' | 'timestamp'> & {
  readonly channel: AccountIndex;
  readonly terms: Pick<ChannelTerms, 'payer' | 'provider' | 'model'>;
  readonly token: number;
};

export const UPTIME_HOURS = 48;
const HOUR = 3_600;
/** More than are asked for, so that they need not be looked through with every claim. */
const MAX_HOURS = 2 * UPTIME_HOURS;

const NOTHING: ModelTally = { claims: 0, paid: 0n, royalties: 0n };

/** Sums over all settled claims, by model and by provider; and how many channels name a model. Each is given once, in any order. */
export class ClaimTallies {
  readonly #channels = new Map<AccountIndex, number>();
  readonly #models = new Map<AccountIndex, ModelTally>();
  readonly #providers = new Map<AccountIndex, ProviderTally>();
  #version = 0;

  /** Another one after every claim. */
  get version(): number {
    return this.#version;
  }

  add({ channel, terms, token, amount, fee, royalty, timestamp }: CountedClaim): void {
    const { payer, provider, model } = terms;
    this.#version += 1;
    if (model !== 0) {
      const { claims, paid, royalties } = this.model(model);
      const delta = amount + fee + royalty;
      this.#models.set(model, { claims: claims + 1, paid: paid + delta, royalties: royalties + royalty });
    }
    const tally = this.#providers.get(provider) ?? emptyTally(timestamp);
    this.#providers.set(provider, tally);
    tally.claims += 1;
    tally.channels.add(channel);
    tally.payers.add(payer);
    if (model !== 0) tally.models.add(model);
    tally.earned.set(token, (tally.earned.get(token) ?? 0n) + amount);
    tally.since = Math.min(tally.since, timestamp);
    tally.last = Math.max(tally.last, timestamp);
    tally.hours.add(Math.floor(timestamp / HOUR));
    if (tally.hours.size > MAX_HOURS) forgetHours(tally);
  }

  /** A channel that names a model. */
  addChannel(model: AccountIndex): void {
    this.#channels.set(model, this.channelsOf(model) + 1);
  }

  channelsOf(model: AccountIndex): number {
    return this.#channels.get(model) ?? 0;
  }

  model(index: AccountIndex): ModelTally {
    return this.#models.get(index) ?? NOTHING;
  }

  provider(owner: AccountIndex): Readonly<ProviderTally> | undefined {
    return this.#providers.get(owner);
  }

  /** KEY accounts with at least one claim. */
  providers(): Iterable<AccountIndex> {
    return this.#providers.keys();
  }
}

/** Each of the last hours, the one of `now` (seconds) last: whether a claim was settled in it. */
export function uptimeOf(tally: Pick<ProviderTally, 'hours'> | undefined, now: number) {
  const current = Math.floor(now / HOUR);
  const hours = Array.from(
    { length: UPTIME_HOURS },
    (_, i) => tally?.hours.has(current - UPTIME_HOURS + 1 + i) ?? false,
  );
  return { hours, active: hours.filter(Boolean).length, of: UPTIME_HOURS };
}

/** `uptimeOf().active`, for many. */
export function activeHours({ hours, last }: Pick<ProviderTally, 'hours' | 'last'>, now: number): number {
  const current = Math.floor(now / HOUR);
  const first = current - UPTIME_HOURS + 1;
  if (Math.floor(last / HOUR) < first) return 0;
  let active = 0;
  for (const hour of hours) if (hour >= first && hour <= current) active += 1;
  return active;
}

function emptyTally(timestamp: number): ProviderTally {
  return {
    claims: 0,
    channels: new Set(),
    payers: new Set(),
    models: new Set(),
    earned: new Map(),
    since: timestamp,
    last: timestamp,
    hours: new Set(),
  };
}

function forgetHours({ hours }: Pick<ProviderTally, 'hours'>): void {
  const newest = [...hours].sort((a, b) => b - a).slice(0, UPTIME_HOURS);
  hours.clear();
  for (const hour of newest) hours.add(hour);
}
