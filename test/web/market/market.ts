import { parseEther } from 'viem';
import type { AccountIndex } from '../../../protocol/types.ts';
import { dataOf } from '../data.ts';
import type { World } from '../world.ts';
import { EVALUATORS, gather, type Parties } from './people.ts';
import { commit, goTo, openService, payEpoch, reveal, type Scores, type Service, stake, times } from './service.ts';
import { attestLineage, Custom, type Lineage, provide, type Trade } from './work.ts';

export interface Provider extends Trade {
  /** KEY account. */
  readonly owner: AccountIndex;
  /** ATTEST account. */
  readonly agent: AccountIndex;
}

export interface Market {
  readonly service: Service;
  readonly lineage: Lineage;
  readonly providers: readonly Provider[];
  /** The one that is over and paid. */
  readonly epoch: number;
}

const EPOCH = 0;
const worlds = new WeakMap<World, Promise<Market>>();

/** A service with two announced providers, three evaluators, and an epoch that is over, paid and proven. Made once a world. */
export function marketOf(world: World): Promise<Market> {
  const known = worlds.get(world) ?? make(world);
  worlds.set(world, known);
  return known;
}

async function make(world: World): Promise<Market> {
  // first: it moves the clocks by more than announcements last
  await dataOf(world);
  const parties = await gather(world);
  const { keeper, north, south } = parties;
  const [lineage, service] = await Promise.all([attestLineage(parties), openService(world, keeper)]);
  const fine: Trade = {
    ...{ name: 'Northern Forecasts', model: lineage.fineTune, price: parseEther('0.0004') },
    endpoint: 'https://north.example/forecast',
  };
  const plain: Trade = {
    ...{ name: 'Southern Forecasts', model: lineage.model, price: parseEther('0.0002') },
    endpoint: 'https://south.example/forecast',
  };
  const [agents] = await Promise.all([
    Promise.all([provide(north, fine, service.index), provide(south, plain, service.index)]),
    ...EVALUATORS.map((role) => stake(parties[role], keeper, service)),
  ]);
  const customs = await openBoth(keeper, [north, south], [fine, plain]);
  await Promise.all(customs.map((custom) => custom.settle()));

  await goTo(world, times.begin(service, EPOCH));
  const scores = scoresOf(parties, agents);
  const [again] = customs;
  await Promise.all([again?.settle(), ...scores.map((one) => commit(one, service, EPOCH))]);
  await goTo(world, times.reveals(service, EPOCH));
  await Promise.all(scores.map((one) => reveal(one, service, EPOCH)));
  await goTo(world, times.end(service, EPOCH));
  await payEpoch(world, keeper, service, EPOCH);
  const providers = [
    { ...fine, owner: north.index, agent: agents[0] },
    { ...plain, owner: south.index, agent: agents[1] },
  ];
  return { service, lineage, providers, epoch: EPOCH };
}

/** One after the other: of one payer. */
async function openBoth(
  payer: Parties['keeper'],
  [north, south]: readonly [Parties['north'], Parties['south']],
  [fine, plain]: readonly [Trade, Trade],
): Promise<readonly [Custom, Custom]> {
  return [await Custom.open(payer, north, fine), await Custom.open(payer, south, plain)];
}

/** Of one mind about who is better, not about by how much: some of what the second and the third say is beyond consensus. */
function scoresOf({ first, second, third }: Parties, [north, south]: readonly [AccountIndex, AccountIndex]): Scores[] {
  const weights = (good: number, plain: number): Scores['weights'] =>
    [[north, good] as const, [south, plain] as const].sort(([a], [b]) => a - b);
  return [
    { by: first, weights: weights(60_000, 20_000) },
    { by: second, weights: weights(50_000, 30_000) },
    { by: third, weights: weights(65_535, 5_000) },
  ];
}
