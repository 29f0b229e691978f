import { describe, expect, it } from 'vitest';
import { suretyOfBatch, suretyOfEvm } from './surety.ts';

const heads = { committed: { batch: 5, root: '0' }, proven: { batch: 3, root: '0' } };

describe('suretyOfBatch', () => {
  it.each([
    [3, 'proven'],
    [4, 'committed'],
    [5, 'committed'],
    [6, 'included'],
  ])('batch %d is %s', (batch, surety) => expect(suretyOfBatch(batch, heads)).toBe(surety));
});

describe('suretyOfEvm', () => {
  it.each([
    [undefined, undefined, '9', 'pending'],
    [9n, 3, '9', 'attested'],
    [10n, 3, '9', 'proven'],
    [10n, 3, undefined, 'proven'],
    [12n, 5, '9', 'committed'],
    [12n, undefined, '9', 'included'],
  ])('block %s of batch %s, finalized %s: %s', (block, batch, finalized, surety) =>
    expect(suretyOfEvm({ block, batch }, heads, finalized)).toBe(surety),
  );
});
