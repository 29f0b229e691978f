import { setImmediate as breathe } from 'node:timers/promises';
import type { AccountIndex } from '../../protocol/types.ts';
import { activeHours, type ClaimTallies } from './claimTallies.ts';

/** Providers between two chances for others to run. */
const SLICE = 1_024;
/** A ranking that took longer is kept for a while, whatever is claimed meanwhile … */
const CHEAP_MS = 20;
/** … so that all who ask together take this part of the node's time at most. */
const SHARE = 50;
const MOST_KEPT_MS = 10_000;
const HOUR = 3_600;

export type RankedTallies = Pick<ClaimTallies, 'provider' | 'providers' | 'version'>;

interface Ranking {
  readonly tallies: RankedTallies;
  readonly version: number;
  readonly hour: number;
  readonly owners: Promise<readonly AccountIndex[]>;
  keptUntilMs: number;
}

/**
 * All who settled claims, the most active first. There can be as many as accounts: one ranking is for all who ask, since a question costs
 * the one who asks nothing.
 */
export class ProviderRanking {
  #ranking: Ranking | undefined;

  /** @param now seconds */
  of(tallies: RankedTallies, now: number): Promise<readonly AccountIndex[]> {
    const { version } = tallies;
    const hour = Math.floor(now / HOUR);
    const known = this.#ranking;
    const isOfThese = known?.tallies === tallies && known.hour === hour;
    if (isOfThese && (known.version === version || performance.now() < known.keptUntilMs)) return known.owners;
    const startedMs = performance.now();
    // While it is being made it is for all who ask.
    const ranking: Ranking = {
      tallies,
      version,
      hour,
      owners: rank(tallies, now),
      keptUntilMs: startedMs + MOST_KEPT_MS,
    };
    this.#ranking = ranking;
    return ranking.owners.then((owners) => {
      const tookMs = performance.now() - startedMs;
      const keptMs = tookMs < CHEAP_MS ? 0 : Math.min(tookMs * SHARE, MOST_KEPT_MS);
      ranking.keptUntilMs = performance.now() + keptMs;
      return owners;
    });
  }
}

async function rank(tallies: RankedTallies, now: number): Promise<readonly AccountIndex[]> {
  const found: { readonly owner: AccountIndex; readonly active: number; readonly claims: number }[] = [];
  for (const owner of [...tallies.providers()]) {
    if (found.length % SLICE === SLICE - 1) await breathe();
    const tally = tallies.provider(owner);
    if (tally !== undefined) found.push({ owner, active: activeHours(tally, now), claims: tally.claims });
  }
  found.sort((x, y) => y.active - x.active || y.claims - x.claims || x.owner - y.owner);
  return found.map(({ owner }) => owner);
}
