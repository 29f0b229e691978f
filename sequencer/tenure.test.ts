import { beforeEach, expect, it } from 'vitest';
import { Tenure } from './tenure.ts';

/** Ours: [10 s, 20 s). */
let ours: (nowMs: number) => boolean;
let canPublish: boolean;

beforeEach(() => {
  ours = (nowMs) => nowMs >= 10_000 && nowMs < 20_000;
  canPublish = true;
});

function tenure(handoverMs: number): Tenure {
  const duties = { mayBuild: (nowMs: number) => ours(nowMs), mayPublish: () => canPublish };
  return new Tenure({ handoverMs }, { duties });
}

it('without a handover it builds as long as its turn is', () => {
  const who = tenure(0);
  expect([9_999, 10_000, 19_999, 20_000].map((now) => who.phase(now))).toEqual([
    'handOver',
    'build',
    'build',
    'handOver',
  ]);
});

it('waits for what the last leader left, and stops in time for the next', () => {
  const who = tenure(1000);
  expect([9_000, 10_000, 10_999, 11_000, 18_999, 19_000].map((now) => who.phase(now))).toEqual([
    'handOver',
    'wait',
    'wait',
    'build',
    'build',
    'handOver',
  ]);
});

it('begins at once when the last leader has handed over', () => {
  const who = tenure(1000);
  who.phase(9_000);
  who.onClosedByOther(9_200);
  expect(who.phase(10_000)).toBe('build');
});

it('a close from long before its turn is no handover', () => {
  const who = tenure(1000);
  who.onClosedByOther(8_000);
  expect(who.phase(10_000)).toBe('wait');
});

it('goes on through its next turn without a pause if that follows at once', () => {
  ours = (nowMs) => nowMs >= 10_000 && nowMs < 30_000;
  const who = tenure(1000);
  who.phase(10_000);
  expect([15_000, 19_500, 20_000, 20_500].map((now) => who.phase(now))).toEqual(['build', 'build', 'build', 'build']);
});

it('waits again in a later turn', () => {
  ours = (nowMs) => Math.floor(nowMs / 10_000) % 2 === 1;
  const who = tenure(1000);
  who.phase(11_000);
  who.phase(20_000);
  expect(who.phase(30_000)).toBe('wait');
  expect(who.phase(31_000)).toBe('build');
});

it('knows whose the newest block is', () => {
  const who = tenure(0);
  expect(who.ownsHead).toBe(false);
  who.onBuilt(5n);
  expect(who.ownsHead).toBe(true);
  expect(who.isForeign(1n)).toBe(false);
  who.onImported(6n);
  expect(who.ownsHead).toBe(false);
  expect(who.isForeign(6n)).toBe(true);
  expect(who.isForeign(7n)).toBe(false);
});

it('without a key it owns nothing that others should hear of', () => {
  const who = tenure(0);
  who.onBuilt(5n);
  canPublish = false;
  expect(who.ownsHead).toBe(false);
});

it('after a rollback the newest block is nobody’s, unless it is known', () => {
  const who = tenure(0);
  who.onImported(3n);
  who.onBuilt(5n);
  who.onRollback(4n);
  expect(who.ownsHead).toBe(false);
  who.onBuilt(5n);
  expect(who.ownsHead).toBe(true);
  who.onRollback(5n);
  expect(who.ownsHead).toBe(true);
  who.onImported(6n);
  who.onRollback(5n);
  expect(who.isForeign(1n)).toBe(false);
});
