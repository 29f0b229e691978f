import { describe, expect, it } from 'vitest';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Db } from '../db.ts';
import { CrashPoint } from '../testing/crash.ts';
import { bytesHex, keccak } from './crypto.ts';
import { EvmLane } from './evmLane.ts';
import { inputOn, type LaneFixture, mine, WALLETS, type Wallet } from './testing/laneFixture.ts';
import { CONTRACT, call, transfer, withContract } from './testing/laneTxs.ts';
import type { ExecutedBlock } from './types.ts';

const [alice] = WALLETS as [Wallet];
const SLOT: Hex = `0x${'00'.repeat(32)}`;

/** A contract that keeps what it is called with, and blocks that set it to 0, 1, 2 … */
async function story(blocks: number): Promise<{ fixture: LaneFixture; mined: ExecutedBlock[] }> {
  const fixture = await withContract('5f355f55');
  const mined: ExecutedBlock[] = [];
  for (let i = 0; i < blocks; i++) mined.push(await mine(fixture, txs(fixture.lane, i, i + 1)));
  return { fixture, mined };
}

function txs(lane: EvmLane, i: number, value: number) {
  const to = bytesHex(keccak(Uint8Array.of(value)).slice(0, 20));
  const data: Hex = `0x${value.toString(16).padStart(64, '0')}`;
  return [call(lane, alice, BigInt(2 * i), CONTRACT, data), transfer(lane, alice, BigInt(2 * i + 1), to)];
}

function nth<T>(items: readonly T[], i: number): T {
  const item = items[i];
  if (item === undefined) throw new RangeError(`no ${i}`);
  return item;
}

describe('going back', () => {
  it('executes what it did before to the same block, and another one as a lane that was never ahead', async () => {
    const { fixture, mined } = await story(5);
    const { lane, db, options } = fixture;
    await lane.rewind(nth(mined, 1).header);
    expect(lane.head.number).toBe(2n);
    expect(BigInt(await lane.stateAt(lane.head.stateRoot).storage(CONTRACT, SLOT))).toBe(2n);
    const again = await lane.execute(inputOn(lane.head), txs(lane, 2, 3));
    expect(again.hash).toBe(nth(mined, 2).hash);
    // nobody commits it; another block takes its place
    const other = await mine(fixture, txs(lane, 2, 77));
    const fresh = await EvmLane.open(options, { db, head: nth(mined, 1).header });
    const theirs = await fresh.execute(inputOn(fresh.head), txs(fresh, 2, 77));
    expect(other.hash).toBe(theirs.hash);
    expect(other.receipts).toEqual(theirs.receipts);
    expect(() => again.commit()).toThrow(expect.objectContaining({ code: 'NOT_ON_HEAD' }));
    // and back to what was given up
    await lane.rewind(nth(mined, 4).header);
    await mine(fixture, txs(lane, 5, 6));
  });

  it('is possible as far as states are kept → STATE_MISSING, and nothing has changed', async () => {
    const { fixture, mined } = await story(6);
    const { lane } = fixture;
    const unpin = lane.pin(nth(mined, 0).header);
    await lane.prune([nth(mined, 3).header, nth(mined, 4).header]);
    const has = await Promise.all(mined.map(({ header }) => lane.hasState(header)));
    expect(has).toEqual([true, false, false, true, true, true]);
    const { head } = lane;
    await expect(lane.rewind(nth(mined, 1).header)).rejects.toMatchObject({ code: 'STATE_MISSING' });
    expect(lane.head).toBe(head);
    await lane.rewind(nth(mined, 3).header);
    await lane.rewind(nth(mined, 0).header);
    await mine(fixture, txs(lane, 1, 2));
    await lane.rewind(nth(mined, 5).header);
    unpin();
    await lane.prune([]);
    expect(await lane.hasState(nth(mined, 0).header)).toBe(false);
    expect(await lane.hasState(lane.head)).toBe(true);
  });

  it('does not begin while a block is executed → BUSY', async () => {
    const { fixture, mined } = await story(2);
    const { lane } = fixture;
    const executing = lane.execute(inputOn(lane.head), txs(lane, 2, 3));
    await expect(lane.rewind(nth(mined, 0).header)).rejects.toMatchObject({ code: 'BUSY' });
    expect((await executing).header.number).toBe(3n);
  });

  it('trusts no state of which a killed pruning may have left the root alone', async () => {
    const { fixture, mined } = await story(6);
    const { db, options, lane } = fixture;
    const { head } = lane;
    // What stays is written, then nodes go, then codes: before and after each.
    for (let dieAt = 0; dieAt < 6; dieAt++) {
      const crash = new CrashPoint(dieAt);
      const dying: Db = { ...db, write: (ops) => crash.effect(() => db.write(ops)) };
      const victim = await EvmLane.open(options, { db: dying, head });
      await victim.prune([nth(mined, 4).header]).catch(() => undefined);
      const reopened = await EvmLane.open(options, { db, head });
      for (const { header } of mined) {
        if (!(await reopened.hasState(header))) continue;
        await reopened.rewind(header);
        const next = txs(reopened, Number(header.number), 99);
        expect((await reopened.execute(inputOn(header), next)).receipts.map(({ status }) => status)).toEqual([1, 1]);
      }
      expect(await reopened.hasState(nth(mined, 4).header)).toBe(true);
    }
  });

  it('during a pruning: only to what stays', async () => {
    const { fixture, mined } = await story(6);
    const { lane } = fixture;
    const pruning = lane.prune([nth(mined, 4).header]);
    await expect(lane.rewind(nth(mined, 2).header)).rejects.toMatchObject({ code: 'STATE_MISSING' });
    await lane.rewind(nth(mined, 4).header);
    await mine(fixture, txs(lane, 5, 50));
    await pruning;
    await mine(fixture, txs(lane, 6, 51));
  });
});
