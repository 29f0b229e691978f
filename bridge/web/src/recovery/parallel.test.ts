import { describe, expect, it } from 'vitest';
import { aheadOf, inParallel } from './parallel.ts';

/** Work that ends when it is told to. */
class Jobs {
  readonly begun: number[] = [];
  most = 0;
  #running = 0;
  readonly #ends = new Map<number, () => void>();

  readonly work = async (n: number): Promise<string> => {
    this.begun.push(n);
    this.#running += 1;
    this.most = Math.max(this.most, this.#running);
    await new Promise<void>((resolve) => this.#ends.set(n, resolve));
    this.#running -= 1;
    if (n < 0) throw new RangeError(String(n));
    return `done ${n}`;
  };

  async end(n: number): Promise<void> {
    this.#ends.get(n)?.();
    for (let i = 0; i < 10; i += 1) await Promise.resolve();
  }
}

describe('at most so many at a time', () => {
  it('results are in the order of the items, whatever ends first', async () => {
    const jobs = new Jobs();
    const all = inParallel([1, 2, 3], 2, jobs.work);
    expect(jobs.begun).toEqual([1, 2]);
    await jobs.end(2);
    expect(jobs.begun).toEqual([1, 2, 3]);
    await jobs.end(3);
    await jobs.end(1);
    expect([await all, jobs.most]).toEqual([['done 1', 'done 2', 'done 3'], 2]);
    expect(await inParallel([], 2, jobs.work)).toEqual([]);
  });

  it('after a failure nothing new is begun', async () => {
    const jobs = new Jobs();
    const all = inParallel([-1, 2, 3, 4], 2, jobs.work);
    const failed = expect(all).rejects.toThrow(RangeError);
    await jobs.end(-1);
    await failed;
    await jobs.end(2);
    expect(jobs.begun).toEqual([-1, 2]);
  });
});

describe('ahead of whoever takes the results', () => {
  it('not further than asked, and only as they are taken', async () => {
    const jobs = new Jobs();
    const results = aheadOf([1, 2, 3, 4, 5], 2, jobs.work);
    expect(jobs.begun).toEqual([]);
    const first = results.next();
    expect(jobs.begun).toEqual([1, 2, 3]);
    await jobs.end(3);
    await jobs.end(1);
    expect(await first).toEqual({ done: false, value: 'done 1' });
    expect(jobs.begun).toEqual([1, 2, 3]);
    const second = results.next();
    expect(jobs.begun).toEqual([1, 2, 3, 4]);
    await jobs.end(2);
    expect((await second).value).toBe('done 2');
    expect((await results.next()).value).toBe('done 3');
  });

  it('a later failure is told in its turn', async () => {
    const jobs = new Jobs();
    const results = aheadOf([1, -2], 2, jobs.work);
    const first = results.next();
    await jobs.end(-2);
    await jobs.end(1);
    expect((await first).value).toBe('done 1');
    await expect(results.next()).rejects.toThrow(RangeError);
  });
});
