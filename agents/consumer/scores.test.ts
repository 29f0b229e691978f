import { describe, expect, it } from 'vitest';
import {
  afterAnswer,
  afterFailure,
  exclude,
  expectedCost,
  isResting,
  newScore,
  rank,
  type Score,
  scoreJson,
  trust,
} from './scores.ts';

const times = (n: number, change: (score: Score) => Score, score: Score): Score =>
  n === 0 ? score : times(n - 1, change, change(score));
const answered = (n: number, score = newScore(1)) =>
  times(n, (one) => afterAnswer(one, { latencyMs: 100, price: 5n }), score);
const scored = (scores: Record<number, Score>) => (provider: number) => scores[provider] ?? newScore(provider);
const failed = (score: Score) => afterFailure(score, 1_000);
const OPTIONS = { maxPrice: 100n, explore: 0, random: () => 0, now: 100_000 };
const order = (offers: { provider: number }[]) => offers.map(({ provider }) => provider);

describe('a score', () => {
  it('is one half for a stranger, rises with answers and falls with failures', () => {
    expect(trust(newScore(1))).toBe(0.5);
    expect(trust(answered(8))).toBe(0.9);
    expect(trust(times(8, failed, newScore(1)))).toBeCloseTo(0.1);
    expect(answered(3)).toMatchObject({ answered: 3, spent: 15n, latencyMs: 100 });
  });

  it('follows latency, slowly', () => {
    const slow = afterAnswer(answered(5), { latencyMs: 1_100, price: 0n });
    expect(slow.latencyMs).toBe(300);
    expect(expectedCost(10n, slow)).toBeGreaterThan(expectedCost(10n, answered(6)));
  });

  it('goes to JSON and back; the first reason for an exclusion stays', () => {
    const score = exclude(exclude(answered(2), 'OUTPUT_MISMATCH'), 'NO_RECEIPT');
    expect(score.excluded).toBe('OUTPUT_MISMATCH');
    expect(scoreJson.decode(JSON.parse(JSON.stringify(scoreJson.encode(score))))).toEqual(score);
  });
});

describe('whom to ask', () => {
  const offers = [
    { provider: 1, price: 50n },
    { provider: 2, price: 40n },
    { provider: 3, price: 101n },
    { provider: 4, price: 40n },
  ];

  it('is the cheapest of strangers; never who is too dear', () => {
    expect(order(rank(offers, scored({}), OPTIONS))).toEqual([2, 4, 1]);
  });

  it('is who is trusted, though a stranger is a little cheaper', () => {
    expect(order(rank(offers, scored({ 1: answered(8) }), OPTIONS))).toEqual([1, 2, 4]);
    expect(order(rank(offers, scored({ 2: times(8, failed, newScore(2)) }), OPTIONS))).toEqual([4, 1, 2]);
  });

  it('is last who just failed, however cheap; each time for longer, and an hour at most', () => {
    const once = scored({ 2: failed(newScore(2)) });
    const cheap = offers.map((offer) => (offer.provider === 2 ? { ...offer, price: 1n } : offer));
    expect(order(rank(cheap, once, { ...OPTIONS, now: 1_029 }))).toEqual([4, 1, 2]);
    expect(order(rank(cheap, once, { ...OPTIONS, now: 1_030 }))).toEqual([2, 4, 1]);
    const often = times(30, failed, newScore(2));
    expect(isResting(often, 4_599)).toBe(true);
    expect(isResting(often, 4_600)).toBe(false);
    expect(isResting(answered(1, often), 1_001)).toBe(false);
    const exploring = { ...OPTIONS, now: 1_001, explore: 1, random: () => 0.99 };
    expect(order(rank(offers, once, exploring))).toEqual([1, 4, 2]);
  });

  it('is never who was caught, however cheap', () => {
    const scores = { 2: exclude(answered(1_000, newScore(2)), 'EQUIVOCATION') };
    expect(order(rank(offers, scored(scores), OPTIONS))).toEqual([4, 1]);
  });

  it('is now and then another one, so that nobody is forgotten', () => {
    const drawn = [0.05, 0.9];
    const random = () => drawn.shift() ?? 0;
    expect(order(rank(offers, scored({}), { ...OPTIONS, explore: 0.1, random }))).toEqual([1, 2, 4]);
    expect(order(rank(offers, scored({}), { ...OPTIONS, explore: 0.1, random: () => 0.1 }))).toEqual([2, 4, 1]);
  });
});
