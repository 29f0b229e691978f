import { describe, expect, it } from 'vitest';
import type { WebConfig } from '../../../../../sdk/webConfig.ts';
import type { Transfer } from '../types.ts';
import { expectedSeconds, inOrder, median, paceOf } from './pace.ts';
import { stepsOf } from './steps.ts';

const config = {
  l1: { confirmations: 2, blockSeconds: 10 },
  pace: { batchSeconds: 100, proofSeconds: 200 },
} as WebConfig;
const pace = paceOf(config);

describe('expected time', () => {
  const left = (done: 'sent' | 'onL1' | 'inBlock' | 'committed' | 'proven', elapsed: number): number | undefined => {
    const steps = stepsOf('deposit', { done, facts: { [done]: { at: 1_000 } } });
    return expectedSeconds('deposit', steps, { pace, now: 1_000 + elapsed, startedAt: 900 });
  };

  it('is the sum of the steps that are left, less the time since the last one', () => {
    expect(left('sent', 0)).toBe(30 + 5 + 110 + 210);
    expect(left('sent', 20)).toBe(10 + 5 + 110 + 210);
    expect(left('inBlock', 90)).toBe(20 + 210);
    expect(left('committed', 10)).toBe(200);
    expect(left('proven', 0)).toBeUndefined();
  });

  it('does not run out while a step takes longer, and says when it is late', () => {
    expect(left('committed', 210)).toBe(21);
    expect(left('committed', 800)).toBe(21);
    expect(left('committed', 901)).toBe(-1);
  });

  it('is nothing for what waits for its user, or failed', () => {
    const exit = stepsOf('exit', { done: 'claimable' });
    expect(expectedSeconds('exit', exit, { pace, now: 0, startedAt: 0 })).toBeUndefined();
    const failed = stepsOf('exit', { done: 'inBlock', failed: 'committed' });
    expect(expectedSeconds('exit', failed, { pace, now: 0, startedAt: 0 })).toBeUndefined();
  });

  it('follows what batches took, once there are enough', () => {
    expect(paceOf(config, { toCommit: [1, 2], toProof: [50, 60, 70] })).toMatchObject({ committed: 110, proven: 60 });
    expect(median([3, 1, 2])).toBe(2);
    expect(median([])).toBeUndefined();
  });
});

describe('steps', () => {
  it('are done up to the last, then one is under way', () => {
    expect(
      stepsOf('exit', { done: undefined })
        .map(({ state }) => state)
        .join(' '),
    ).toBe('now todo todo todo todo todo');
    expect(stepsOf('exit', { done: 'claimed' }).every(({ state }) => state === 'done')).toBe(true);
    expect(
      stepsOf('exit', { done: 'inBlock', failed: 'proven' })
        .map(({ state }) => state)
        .join(' '),
    ).toBe('done done now failed todo todo');
  });
});

describe('the list', () => {
  it('has all that is not finished, newest first, and so many others', () => {
    const transfers = Array.from({ length: 9 }, (_, i) => ({
      id: `${i}`,
      startedAt: i,
      isFinished: i % 3 > 0,
    })) as Transfer[];
    expect(inOrder(transfers, 2).map(({ id }) => id)).toEqual(['8', '7', '6', '3', '0']);
  });
});
