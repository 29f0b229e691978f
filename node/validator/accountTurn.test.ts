import { describe, expect, it } from 'vitest';
import { AccountTurn } from './accountTurn.ts';

describe('AccountTurn', () => {
  it('is one’s at a time', async () => {
    const turn = new AccountTurn();
    expect(turn.take()).toBe(true);
    expect(turn.take()).toBe(false);
    turn.release();
    expect(await turn.wait()).toBe(true);
    expect(turn.take()).toBe(false);
  });

  it('goes to those who wait, in their order, before anyone who only asks', async () => {
    const turn = new AccountTurn();
    turn.take();
    const order: string[] = [];
    const waits = ['first', 'second'].map(async (name) => {
      await turn.wait();
      order.push(name);
    });
    turn.release();
    expect(turn.take()).toBe(false);
    await waits[0];
    expect(order).toEqual(['first']);
    turn.release();
    await waits[1];
    expect(order).toEqual(['first', 'second']);
    turn.release();
    expect(turn.take()).toBe(true);
  });

  it('passes over those who were told to stop', async () => {
    const turn = new AccountTurn();
    turn.take();
    const stop = new AbortController();
    const given = turn.wait(stop.signal);
    const other = turn.wait();
    stop.abort();
    expect(await given).toBe(false);
    turn.release();
    expect(await other).toBe(true);
    turn.release();
    expect(await turn.wait(stop.signal)).toBe(false);
    expect(turn.take()).toBe(true);
  });
});
