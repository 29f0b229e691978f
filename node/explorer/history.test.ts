import { beforeAll, describe, expect, it } from 'vitest';
import { testGenesis } from '../../chain/derive/testing/testSequencer.ts';
import { RandomHistory } from '../../chain/testing/history.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import { field } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import type { HistoryEntry } from '../../sdk/explorerTypes.ts';
import { BusyHistory } from './testing/busyHistory.ts';
import { World } from './testing/world.ts';

const SEEDS = [1, 3, 6, 8, 11];
let genesis: GenesisState;
beforeAll(async () => {
  genesis = await testGenesis();
}, 120_000);

async function allOf(world: World, index: number): Promise<HistoryEntry[]> {
  const found: HistoryEntry[] = [];
  let before: string | undefined;
  do {
    const page = await world.queries.history(accountIndex(index), { before, limit: 7 });
    found.push(...page.items);
    before = page.next;
  } while (before !== undefined);
  return found;
}

/** Every account there is, and some that are not. */
async function checkSums(world: World, note: string): Promise<HistoryEntry[]> {
  const seen: HistoryEntry[] = [];
  let missing = 0;
  for (let index = 1; missing < 3; index += 1) {
    const account = world.chain.ledger.account(accountIndex(index));
    if (account === undefined) missing += 1;
    const lines = await allOf(world, index);
    seen.push(...lines);
    const sum = lines.reduce((total, { change }) => total + change, 0n);
    expect(sum, `${note}, account ${index}`).toBe(account?.balance ?? 0n);
  }
  return seen;
}

describe('the lines of an account’s history', () => {
  it('add up to its balance, whatever happened', async () => {
    const seen: HistoryEntry[] = [];
    for (const seed of SEEDS) {
      const world = await World.open({ genesis });
      const history = new BusyHistory(new SeededRandom(seed));
      for (let i = 0; i < 40; i += 1) await history.block(world.chain);
      await world.follower.catchUp();
      seen.push(...(await checkSums(world, `seed ${seed}`)));
    }
    // Nothing is proven of what did not happen.
    expect([...new Set(seen.map(({ kind }) => kind))].sort()).toEqual(
      'ATTEST CLAIM CLOSE DEPOSIT_NEW DEPOSIT_TO EXIT FEES FORCED_EXIT OPEN REGISTER ROYALTY TRANSFER'.split(' '),
    );
    const forced = seen.filter(({ kind }) => kind === 'FORCED_EXIT');
    expect(forced.some(({ isVoid, change }) => isVoid === true && change === 0n)).toBe(true);
    expect(forced.some(({ isVoid, change }) => isVoid === undefined && change < 0n)).toBe(true);
    expect(seen.some(({ kind, isVoid }) => kind === 'DEPOSIT_TO' && isVoid === true)).toBe(true);
  }, 60_000);

  it('add up in both lanes’ history, after every block and every rollback', async () => {
    const world = await World.open({ genesis });
    const random = new SeededRandom(7);
    const history = new RandomHistory(random);
    for (let i = 0; i < 24; i += 1) {
      await history.block(world.chain);
      if (random.oneIn(6)) await world.back(BigInt(random.int(Number(world.chain.store.head.block) + 1)));
      await world.follower.catchUp();
      await checkSums(world, `round ${i}`);
    }
  }, 60_000);

  it('name the other side, the transaction or the queue item, newest first', async () => {
    const world = await World.open({ genesis });
    const history = new BusyHistory(new SeededRandom(1));
    for (let i = 0; i < 40; i += 1) await history.block(world.chain);
    await world.follower.catchUp();
    const lines = await allOf(world, 1);
    expect(lines.map(({ block }) => block)).toEqual([...lines.map(({ block }) => block)].sort((x, y) => Number(y - x)));
    for (const { kind, transaction, queueIndex, other, block } of lines) {
      const isL1 = kind.startsWith('DEPOSIT') || kind === 'FORCED_EXIT';
      const isCredit = kind === 'FEES' || kind === 'ROYALTY';
      expect([queueIndex !== undefined, transaction !== undefined]).toEqual([isL1, !isL1 && !isCredit]);
      expect(other !== undefined).toBe(!isL1 && !isCredit && kind !== 'EXIT');
      const stored = await world.chain.store.block(block);
      if (transaction !== undefined) {
        expect(await world.chain.store.tx(field(BigInt(transaction)))).toMatchObject({ block });
      }
      expect(stored).toBeDefined();
    }
  });
});
