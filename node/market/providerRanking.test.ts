import { describe, expect, it } from 'vitest';
import { accountIndex } from '../../protocol/ids.ts';
import { ClaimTallies, uptimeOf } from './claimTallies.ts';
import { ProviderRanking } from './providerRanking.ts';

const HOUR = 3_600;
const NOW = 1_000 * HOUR;

function claim(tallies: ClaimTallies, provider: number, timestamp = NOW): void {
  const terms = { payer: accountIndex(1), provider: accountIndex(provider), model: accountIndex(0) };
  tallies.add({ ...{ channel: accountIndex(provider), terms, token: 0 }, amount: 1n, fee: 0n, royalty: 0n, timestamp });
}

/** Counts how often a provider is looked at. */
class Counting extends ClaimTallies {
  looks = 0;
  override provider(...args: Parameters<ClaimTallies['provider']>) {
    this.looks += 1;
    return super.provider(...args);
  }
}

describe('the ranking of providers', () => {
  it('has the most active first, then those with more claims, as their uptime says', async () => {
    const tallies = new ClaimTallies();
    claim(tallies, 5, NOW - 60 * HOUR);
    for (const [provider, hours] of [
      [6, [0, 1, 2]],
      [7, [47]],
      [8, [48, 49]],
      [9, [0, 0]],
    ] as const)
      for (const ago of hours) claim(tallies, provider, NOW - ago * HOUR);
    const ranked = await new ProviderRanking().of(tallies, NOW);
    expect(ranked).toEqual([6, 9, 7, 8, 5]);
    expect(ranked.map((owner) => uptimeOf(tallies.provider(owner), NOW).active)).toEqual([3, 1, 1, 0, 0]);
  });

  it('is made once for all who ask, and anew after a claim and with the hour', async () => {
    const tallies = new Counting();
    for (let provider = 1; provider <= 3_000; provider += 1) claim(tallies, provider);
    const ranking = new ProviderRanking();
    tallies.looks = 0;
    await Promise.all(Array.from({ length: 100 }, () => ranking.of(tallies, NOW)));
    for (let i = 0; i < 100; i += 1) await ranking.of(tallies, NOW);
    expect(tallies.looks).toBe(3_000);
    await ranking.of(tallies, NOW + HOUR);
    expect(tallies.looks).toBe(6_000);
    const other = new ClaimTallies();
    claim(other, 4);
    expect(await ranking.of(other, NOW)).toEqual([4]);
    claim(other, 3);
    expect(await ranking.of(other, NOW)).toEqual([3, 4]);
  });
});
