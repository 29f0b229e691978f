import { describe, expect, it } from 'vitest';
import { Gate } from './gate.ts';

function gateOf(concurrency: number, queue: number) {
  let nowMs = 0;
  const gate = new Gate({ concurrency, queue }, { nowMs: () => nowMs });
  const open: (() => void)[] = [];
  const work = () => gate.run(() => new Promise<void>((resolve) => open.push(resolve)));
  return {
    gate,
    work,
    open,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('the places of a provider', () => {
  it('are taken in order, and given on', async () => {
    const { gate, work, open } = gateOf(2, 2);
    const all = [work(), work(), work(), work()];
    expect([gate.running, gate.waiting, open.length, gate.isIdle]).toEqual([2, 2, 2, false]);
    await expect(work()).rejects.toMatchObject({ code: 'BUSY' });
    open[0]?.();
    await all[0];
    expect([gate.running, gate.waiting, open.length]).toEqual([2, 1, 3]);
    for (let n = 1; n < 4; n += 1) {
      open[n]?.();
      await all[n];
    }
    expect([gate.running, gate.waiting, gate.isIdle]).toEqual([0, 0, true]);
  });

  it('are free again after a failure', async () => {
    const { gate } = gateOf(1, 0);
    await expect(gate.run(async () => Promise.reject(new RangeError('x')))).rejects.toThrow(RangeError);
    expect(gate.running).toBe(0);
    await gate.run(async () => undefined);
  });

  it('tell when to come again, by how long runs take', async () => {
    const { gate, work, open, pass } = gateOf(1, 4);
    for (let n = 0; n < 60; n += 1) {
      const done = work();
      pass(4_000);
      open[n]?.();
      await done;
    }
    const waiting = Array.from({ length: 5 }, work);
    let retryAfter: unknown;
    try {
      gate.check();
    } catch (error) {
      retryAfter = (error as { data: { retryAfter: number } }).data.retryAfter;
    }
    expect(retryAfter).toBeGreaterThan(10);
    expect(retryAfter).toBeLessThan(20);
    for (let n = 60; n < 65; n += 1) {
      open[n]?.();
      await waiting[n - 60];
    }
  });
});
