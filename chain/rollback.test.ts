import { beforeAll, describe, expect, it } from 'vitest';
import type { GenesisState } from '../genesis/spec.ts';
import type { BatchClose } from '../protocol/network/digests.ts';
import { SeededRandom } from '../protocol/testing/random.ts';
import { BlockSignatures } from './blockSignatures.ts';
import { testGenesis } from './derive/testing/testSequencer.ts';
import { keys } from './keys.ts';
import { CrashError, CrashPoint, crashingDb } from './testing/crash.ts';
import { dump } from './testing/dump.ts';
import { closeOf, type FullChain, openFull, RandomHistory, wireAt } from './testing/history.ts';
import { memoryDb } from './testing/memoryDb.ts';
import { tempDb } from './testing/tempDb.ts';
import type { WireBlock } from './wire/types.ts';

let genesis: GenesisState;
beforeAll(async () => {
  genesis = await testGenesis();
}, 120_000);

/** What happened on a chain, in a form that others can follow. */
interface Story {
  readonly blocks: WireBlock[];
  readonly closes: BatchClose[];
}

async function tell(chain: FullChain, history: RandomHistory, blocks: number, story: Story): Promise<void> {
  for (let i = 0; i < blocks; i += 1) {
    const before = chain.store.head.block;
    const closed = await history.block(chain);
    if (closed !== undefined) story.closes.push(closeOf(closed));
    if (chain.store.head.block > before) story.blocks.push(await wireAt(chain, chain.store.head.block));
  }
}

/** Takes in blocks up to a number, and the closes of the batches that end by then. */
async function follow({ ledger, store }: FullChain, { blocks, closes }: Story, upTo: bigint): Promise<void> {
  const close = async (): Promise<void> => {
    const next = closes.find(({ lastBlock }) => lastBlock === store.head.block);
    if (next !== undefined && store.head.open !== undefined) await ledger.importClose(next);
  };
  await close();
  for (const block of blocks) {
    if (block.number <= store.head.block || block.number > upTo) continue;
    await ledger.importBlock(block);
    await close();
  }
}

/** As `Sequencer.rollback` does it. */
async function back(chain: FullChain, toBlock: bigint): Promise<FullChain> {
  const header = await chain.store.header(toBlock);
  if (header === undefined) throw new RangeError(`no block ${toBlock}`);
  await chain.lane.rewind(header);
  await chain.store.rollback(toBlock);
  return openFull(chain.db, { genesis });
}

describe('a chain that went back', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'is the chain that never went there, and goes on as one (seed %i)',
    async (seed) => {
      const random = new SeededRandom(seed);
      const history = new RandomHistory(random);
      let one = await openFull(memoryDb(), { genesis });
      const story: Story = { blocks: [], closes: [] };
      await tell(one, history, 14, story);
      const signatures = new BlockSignatures(one);
      const { head } = one.store;
      for (let round = 0; round < 3; round += 1) {
        const toBlock = BigInt(random.int(Number(one.store.head.block) + 1));
        const note = `seed ${seed}, round ${round}, to ${toBlock}`;
        if (toBlock < one.store.head.block) await signatures.putBlock(one.store.head.block, new Uint8Array(65));
        one = await back(one, toBlock);
        const kept: Story = {
          blocks: story.blocks.filter(({ number }) => number <= toBlock),
          closes: story.closes.filter(({ lastBlock }) => lastBlock <= toBlock),
        };
        const other = await openFull(memoryDb(), { genesis });
        await follow(other, kept, toBlock);
        expect(await dump(one.db), note).toEqual(await dump(other.db));
        expect(one.lane.head.hash(), note).toEqual(other.lane.head.hash());
        await tell(one, history, 4, kept);
        await follow(other, kept, one.store.head.block);
        expect(await dump(one.db), note).toEqual(await dump(other.db));
        Object.assign(story, kept);
      }
      expect(head.closedBatch).toBeGreaterThan(1);
    },
    60_000,
  );

  it('says what it gave up', async () => {
    const one = await openFull(memoryDb(), { genesis });
    const story: Story = { blocks: [], closes: [] };
    await tell(one, new RandomHistory(new SeededRandom(9)), 12, story);
    const cut = story.closes.find(({ lastBlock }, i) => (story.closes[i - 1]?.lastBlock ?? lastBlock) < lastBlock - 1n);
    if (cut === undefined) throw new RangeError('the story closes a batch of two blocks');
    const toBlock = cut.lastBlock - 1n;
    const gone = story.blocks.filter(({ number }) => number > toBlock);
    const { blocks, batches, txs, evmTxs } = await one.store.rollback(toBlock);
    expect(blocks).toBe(gone.length);
    expect(batches).toEqual(story.closes.map(({ number }) => number).filter((number) => number >= cut.number));
    expect(txs.map(({ signature }) => signature)).toEqual(
      gone.flatMap((block) => block.txs.map(({ signature }) => signature)),
    );
    expect(txs.flatMap(({ ops }) => ops).filter(({ opcode, to }) => [2, 4, 5].includes(opcode) && to !== 0)).toEqual(
      [],
    );
    expect(evmTxs).toEqual(gone.flatMap((block) => block.evmTxs));
    expect(one.store.head).toMatchObject({ block: toBlock, open: { number: cut.number }, closedBatch: cut.number - 1 });
  });

  it('to where it is, nothing happens', async () => {
    const one = await openFull(memoryDb(), { genesis });
    await tell(one, new RandomHistory(new SeededRandom(9)), 3, { blocks: [], closes: [] });
    const before = await dump(one.db);
    expect(await one.store.rollback(one.store.head.block)).toEqual({ blocks: 0, batches: [], txs: [], evmTxs: [] });
    expect(await dump(one.db)).toEqual(before);
  });

  it('only as far as there are records → ROLLBACK_TOO_DEEP, and nothing has changed', async () => {
    const one = await openFull(memoryDb(), { genesis });
    await tell(one, new RandomHistory(new SeededRandom(9)), 12, { blocks: [], closes: [] });
    const refused = async (toBlock: bigint): Promise<void> => {
      const before = await dump(one.db);
      await expect(one.store.rollback(toBlock)).rejects.toMatchObject({ code: 'ROLLBACK_TOO_DEEP' });
      expect(await dump(one.db)).toEqual(before);
    };
    await refused(-1n);
    await refused(one.store.head.block + 1n);
    const batch = (await one.db.get(keys.batch(1))) ?? '';
    await one.db.write([{ type: 'del', key: keys.batch(1) }]);
    await refused(0n);
    await one.db.write([{ type: 'put', key: keys.batch(1), value: batch }]);
    for (const key of [keys.block(1n), keys.evmBlock(1n), keys.header(1n), keys.receipts(1n)]) {
      await one.db.write([{ type: 'del', key }]);
    }
    const fresh = await openFull(one.db, { genesis });
    await expect(fresh.store.rollback(0n)).rejects.toMatchObject({ code: 'ROLLBACK_TOO_DEEP' });
  });
});

describe('dying while going back', () => {
  it('leaves the chain as it was, or as it shall be', async () => {
    const { db, remove } = await tempDb();
    const one = await openFull(db, { genesis });
    await tell(one, new RandomHistory(new SeededRandom(3)), 8, { blocks: [], closes: [] });
    const before = await dump(db);
    const header = one.lane.head;
    const early = await one.store.header(2n);
    if (early === undefined) throw new RangeError('the story has this block');
    for (const [dieAt, hasHappened] of [
      [0, false],
      [1, true],
    ] as const) {
      const dying = crashingDb(db, new CrashPoint(dieAt));
      const victim = await openFull(dying, { genesis });
      await victim.lane.rewind(early);
      await expect(victim.store.rollback(2n)).rejects.toBeInstanceOf(CrashError);
      const after = await openFull(db, { genesis });
      expect(after.store.head.block).toBe(hasHappened ? 2n : header.number);
      if (!hasHappened) expect(await dump(db)).toEqual(before);
    }
    await remove();
  });
});

describe('readers', () => {
  it('see the new chain, whatever they asked before: blocks, batches, proofs of withdrawals', async () => {
    const history = new RandomHistory(new SeededRandom(6));
    let one = await openFull(memoryDb(), { genesis });
    await tell(one, history, 12, { blocks: [], closes: [] });
    const { store } = one;
    const look = async (from: FullChain['store']): Promise<unknown[]> => {
      const { outbox } = (await from.evmBlock(from.head.block)) ?? { outbox: undefined };
      const count = outbox?.count ?? 0n;
      return [
        count === 0n ? undefined : await from.withdrawals.proof(0n, count),
        outbox,
        await Promise.all([1, 2, 3, 4].map(async (batch) => (await from.evmBatch(batch))?.commitment)),
        await Promise.all([1n, 5n, 9n, 12n].map(async (number) => (await from.evmBlock(number))?.hash)),
      ];
    };
    const [before] = await look(store);
    expect(before).toBeDefined();
    const header = await store.header(4n);
    if (header === undefined) throw new RangeError('the story has this block');
    await one.lane.rewind(header);
    // Those that are under way see one chain or the other, and leave nothing of the old one behind.
    const reading = Promise.all([5n, 6n, 7n, 8n].map((number) => store.block(number)));
    const rolling = store.rollback(4n);
    await Promise.all([reading, look(store), rolling, look(store)]);
    one = { ...(await openFull(one.db, { genesis })), store };
    const { ledger } = one;
    expect(await store.block(5n)).toBeUndefined();
    const reopened = await openFull(one.db, { genesis });
    await tell(reopened, history, 8, { blocks: [], closes: [] });
    expect(ledger.closedTree.root).toBeDefined();
    const fresh = await openFull(one.db, { genesis });
    expect(await look(reopened.store)).toEqual(await look(fresh.store));
  });
});
