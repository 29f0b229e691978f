import { describe, expect, it } from 'vitest';
import { channelLife, spentShare } from './channelLife.ts';

const created = { transaction: '0x1', block: '1', batch: 1, timestamp: 100 } as const;

describe('channelLife', () => {
  it.each([
    ['open', [true, false, false]],
    ['expired', [true, true, false]],
    ['over', [true, true, true]],
  ] as const)('%s', (state, past) => {
    const life = channelLife({ state, created, expiry: 200, claimableUntil: 300 });
    expect(life.map(({ at }) => at)).toEqual([100, 200, 300]);
    expect(life.map(({ isPast }) => isPast)).toEqual(past);
  });
});

describe('spentShare', () => {
  it.each([
    ['0', '0', 0],
    ['75', '25', 0.25],
    ['0', '5', 1],
    ['79228162514264337593543950335', '79228162514264337593543950335', 0.5],
  ])('%s left, %s paid: %d', (balance, claimed, share) => expect(spentShare({ balance, claimed })).toBe(share));
});
