import { big, index, int, type JsonCodec, object, oneOf, optional } from '../../protocol/json.ts';

/**
 * What ends the dealings: with the provider if it is proven by what its key signed, for anybody to check; otherwise with the address that
 * answered so, because who stands between could have done it (handed on the request otherwise, or another's receipt) to harm the provider.
 */
export const EXCLUSIONS = [
  'OUTPUT_MISMATCH',
  'EQUIVOCATION',
  'NO_RECEIPT',
  'RECEIPT_OUTPUT',
  'RECEIPT_EXECUTION',
  'RECEIPT_CHANNEL',
  'RECEIPT_MODEL',
  'RECEIPT_SEQUENCE',
  'RECEIPT_PRICE',
  'RECEIPT_TIME',
  'RECEIPT_INPUT',
  'RECEIPT_SIGNATURE',
] as const;
export type Exclusion = (typeof EXCLUSIONS)[number];

export function isExclusion(code: string): code is Exclusion {
  return EXCLUSIONS.some((known) => known === code);
}

/** Proven by the provider's own signatures. */
export function isProven(code: Exclusion): boolean {
  return code === 'OUTPUT_MISMATCH' || code === 'EQUIVOCATION';
}

/** What a consumer knows of a provider from its own requests. */
export interface Score {
  /** KEY account. */
  readonly provider: number;
  /** Good receipts. */
  readonly answered: number;
  /** Requests without one: refusals, silence, broken answers. */
  readonly failed: number;
  /** Failures since the last answer, and the last one's time, seconds. */
  readonly streak: number;
  readonly failedAt: number;
  /** Answers run again with the same result. */
  readonly checked: number;
  /** Moving average of answers, ms. */
  readonly latencyMs: number;
  /** Paid for good receipts, base units. */
  readonly spent: bigint;
  /** It was proven to cheat. */
  readonly excluded: Exclusion | undefined;
}

export const scoreJson: JsonCodec<Score> = object<Score>({
  provider: index,
  answered: int,
  failed: int,
  streak: int,
  failedAt: int,
  checked: int,
  latencyMs: int,
  spent: big,
  excluded: optional(oneOf(EXCLUSIONS)),
});

export function newScore(provider: number): Score {
  return {
    provider,
    answered: 0,
    failed: 0,
    streak: 0,
    failedAt: 0,
    checked: 0,
    latencyMs: 0,
    spent: 0n,
    excluded: undefined,
  };
}

/** Weight of the newest answer in the average. */
const NEWEST = 0.2;

export function afterAnswer(score: Score, { latencyMs, price }: { latencyMs: number; price: bigint }): Score {
  const before = score.answered === 0 ? latencyMs : score.latencyMs;
  return {
    ...score,
    answered: score.answered + 1,
    streak: 0,
    latencyMs: Math.max(0, Math.round(before + NEWEST * (latencyMs - before))),
    spent: score.spent + price,
  };
}

/** @param now seconds */
export function afterFailure(score: Score, now: number): Score {
  return { ...score, failed: score.failed + 1, streak: score.streak + 1, failedAt: now };
}

const FIRST_REST_SECONDS = 30;
const LONGEST_REST_SECONDS = 3_600;

/** After a failure a provider comes last for half a minute, twice as long after each further one: dead ones that look cheap cost little time. */
export function isResting({ streak, failedAt }: Score, now: number): boolean {
  if (streak === 0) return false;
  return now < failedAt + Math.min(FIRST_REST_SECONDS * 2 ** (streak - 1), LONGEST_REST_SECONDS);
}

export function afterCheck(score: Score): Score {
  return { ...score, checked: score.checked + 1 };
}

/** The first reason stays. */
export function exclude(score: Score, excluded: Exclusion): Score {
  return score.excluded === undefined ? { ...score, excluded } : score;
}

/** In (0, 1): (answered + 1) / (answered + failed + 2), one half for a stranger. */
export function trust({ answered, failed }: Pick<Score, 'answered' | 'failed'>): number {
  return (answered + 1) / (answered + failed + 2);
}

/** An answer that takes this long counts as one of twice the price. */
const PATIENCE_MS = 10_000;

/** What an answer is expected to cost, failures and waiting included: `price / trust · (1 + latency / 10 s)`. */
export function expectedCost(price: bigint, score: Score): number {
  return (Math.max(Number(price), 1) / trust(score)) * (1 + score.latencyMs / PATIENCE_MS);
}

export interface Offer {
  /** KEY account. */
  readonly provider: number;
  readonly price: bigint;
}

export interface RankOptions {
  readonly maxPrice: bigint;
  /** How often another than the cheapest comes first, so that strangers and those that failed once get a chance; 0 … 1. */
  readonly explore: number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Seconds. */
  readonly now: number;
}

/**
 * Whom to ask, in this order: without those excluded or too dear, those that rest after a failure last, by expected cost (of equals, the
 * lower account). With the probability `explore` one of the others that do not rest, each as likely, is put first.
 */
export function rank<T extends Offer>(
  offers: readonly T[],
  scoreOf: (provider: number) => Score,
  options: RankOptions,
): T[] {
  const { maxPrice, explore, random, now } = options;
  const ordered = offers
    .filter(({ provider, price }) => price <= maxPrice && scoreOf(provider).excluded === undefined)
    .map((offer) => ({ offer, score: scoreOf(offer.provider) }))
    .map(({ offer, score }) => ({ offer, cost: expectedCost(offer.price, score), rests: isResting(score, now) }))
    .sort((a, b) => a.cost - b.cost || a.offer.provider - b.offer.provider);
  const ready = ordered.filter(({ rests }) => !rests).map(({ offer }) => offer);
  const resting = ordered.filter(({ rests }) => rests).map(({ offer }) => offer);
  if (ready.length < 2 || random() >= explore) return [...ready, ...resting];
  const [chosen] = ready.splice(1 + Math.floor(random() * (ready.length - 1)), 1);
  return [...(chosen === undefined ? [] : [chosen]), ...ready, ...resting];
}
