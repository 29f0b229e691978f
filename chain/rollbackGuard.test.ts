import { describe, expect, it } from 'vitest';
import { RollbackGuard } from './rollbackGuard.ts';

/** Something of two records that a rollback replaces both. */
function world() {
  const guard = new RollbackGuard();
  const records = ['old', 'old'];
  let cached: string[] | undefined;
  const gates: (() => void)[] = [];
  const pause = (): Promise<void> => new Promise((resolve) => gates.push(resolve));
  const roll = (write: () => Promise<void>): Promise<void> =>
    guard.roll(async () => {
      records[0] = 'new';
      await write();
      records[1] = 'new';
      cached = undefined;
    });
  const read = (): Promise<string[]> =>
    guard.read(
      async () => {
        const first = records[0] ?? '';
        await pause();
        return [first, records[1] ?? ''];
      },
      (value) => {
        cached = value;
      },
    );
  const open = async (): Promise<void> => {
    // Whoever waits behind somebody who waits gets a turn as well.
    for (let i = 0; i < 20; i += 1) {
      for (const gate of gates.splice(0)) gate();
      await Promise.resolve();
    }
  };
  return { guard, roll, read, open, pause, cached: () => cached };
}

describe('a reader of several records', () => {
  it('that began before a rollback sees what is there after it, and caches nothing else', async () => {
    const { roll, read, open, cached } = world();
    const reading = read();
    await roll(async () => undefined);
    await open();
    expect(await reading).toEqual(['new', 'new']);
    expect(cached()).toEqual(['new', 'new']);
  });

  it('that begins during one waits for its end', async () => {
    const { roll, read, open, pause } = world();
    const rolling = roll(pause);
    const reading = read();
    await open();
    await rolling;
    await open();
    expect(await reading).toEqual(['new', 'new']);
  });

  it('is told of errors of the chain as it is, not of those that a rollback caused', async () => {
    const { guard, roll } = world();
    let runs = 0;
    const failing = (): Promise<number> =>
      guard.read(async () => {
        runs += 1;
        if (runs === 1) await roll(async () => undefined);
        if (runs === 1) throw new RangeError('half a block');
        return runs;
      });
    expect(await failing()).toBe(2);
    await expect(guard.read(() => Promise.reject(new RangeError('corrupt')))).rejects.toThrow('corrupt');
  });

  it('goes on after a rollback that failed', async () => {
    const { roll, read, open } = world();
    await expect(roll(() => Promise.reject(new RangeError('disk')))).rejects.toThrow('disk');
    const reading = read();
    await open();
    expect((await reading)[1]).toBe('old');
  });
});
