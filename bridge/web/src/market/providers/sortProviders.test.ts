import { describe, expect, it } from 'vitest';
import type { ProviderView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { lowestPrice, modelsOf, ORDERS, sortProviders, tokensOf } from './sortProviders.ts';

type Provider = Wire<ProviderView>;

function provider(
  owner: number,
  {
    prices = [],
    earned = [],
    active = 0,
    incentive,
  }: {
    prices?: readonly (readonly [model: number, token: number, price: string])[];
    earned?: readonly (readonly [token: number, amount: string])[];
    active?: number;
    incentive?: number;
  },
): Provider {
  return {
    owner,
    endpoints: [],
    models: prices.map(([model, token, price]) => ({ model, token, price })),
    settled: {
      claims: 0,
      channels: 0,
      payers: 0,
      earned: earned.map(([token, amount]) => ({ token, amount })),
    },
    uptime: { hours: [], active, of: 48 },
    ...(incentive !== undefined && { score: { epoch: 1, incentive, rank: 1, among: 3 } }),
  };
}

const owners = (list: readonly Provider[]) => list.map(({ owner }) => owner);

describe('the order of providers', () => {
  it('by price: the lowest of the token, who announces none last', () => {
    const list = [
      provider(1, { prices: [[7, 0, '30']] }),
      provider(2, {}),
      provider(3, {
        prices: [
          [7, 1, '1'],
          [8, 0, '9'],
          [7, 0, '40'],
        ],
      }),
    ];
    expect(owners(sortProviders(list, { order: 'price', token: 0 }))).toEqual([3, 1, 2]);
    expect(owners(sortProviders(list, { order: 'price', token: 0, model: 7 }))).toEqual([1, 3, 2]);
  });

  it('by earnings of one token: another token’s many base units do not count', () => {
    const list = [
      provider(1, { earned: [[0, '5']] }),
      provider(2, { earned: [[3, '999999999999999999999999']] }),
      provider(3, {
        earned: [
          [0, '90071992547409931'],
          [3, '1'],
        ],
      }),
      provider(4, { earned: [[0, '90071992547409930']] }),
    ];
    expect(owners(sortProviders(list, { order: 'earned', token: 0 }))).toEqual([3, 4, 1, 2]);
  });

  it('by score and by hours, who is not judged last', () => {
    const list = [
      provider(1, { incentive: 0, active: 2 }),
      provider(2, { active: 48 }),
      provider(3, { incentive: 0.7 }),
    ];
    expect(owners(sortProviders(list, { order: 'score', token: 0 }))).toEqual([3, 1, 2]);
    expect(owners(sortProviders(list, { order: 'uptime', token: 0 }))).toEqual([2, 1, 3]);
  });

  it.each(ORDERS)('is the same however the node lists them (%s)', (order) => {
    const list = [9, 3, 5, 1].map((owner) => provider(owner, {}));
    expect(owners(sortProviders(list, { order, token: 0 }))).toEqual([1, 3, 5, 9]);
    expect(owners(sortProviders([...list].reverse(), { order, token: 0 }))).toEqual([1, 3, 5, 9]);
  });
});

describe('what providers have to choose from', () => {
  it('tokens by frequency, models by number', () => {
    const list = [
      provider(1, {
        prices: [
          [9, 2, '1'],
          [4, 2, '1'],
        ],
      }),
      provider(2, {
        earned: [
          [2, '1'],
          [0, '1'],
        ],
      }),
    ];
    expect(tokensOf(list)).toEqual([2, 0]);
    expect(modelsOf(list)).toEqual([4, 9]);
    expect(lowestPrice(list[1] as Provider, 2)).toBeUndefined();
  });
});
