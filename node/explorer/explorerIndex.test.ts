import { beforeAll, describe, expect, it } from 'vitest';
import { testGenesis } from '../../chain/derive/testing/testSequencer.ts';
import { RandomHistory } from '../../chain/testing/history.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import { World } from './testing/world.ts';

let genesis: GenesisState;
beforeAll(async () => {
  genesis = await testGenesis();
}, 120_000);

async function sumOf(world: World, index: number): Promise<bigint> {
  let sum = 0n;
  let before: string | undefined;
  do {
    const page = await world.queries.history(accountIndex(index), { before, limit: 7 });
    for (const { change } of page.items) sum += change;
    before = page.next;
  } while (before !== undefined);
  return sum;
}

describe('an account’s history', () => {
  it.each([1, 2, 3])('adds up to its balance (seed %i)', async (seed) => {
    const world = await World.open({ genesis });
    const history = new RandomHistory(new SeededRandom(seed));
    for (let i = 0; i < 25; i += 1) await history.block(world.chain);
    await world.follower.catchUp();
    for (let index = 1; index < 60; index += 1) {
      const account = world.chain.ledger.account(accountIndex(index));
      expect(await sumOf(world, index), `seed ${seed}, account ${index}`).toBe(account?.balance ?? 0n);
    }
  });
});
