/** What evaluators, providers and copiers could try, on the pure consensus. */
import { describe, expect, test } from 'vitest';
import type { SparseRow } from './packedRows.ts';
import { yumaEpoch } from './yumaEpoch.ts';
import type { YumaOutput } from './yumaInput.ts';

const EMISSION = 1_000_000n;

interface Service {
  /** Evaluators come first. */
  readonly stake: readonly bigint[];
  readonly providers: number;
  readonly ownerUid?: number;
}

/** An epoch in which evaluator i gives `scores[i][p]` to provider p. */
function judge(
  { stake, providers, ...rest }: Service,
  scores: readonly (readonly number[])[],
  bonds?: YumaOutput['bonds'],
): YumaOutput {
  const evaluators = stake.length;
  const none = Array.from({ length: providers }, (): SparseRow => []);
  const weights = scores.map(
    (row): SparseRow => row.flatMap((value, p) => (value > 0 ? [[evaluators + p, value]] : [])),
  );
  return yumaEpoch({
    stake: [...stake, ...none.map(() => 0n)],
    permits: [...stake.map(() => true), ...none.map(() => false)],
    weights: [...weights, ...none],
    bonds: bonds ?? [...stake.map((): SparseRow => []), ...none],
    emission: EMISSION,
    ...rest,
  });
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
const FULL = 65_535;

describe('colluding evaluators', () => {
  const HONEST = [FULL, FULL / 5, 0];
  /** The last provider is the colluders' own and worth nothing. */
  const COLLUDING = [0, 0, FULL];

  test('a minority below kappa raises its provider by nothing', () => {
    const output = judge({ stake: [26n, 25n, 49n], providers: 3 }, [HONEST, HONEST, COLLUDING]);
    expect(output.consensus[5]).toBe(0);
    expect(output.incentiveEmission[5]).toBe(0n);
    expect(output.emission[5]).toBe(0n);
  });

  test('and earns nothing itself: weights above consensus give no bonds', () => {
    const output = judge({ stake: [26n, 25n, 49n], providers: 3 }, [HONEST, HONEST, COLLUDING]);
    expect(output.dividendEmission[2]).toBe(0n);
    expect(sum(output.dividendEmission.slice(0, 2))).toBeGreaterThan(EMISSION / 2n - 10n);
  });

  test('split over many evaluators it stays a minority', () => {
    const stake = [51n, ...Array.from({ length: 49 }, () => 1n)];
    const output = judge({ stake, providers: 3 }, [HONEST, ...Array.from({ length: 49 }, () => COLLUDING)]);
    expect(output.emission.at(-1)).toBe(0n);
  });

  test('over many epochs it gets no more than in the first', () => {
    let output = judge({ stake: [26n, 25n, 49n], providers: 3 }, [HONEST, HONEST, COLLUDING]);
    for (let epoch = 0; epoch < 20; epoch += 1) {
      output = judge({ stake: [26n, 25n, 49n], providers: 3 }, [HONEST, HONEST, COLLUDING], output.bonds);
      expect(output.emission[5]).toBe(0n);
      expect(output.dividendEmission[2]).toBe(0n);
    }
  });

  test('a provider with honest weight gets at most its honest share over the honest stake, and its friends pay for it', () => {
    const service = { stake: [26n, 25n, 49n], providers: 3 };
    const honest = [FULL, FULL / 5, FULL / 5];
    const share = judge(service, [honest, honest, honest]);
    const raised = judge(service, [honest, honest, COLLUDING]);
    expect(raised.consensus[5]).toBe(share.consensus[5]);
    // Others lose what the colluders withhold, 49 of 100; none of it counts as weight for their own.
    const bound = ((share.incentiveEmission[5] as bigint) * 100n) / 51n;
    expect(raised.incentiveEmission[5]).toBeLessThanOrEqual(bound);
    expect(raised.dividendEmission[2]).toBeLessThan((share.dividendEmission[2] as bigint) / 3n);
    expect(sum([raised.dividendEmission[2] as bigint, raised.emission[5] as bigint])).toBeLessThan(
      sum([share.dividendEmission[2] as bigint, share.emission[5] as bigint]),
    );
  });

  test('a majority decides: this is what consensus means', () => {
    const output = judge({ stake: [25n, 24n, 51n], providers: 3 }, [HONEST, HONEST, COLLUDING]);
    expect(output.incentive.slice(3)).toEqual([0, 0, FULL]);
    expect(output.dividendEmission.slice(0, 2)).toEqual([0n, 0n]);
  });

  test('with kappa near 1 a few can veto, and none can raise', () => {
    const output = yumaEpoch({
      stake: [90n, 10n, 0n, 0n],
      permits: [true, true, false, false],
      weights: [[[2, FULL]], [[3, FULL]], [], []],
      bonds: [[], [], [], []],
      emission: EMISSION,
      kappa: 62_259,
    });
    expect(output.incentive).toEqual([0, 0, 0, 0]);
    // Nobody earned: stake is paid.
    expect(output.emission.slice(2)).toEqual([0n, 0n]);
  });
});

describe('silent stake', () => {
  const silent = {
    stake: [40n, 60n, 0n],
    permits: [true, true, false],
    weights: [[[2, FULL]], [], []] as SparseRow[],
    bonds: [[], [], []],
    emission: EMISSION,
  };

  test('a majority that says nothing is a veto: nobody earns, stake is paid', () => {
    const output = yumaEpoch(silent);
    expect(output.incentive).toEqual([0, 0, 0]);
    // A share of 0.4 is rounded down like every other.
    expect(output.emission).toEqual([399_999n, 599_999n, 0n]);
  });

  test('unless the caller calls it inactive', () => {
    const output = yumaEpoch({ ...silent, active: [true, false, true] });
    expect(output.incentive).toEqual([0, 0, FULL]);
    expect(output.emission).toEqual([EMISSION / 2n, 0n, EMISSION / 2n]);
  });
});

describe('copying weights', () => {
  /**
   * Providers get better and worse: each epoch another one is the best. The honest see it; the copier, with as much stake as each of them,
   * reveals what was consensus in the epoch before, which is the newest that commit and reveal let it see.
   */
  const EVALUATORS = 4;
  const PROVIDERS = 6;
  const truth = (epoch: number) =>
    Array.from({ length: PROVIDERS }, (_, p) => ((p + epoch) % PROVIDERS === 0 ? FULL : 3000));

  function season(copierSees: (epoch: number) => readonly number[]): { copier: bigint; honest: bigint } {
    let bonds: YumaOutput['bonds'] | undefined;
    let copier = 0n;
    let honest = 0n;
    for (let epoch = 0; epoch < 24; epoch += 1) {
      const scores = Array.from({ length: EVALUATORS }, (_, i) =>
        i === EVALUATORS - 1 ? copierSees(epoch) : truth(epoch),
      );
      const output = judge({ stake: [10n, 10n, 10n, 10n], providers: PROVIDERS }, scores, bonds);
      bonds = output.bonds;
      honest += output.dividendEmission[0] as bigint;
      copier += output.dividendEmission[EVALUATORS - 1] as bigint;
    }
    return { copier, honest };
  }

  test('the last epoch’s weights earn less than honest ones', () => {
    const late = season((epoch) => truth(epoch - 1 + PROVIDERS));
    expect(late.copier).toBeLessThan((late.honest * 8n) / 10n);
  });

  test('without the delay a copy would earn as much as the original', () => {
    const seen = season(truth);
    expect(seen.copier).toBe(seen.honest);
  });

  test('who starts to judge a provider first has more of its bonds than who follows', () => {
    const service: Service = { stake: [30n, 30n, 30n], providers: 2 };
    const old = [FULL, 0];
    const both = [FULL, FULL];
    let output = judge(service, [both, both, old]);
    for (let epoch = 0; epoch < 3; epoch += 1) output = judge(service, [both, both, old], output.bonds);
    // The third follows; its bond with the new provider grows by a tenth of its part an epoch.
    output = judge(service, [both, both, both], output.bonds);
    const bond = (i: number) => output.bonds[i]?.find(([column]) => column === 4)?.[1] ?? 0;
    expect(bond(0)).toBe(FULL);
    expect(bond(2)).toBeGreaterThan(0);
    expect(bond(2)).toBeLessThan(FULL / 8);
  });
});

describe('judging oneself', () => {
  const rows: readonly SparseRow[] = [[[0, FULL]], [[2, FULL]], []];
  const epoch = {
    stake: [60n, 40n, 0n],
    permits: [true, true, false],
    bonds: [[], [], []],
    emission: EMISSION,
  };

  test('weights for oneself are void, even a majority’s', () => {
    const output = yumaEpoch({ ...epoch, weights: rows });
    expect(output.consensus[0]).toBe(0);
    expect(output.incentive[0]).toBe(0);
  });

  test('beside others they do not change how those are weighed', () => {
    const selfish: SparseRow = [
      [0, FULL],
      [2, 1],
    ];
    const without = yumaEpoch({ ...epoch, weights: [[[2, 1]], [[2, FULL]], []] });
    expect(yumaEpoch({ ...epoch, weights: [selfish, [[2, FULL]], []] })).toEqual(without);
  });

  test('only for a named owner they count', () => {
    expect(yumaEpoch({ ...epoch, weights: rows, ownerUid: 0 }).incentive[0]).toBe(FULL);
  });

  test('two who judge each other are a minority like any other', () => {
    const output = yumaEpoch({
      stake: [20n, 20n, 60n, 0n],
      permits: [true, true, true, false],
      weights: [[[1, FULL]], [[0, FULL]], [[3, FULL]], []],
      bonds: [[], [], [], []],
      emission: EMISSION,
    });
    expect(output.incentive).toEqual([0, 0, 0, FULL]);
    expect(output.emission.slice(0, 2)).toEqual([0n, 0n]);
  });
});

describe('who may not judge', () => {
  const base = { bonds: [[], [], []], emission: EMISSION, weights: [[[2, FULL]], [[1, FULL]], []] as SparseRow[] };

  test('without a permit neither stake nor weights count', () => {
    const output = yumaEpoch({ ...base, stake: [1n, 1_000n, 0n], permits: [true, false, false] });
    expect(output.incentive).toEqual([0, 0, FULL]);
    expect(output.emission[1]).toBe(0n);
  });

  test('without stake weights move nothing and earn nothing', () => {
    const output = yumaEpoch({ ...base, stake: [1n, 0n, 0n], permits: [true, true, false] });
    expect(output.incentive).toEqual([0, 0, FULL]);
    expect(output.dividends).toEqual([FULL, 0, 0]);
  });

  test('weights for who registered after them are void', () => {
    const times = { lastUpdate: [5, 5, 0], registeredAt: [0, 0, 5] };
    const output = yumaEpoch({ ...base, stake: [1n, 0n, 0n], permits: [true, true, false], ...times });
    expect(output.incentive).toEqual([0, 0, 0]);
  });

  test('hidden weights committed to before a provider came do not follow its number', () => {
    const times = { committedAt: [3, Number.POSITIVE_INFINITY, 0], registeredAt: [0, 0, 4] };
    const output = yumaEpoch({ ...base, stake: [1n, 0n, 0n], permits: [true, true, false], ...times });
    expect(output.incentive).toEqual([0, 0, 0]);
  });

  test('bonds with who held the number before are void', () => {
    const old: SparseRow[] = [[], [[2, FULL]], []];
    const weights: SparseRow[] = [[[2, FULL]], [], []];
    const epoch = { ...base, weights, stake: [1n, 1n, 0n], permits: [true, true, false] };
    const kappa = 20_000;
    const kept = yumaEpoch({ ...epoch, kappa, bonds: old });
    const masked = yumaEpoch({ ...epoch, kappa, bonds: old, lastEpoch: 7, registeredAt: [0, 0, 7] });
    expect(kept.dividends[1]).toBeGreaterThan(50_000);
    expect(masked.dividends).toEqual([FULL, 0, 0]);
  });

  test('who loses its permit loses its bonds', () => {
    const output = yumaEpoch({
      ...base,
      stake: [1n, 1n, 0n],
      permits: [true, true, false],
      newPermits: [false, true, false],
    });
    expect(output.bonds[0]).toEqual([]);
  });
});
