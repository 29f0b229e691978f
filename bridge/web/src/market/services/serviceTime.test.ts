import { describe, expect, it } from 'vitest';
import { epochTime } from './serviceTime.ts';

const terms = { name: 'x', startsAt: 1_000, epochSeconds: 100, reward: '1', models: [] };

describe('how far an epoch is', () => {
  it('by the clock', () => {
    expect(epochTime({ terms, currentEpoch: 2 }, 1_225)).toEqual({ epoch: 2, leftSeconds: 75, passed: 0.25 });
  });

  it('over by time, though no later batch is there; not begun by a clock that is behind', () => {
    expect(epochTime({ terms, currentEpoch: 2 }, 9_999)).toEqual({ epoch: 2, leftSeconds: 0, passed: 1 });
    expect(epochTime({ terms, currentEpoch: 2 }, 5)).toMatchObject({ passed: 0, leftSeconds: 100 });
  });

  it('unknown without terms or before the first', () => {
    expect(epochTime({ currentEpoch: 2 }, 1_225)).toBeUndefined();
    expect(epochTime({ terms, currentEpoch: -1 }, 1_225)).toBeUndefined();
    expect(epochTime({ terms: { ...terms, epochSeconds: 0 }, currentEpoch: 1 }, 1_225)).toBeUndefined();
  });
});
