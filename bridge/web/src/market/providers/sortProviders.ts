import type { ProviderView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';

export const ORDERS = ['earned', 'price', 'score', 'uptime'] as const;
export type Order = (typeof ORDERS)[number];

type Provider = Wire<ProviderView>;

export interface SortOptions {
  readonly order: Order;
  /** Prices and earnings are compared in it: one token's base units say nothing about another's. */
  readonly token: number;
  /** Prices are those of this model; absent: the lowest of all. */
  readonly model?: number | undefined;
}

/** The lowest price a provider announces in a token; undefined: none. */
export function lowestPrice({ models }: Provider, token: number, model?: number): bigint | undefined {
  const prices = models
    .filter((one) => one.token === token && (model === undefined || one.model === model))
    .map(({ price }) => BigInt(price));
  return prices.reduce<bigint | undefined>((low, price) => (low === undefined || price < low ? price : low), undefined);
}

function earnedIn({ settled }: Provider, token: number): bigint {
  return BigInt(settled.earned.find((one) => one.token === token)?.amount ?? 0);
}

/** Best first; who has no such figure comes last; of equal ones the older account first. */
export function sortProviders(
  providers: readonly Provider[],
  { order, token, model }: SortOptions,
): readonly Provider[] {
  const compare: Readonly<Record<Order, (x: Provider, y: Provider) => number>> = {
    earned: (x, y) => compareBig(earnedIn(y, token), earnedIn(x, token)),
    price: (x, y) => comparePrices(lowestPrice(x, token, model), lowestPrice(y, token, model)),
    score: (x, y) => (y.score?.incentive ?? -1) - (x.score?.incentive ?? -1),
    uptime: (x, y) => y.uptime.active - x.uptime.active,
  };
  return [...providers].sort((x, y) => compare[order](x, y) || x.owner - y.owner);
}

/** Tokens that any of them names in a price or has earned, the most frequent first. */
export function tokensOf(providers: readonly Provider[]): readonly number[] {
  const counts = new Map<number, number>();
  for (const { models, settled } of providers) {
    for (const token of new Set([...models, ...settled.earned].map((one) => one.token))) {
      counts.set(token, (counts.get(token) ?? 0) + 1);
    }
  }
  return [...counts].sort(([x, n], [y, m]) => m - n || x - y).map(([token]) => token);
}

/** Models that any of them offers, by number. */
export function modelsOf(providers: readonly Provider[]): readonly number[] {
  return [...new Set(providers.flatMap(({ models }) => models.map(({ model }) => model)))].sort((x, y) => x - y);
}

function compareBig(x: bigint, y: bigint): number {
  return x === y ? 0 : x < y ? -1 : 1;
}

function comparePrices(x: bigint | undefined, y: bigint | undefined): number {
  if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
  return compareBig(x, y);
}
