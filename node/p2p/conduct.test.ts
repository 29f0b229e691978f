import { describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../../chain/logger.ts';
import { Bans } from './bans.ts';
import { BoundedMap } from './boundedMap.ts';
import { RateBucket } from './rateBucket.ts';
import { Refusals } from './refusals.ts';
import { BAN_SCORE, PeerScores } from './scores.ts';
import { ManualClock } from './testing/manualClock.ts';
import { noMetrics } from './types.ts';

const HOUR = 3_600_000;

describe('scores', () => {
  it('a second invalid message within an hour reaches the ban, a later one does not', () => {
    const clock = new ManualClock();
    const scores = new PeerScores({ clock });
    expect(scores.add('a', 'invalid')).toBeGreaterThan(BAN_SCORE);
    clock.advance(HOUR - 1);
    expect(scores.add('a', 'invalid')).toBeLessThanOrEqual(BAN_SCORE);
    scores.add('b', 'invalid');
    clock.advance(HOUR);
    expect(scores.add('b', 'invalid')).toBeGreaterThan(BAN_SCORE);
  });

  it('what is slow or useless adds up and is forgotten by half in ten minutes', () => {
    const clock = new ManualClock();
    const scores = new PeerScores({ clock });
    for (let i = 0; i < 9; i += 1) expect(scores.add('a', 'slow')).toBeGreaterThan(BAN_SCORE);
    clock.advance(600_000);
    expect(scores.get('a')).toBeCloseTo(-45);
    for (let i = 0; i < 6; i += 1) scores.add('a', 'slow');
    expect(scores.get('a')).toBeLessThanOrEqual(BAN_SCORE);
  });

  it('nothing is known of a stranger, nor of one that was banned', () => {
    const scores = new PeerScores({ clock: new ManualClock() });
    expect(scores.get('a')).toBe(0);
    scores.add('a', 'invalid');
    scores.forget('a');
    expect(scores.get('a')).toBe(0);
  });
});

describe('bans', () => {
  it('end after their time', () => {
    const clock = new ManualClock();
    const bans = new Bans({ banMs: HOUR, bansPerIp: 3 }, { clock });
    bans.add('a', []);
    clock.advance(HOUR - 1);
    expect(bans.hasPeer('a')).toBe(true);
    clock.advance(1);
    expect(bans.hasPeer('a')).toBe(false);
  });

  it('of three peers of an address ban the address, but never loopback', () => {
    const clock = new ManualClock();
    const bans = new Bans({ banMs: HOUR, bansPerIp: 3 }, { clock });
    for (const peer of ['a', 'b']) expect(bans.add(peer, ['203.0.113.5', '127.0.0.1'])).toEqual([]);
    // The same one again is no third.
    expect(bans.add('b', ['203.0.113.5'])).toEqual([]);
    expect(bans.add('c', ['203.0.113.5', '127.0.0.1'])).toEqual(['203.0.113.5']);
    expect(bans.hasIp('203.0.113.5')).toBe(true);
    expect(bans.hasIp('127.0.0.1')).toBe(false);
    expect(bans.hasIp('203.0.113.6')).toBe(false);
    expect(bans.hasIp(undefined)).toBe(false);
    clock.advance(HOUR);
    expect(bans.hasIp('203.0.113.5')).toBe(false);
  });

  it('of an address are not counted once they have ended', () => {
    const clock = new ManualClock();
    const bans = new Bans({ banMs: HOUR, bansPerIp: 2 }, { clock });
    bans.add('a', ['203.0.113.5']);
    clock.advance(HOUR);
    expect(bans.add('b', ['203.0.113.5'])).toEqual([]);
  });
});

describe('bounds', () => {
  it('a map forgets what was longest not used', () => {
    const map = new BoundedMap<number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 3);
    map.set('c', 4);
    expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([3, undefined, 4, 2]);
  });

  it('a bucket lets its burst through, then its rate, and is not filled by a clock set back', () => {
    const clock = new ManualClock();
    const bucket = new RateBucket({ perSecond: 10, burst: 20 }, { clock });
    for (let i = 0; i < 20; i += 1) expect(bucket.take()).toBe(true);
    expect(bucket.take()).toBe(false);
    clock.advance(100);
    expect([bucket.take(), bucket.take()]).toEqual([true, false]);
    clock.advance(-5_000);
    expect(bucket.take()).toBe(false);
    expect(bucket.waitMs(5)).toBe(500);
  });

  it('one that is larger than the burst passes a full bucket, and empties it for long', () => {
    const clock = new ManualClock();
    const bucket = new RateBucket({ perSecond: 10, burst: 20 }, { clock });
    expect(bucket.take(40)).toBe(true);
    clock.advance(2_000);
    expect(bucket.take()).toBe(false);
    clock.advance(2_000);
    expect(bucket.take(20)).toBe(true);
  });

  it('a spammer writes few lines into the log: each peer and reason at 1, 10, 100 …, and all together so many a second', () => {
    const clock = new ManualClock();
    const lines: Record<string, unknown>[] = [];
    const log: Logger = { ...silentLogger, warn: (fields) => lines.push({ ...fields }) };
    const counted: string[] = [];
    const metrics = { ...noMetrics, refused: (reason: string) => counted.push(reason) };
    const refusals = new Refusals({ log, metrics, clock });
    for (let i = 0; i < 1_500; i += 1) refusals.note('a', 'BAD_FRAME');
    expect(lines.map(({ count }) => count)).toEqual([1, 10, 100, 1_000]);
    for (let i = 0; i < 5_000; i += 1) refusals.note(`peer ${i}`, 'FLOOD');
    expect(lines.length).toBe(50);
    clock.advance(10_000);
    refusals.note('b', 'FLOOD');
    expect(lines.at(-1)).toMatchObject({ peer: 'b', reason: 'FLOOD', count: 1, linesLeftOut: 4_954 });
    expect(counted.length).toBe(6_501);
  });
});
