/** What the engine says of transfers with L1 alone: no node, nothing kept. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { actor } from '../../../../protocol/testing/actors.ts';
import type { Bridge } from './api.ts';
import { reached, stepsBy, TransferWorld } from './testing/transferWorld.ts';
import type { Transfer } from './types.ts';

let world: TransferWorld;
let bridge: Bridge;
const { key } = actor(1);

beforeAll(async () => {
  world = await TransferWorld.start();
  bridge = world.open();
});
afterAll(() => world?.stop());

// a browser that has never seen anything of it tells the same
afterEach(async () => {
  expect(await world.open().transfers(world.alice)).toEqual(await list());
});

function list(): Promise<readonly Transfer[]> {
  return bridge.transfers(world.alice);
}

async function only(id: string): Promise<Transfer> {
  return (await list()).find((transfer) => transfer.id === id) ?? expect.unreachable(`no ${id}`);
}

describe('transfers by L1 alone', () => {
  it('follows a deposit from L1 to its proof', async () => {
    expect(await list()).toEqual([]);
    await world.f.alice.depositNew({ token: 0, amount: 1_000n, key });
    expect(await only('deposit:0')).toMatchObject({ kind: 'deposit', amount: 1_000n, isFinished: false });
    expect(stepsBy(await only('deposit:0'))).toBe('sent:done onL1:done inBlock:now committed:todo proven:todo');
    const posted = await world.commit({ queue: await world.queue(0n) });
    expect(reached(await only('deposit:0'))).toBe('committed');
    await world.prove(posted);
    expect(await only('deposit:0')).toMatchObject({ isFinished: true });
    expect((await only('deposit:0')).deadline).toBeUndefined();
  });

  it('finds exits in posted batches, credited ones by L1’s books, and one withdrawal ends them all', async () => {
    const posted = await world.commit({ txs: [world.exit([30n, 20n, 20n]), world.exit([7n], world.bob)] });
    expect((await list()).filter(({ kind }) => kind === 'exit')).toHaveLength(3);
    expect(await only('exit:2:1:30:0')).toMatchObject({ amount: 30n, account: 1, recipient: world.alice });
    expect(reached(await only('exit:2:1:30:0'))).toBe('committed');
    await world.prove(posted);
    for (const id of ['exit:2:1:30:0', 'exit:2:1:20:0', 'exit:2:1:20:1']) {
      expect(await only(id)).toMatchObject({ action: 'withdraw', isFinished: false });
      expect(reached(await only(id))).toBe('claimable');
    }
    expect((await bridge.holdings(world.alice).catch((error: unknown) => error)) as object).toMatchObject({
      code: 'NODE_UNAVAILABLE',
    });
    await world.f.alice.withdraw(0);
    for (const id of ['exit:2:1:30:0', 'exit:2:1:20:1']) {
      expect(await only(id)).toMatchObject({ isFinished: true });
      expect(reached(await only(id))).toBe('claimed');
    }
    // Bob's are Bob's
    expect(await bridge.transfers(world.bob)).toMatchObject([{ id: 'exit:2:1:7:0', action: 'withdraw' }]);
  });

  it('an exit after the withdrawal is owed again', async () => {
    await world.prove(await world.commit({ txs: [world.exit([20n])] }));
    expect(await only('exit:3:1:20:0')).toMatchObject({ action: 'withdraw' });
    expect(reached(await only('exit:2:1:20:0'))).toBe('claimed');
  });

  it('gives a void deposit back, and says so', async () => {
    const { queueIndex } = await world.f.alice.depositTo({ index: 99, token: 0, amount: 55n });
    const posted = await world.commit({ queue: await world.queue(queueIndex) });
    await world.prove(posted);
    const deposit = await only(`deposit:${queueIndex}`);
    expect(deposit).toMatchObject({ trouble: { code: 'DEPOSIT_VOID' }, action: 'withdraw', isFinished: false });
    expect(reached(deposit)).toBe('claimable');
    expect((await list()).filter(({ kind, amount }) => kind === 'exit' && amount === 55n)).toEqual([]);
    await world.f.bob.withdraw(0, world.alice);
    expect(await only(`deposit:${queueIndex}`)).toMatchObject({ isFinished: true });
  });

  it('follows a forced exit to the money, and tells one that found nothing', async () => {
    const own = await world.f.alice.forcedExit(1);
    const foreign = await world.f.alice.forcedExit(77);
    expect(await only(`forcedExit:${own.queueIndex}`)).toMatchObject({ account: 1, deadline: own.deadline });
    const posted = await world.commit({ queue: await world.queue(own.queueIndex) });
    expect(reached(await only(`forcedExit:${own.queueIndex}`))).toBe('committed');
    await world.prove(posted);
    const found = await only(`forcedExit:${own.queueIndex}`);
    expect(found).toMatchObject({ action: 'withdraw', amount: 1_000n - 30n - 40n - 7n - 20n, token: 0 });
    expect(await only(`forcedExit:${foreign.queueIndex}`)).toMatchObject({
      ...{ trouble: { code: 'EXIT_VOID' }, isFinished: true },
    });
    await world.f.alice.withdraw(0);
    expect(reached(await only(`forcedExit:${own.queueIndex}`))).toBe('claimed');
  });

  it('follows deposits to the EVM lane by what was attested', async () => {
    const { index } = await world.lane.alice.depositEvm({ amount: 5n });
    const id = `laneDeposit:${index}`;
    expect(reached(await only(id))).toBe('onL1');
    await world.lane.settle();
    // nothing of it was said to be taken in
    expect(reached(await only(id))).toBe('onL1');
  });

  it('after a freeze: what was not proven goes back, and accounts leave', async () => {
    await world.f.alice.depositNew({ token: 0, amount: 400n, key });
    await world.prove(await world.commit({ queue: (await world.queue(0n)).slice(-1) }));
    const before = await world.f.alice.depositNew({ token: 0, amount: 123n, key });
    const exits = await world.commit({ txs: [] });
    expect(exits.number).toBeGreaterThan(0);
    const late = `deposit:${before.queueIndex}`;
    expect(await only(late)).toMatchObject({ deadline: before.deadline });
    await world.f.warp(86_400 + 10);
    world.ahead += 86_410;
    expect(await only(late)).toMatchObject({ action: 'freeze' });
    expect(await bridge.state()).toMatchObject({ canFreeze: true, oldestDeadline: before.deadline });
    await world.f.bob.freeze();
    expect(await bridge.state()).toMatchObject({ isFrozen: true, canFreeze: false });
    expect(await only(late)).toMatchObject({ action: 'refund', trouble: { code: 'ROLLUP_FROZEN' } });
    await world.f.alice.refund(before);
    expect(await only(late)).toMatchObject({ action: 'withdraw' });
    expect(stepsBy(await only(late))).toBe('sent:done onL1:done claimable:done claimed:now');
    await world.f.alice.withdraw(0);
    expect(await only(late)).toMatchObject({ isFinished: true });
  });
});
