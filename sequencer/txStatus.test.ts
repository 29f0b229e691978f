import { expect, test } from 'vitest';
import type { TxLocation } from '../chain/types.ts';
import { batchNumber } from '../protocol/ids.ts';
import type { Field } from '../protocol/types.ts';
import type { PoolEntry } from './selection.ts';
import { DroppedTxs, txStatus } from './txStatus.ts';

const HASH = 7n as Field;
const LOCATION: TxLocation = { block: 3n, batch: batchNumber(1), position: 0, created: [] };

/** A transaction on its way from the pool into a block: stored first, then taken out of the pool, as the batcher does. */
class World {
  isStored = false;
  isPooled = true;
  readonly dropped = new DroppedTxs({ limit: 10 });
  readonly mempool = { get: () => (this.isPooled ? ({} as PoolEntry) : undefined) };
  readonly reoffers = { has: () => this.isOfferedAgain };
  isOfferedAgain = false;
  /** Runs while the store is asked, after it has looked. */
  meanwhile = (): void => undefined;
  readonly store = {
    tx: async () => {
      const found = this.isStored ? LOCATION : undefined;
      this.meanwhile();
      return found;
    },
    summary: async () => undefined,
  };

  include(): void {
    this.isStored = true;
    this.isPooled = false;
  }
}

test('a transaction that is included while its status is asked for is never unknown', async () => {
  const world = new World();
  world.meanwhile = () => world.include();
  expect(await txStatus(HASH, world)).toEqual({ status: 'pending' });
  world.include();
  expect(await txStatus(HASH, world)).toEqual({ status: 'included', ...LOCATION });
});

test('one that arrives, or is dropped, while the store is asked', async () => {
  const world = new World();
  world.isPooled = false;
  world.meanwhile = () => {
    world.isPooled = true;
  };
  expect(await txStatus(HASH, world)).toEqual({ status: 'pending' });
  world.isPooled = false;
  world.meanwhile = () => world.dropped.add({ hash: HASH, code: 'EXPIRED' });
  expect(await txStatus(HASH, world)).toEqual({ status: 'dropped', code: 'EXPIRED' });
});

test('one of a block that is gone waits, until another block has it', async () => {
  const world = new World();
  world.isPooled = false;
  world.isOfferedAgain = true;
  expect(await txStatus(HASH, world)).toEqual({ status: 'pending' });
  world.isStored = true;
  expect(await txStatus(HASH, world)).toEqual({ status: 'included', ...LOCATION });
});

test('one that nobody remembers', async () => {
  const world = new World();
  world.isPooled = false;
  expect(await txStatus(HASH, world)).toEqual({ status: 'unknown' });
});
