import { describe, expect, it } from 'vitest';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Db } from '../db.ts';
import { CrashPoint } from '../testing/crash.ts';
import { bytesHex, keccak } from './crypto.ts';
import { EvmLane } from './evmLane.ts';
import { inputOn, laneFixture, mine, WALLETS, type Wallet } from './testing/laneFixture.ts';
import { CONTRACT, call, transfer, withContract } from './testing/laneTxs.ts';
import type { EvmTx } from './types.ts';

const [alice] = WALLETS as [Wallet];

describe('pruning', () => {
  it('keeps what the retained states reach, and nothing else', async () => {
    const fixture = await withContract('5f35602035555f355f5260205fa0');
    const { lane, db } = fixture;
    const headers = [];
    for (let i = 0; i < 8; i++) {
      const word = (value: number): string => value.toString(16).padStart(64, '0');
      const data: Hex = `0x${word(i)}${word(i % 3)}`;
      const to = bytesHex(keccak(Uint8Array.of(i)).slice(0, 20));
      headers.push(
        (
          await mine(fixture, [
            call(lane, alice, BigInt(2 * i), CONTRACT, data),
            transfer(lane, alice, BigInt(2 * i + 1), to),
          ])
        ).header,
      );
    }
    const [oldest, , , , , retained] = headers as [typeof lane.head, ...(typeof lane.head)[]];
    const before = await lane
      .stateAt((retained as typeof lane.head).stateRoot)
      .proof(CONTRACT, [`0x${'00'.repeat(32)}`]);
    const { kept, removed } = await lane.prune([retained as typeof lane.head]);
    expect(kept).toBeGreaterThan(10);
    expect(removed).toBeGreaterThan(10);
    const reopened = await EvmLane.open(fixture.options, { db, head: lane.head });
    await expect(reopened.vmAt(oldest.stateRoot)).rejects.toMatchObject({ code: 'STATE_MISSING' });
    await expect(lane.vmAt(oldest.stateRoot)).rejects.toMatchObject({ code: 'STATE_MISSING' });
    const state = reopened.stateAt((retained as typeof lane.head).stateRoot);
    expect(await state.proof(CONTRACT, [`0x${'00'.repeat(32)}`])).toEqual(before);
    expect((await state.account(alice.address))?.nonce).toBe(12n);
    // Nothing is left to remove, and the chain goes on from what is there.
    expect((await lane.prune([retained as typeof lane.head])).removed).toBe(0);
    await mine({ ...fixture, lane: reopened }, [transfer(reopened, alice, 16n)]);
  });

  it('does not take what a block writes meanwhile, even if an old state had it', async () => {
    // A slot that is set and cleared makes the same nodes again and again.
    const fixture = await withContract('5f355f55');
    const { lane, db } = fixture;
    const set = (nonce: bigint, value: number): EvmTx =>
      call(lane, alice, nonce, CONTRACT, `0x${value.toString(16).padStart(64, '0')}`);
    for (let i = 0; i < 6; i++) await mine(fixture, [set(BigInt(i), i % 2)]);
    const pruning = lane.prune([]);
    const executed = await lane.execute(inputOn(lane.head), [set(6n, 0)]);
    await db.write(executed.writes);
    executed.commit();
    await pruning;
    const reopened = await EvmLane.open(fixture.options, { db, head: lane.head });
    const next = await reopened.execute(inputOn(reopened.head), [set(7n, 1)]);
    expect(next.receipts[0]?.status).toBe(1);
  });

  it('killed anywhere, it leaves every retained state whole', async () => {
    const fixture = await withContract('5f35602035555f355f5260205fa0');
    const { lane, db, options } = fixture;
    for (let i = 0; i < 6; i++) {
      const to = bytesHex(keccak(Uint8Array.of(i)).slice(0, 20));
      await mine(fixture, [transfer(lane, alice, BigInt(i), to)]);
    }
    const { head } = lane;
    // Two removals: nodes, then codes. Before and after each.
    for (let dieAt = 0; dieAt < 4; dieAt++) {
      const crash = new CrashPoint(dieAt);
      const dying: Db = { ...db, write: (ops) => crash.effect(() => db.write(ops)) };
      const victim = await EvmLane.open(options, { db: dying, head });
      await victim.prune([]).catch((error: unknown) => expect(error).toMatchObject({ code: 'STATE_UNAVAILABLE' }));
      const reopened = await EvmLane.open(options, { db, head });
      // It walks all of the state.
      expect((await reopened.prune([])).kept).toBeGreaterThan(10);
      const block = await reopened.execute(inputOn(head), [transfer(reopened, alice, 6n)]);
      expect(block.receipts[0]?.status).toBe(1);
    }
  });

  it('removes nothing if a state it shall keep is not there', async () => {
    const fixture = await laneFixture();
    const { lane, db } = fixture;
    const first = (await mine(fixture, [transfer(lane, alice, 0n)])).header;
    await mine(fixture, [transfer(lane, alice, 1n)]);
    await lane.prune([]);
    await expect(lane.prune([first])).rejects.toMatchObject({ code: 'STATE_MISSING' });
    await expect(EvmLane.open(fixture.options, { db, head: lane.head })).resolves.toBeDefined();
  });
});
