/** Scores and payouts as memo words of TRANSFERs (docs/ai.md section 3). */
import { payloadWord } from '../codec/opWords.ts';
import { MAX_TX_OPS } from '../codec/tx.ts';
import { field, ZERO } from '../field.ts';
import { ACCOUNT_LIMIT } from '../ids.ts';
import type { AccountIndex, Field, Op } from '../types.ts';
import { EpochError } from './epochError.ts';

export const MEMO_VERSION = 1;
export const MemoKind = { COMMIT: 1, REVEAL: 2, PAYOUT: 3 } as const;
export type MemoKind = (typeof MemoKind)[keyof typeof MemoKind];

/** Bits of m1 in use: version(8) | kind(8) | epoch(32) | count(16) | part(16) | parts(16). */
const HEAD_BITS = 96n;
const WEIGHT_BITS = 48n;
const WEIGHTS_A_WORD = 5;
const WORD_BITS = WEIGHT_BITS * BigInt(WEIGHTS_A_WORD);

/** An evaluator's opinion of one agent, by its ATTEST index; 1 … 65535. */
export type Weight = readonly [agent: AccountIndex, weight: number];
export type MemoWords = readonly [m1: Field, m2: Field, m3: Field];

/** Weights that the reveal of one transaction can hold: part 0 has one word, the others two each. */
export const MAX_REVEALED_WEIGHTS = WEIGHTS_A_WORD * (1 + 2 * (MAX_TX_OPS - 1));

/** m1, read. COMMIT: count 0, part 0 of 1. PAYOUT: `count` is 0, `part` numbers the transactions that pay the epoch. */
export interface MemoHead {
  readonly kind: MemoKind;
  readonly epoch: number;
  readonly count: number;
  readonly part: number;
  readonly parts: number;
}

export interface Memo extends MemoHead {
  readonly m2: Field;
  readonly m3: Field;
}

function head({ kind, epoch, count, part, parts }: MemoHead): Field {
  const low = BigInt(MEMO_VERSION | (kind << 8)) | (BigInt(epoch) << 16n);
  return field(low | (BigInt(count) << 48n) | (BigInt(part) << 64n) | (BigInt(parts) << 80n));
}

/**
 * The memo of an op, if its words say that they are one of these: version and kind are known. Undefined for any other memo.
 * `isWell` is false where unused bits are set or the part is not below `parts`: meant for us, and malformed.
 */
export function decodeMemo(op: Op): (Memo & { readonly isWell: boolean }) | undefined {
  const m1 = payloadWord(op, 0);
  const kind = Number((m1 >> 8n) & 0xffn);
  if ((m1 & 0xffn) !== BigInt(MEMO_VERSION) || (kind !== 1 && kind !== 2 && kind !== 3)) return undefined;
  const epoch = Number((m1 >> 16n) & 0xffffffffn);
  const [count, part, parts] = [48n, 64n, 80n].map((bit) => Number((m1 >> bit) & 0xffffn)) as [number, number, number];
  const memo = { kind, epoch, count, part, parts, m2: payloadWord(op, 1), m3: payloadWord(op, 2) } as const;
  return { ...memo, isWell: m1 >> HEAD_BITS === 0n && part < parts };
}

export function encodeCommit(parts: { epoch: number; commitment: Field }): MemoWords {
  const { epoch, commitment } = parts;
  return [head({ kind: MemoKind.COMMIT, epoch, count: 0, part: 0, parts: 1 }), commitment, ZERO];
}

/** `part` of `parts` transactions that pay the epoch. */
export function encodePayout(said: { epoch: number; resultHash: Field; part?: number; parts?: number }): MemoWords {
  const { epoch, resultHash, part = 0, parts = 1 } = said;
  return [head({ kind: MemoKind.PAYOUT, epoch, count: 0, part, parts }), resultHash, ZERO];
}

/**
 * Five weights a word, the lowest bits first.
 * @throws EpochError BAD_WEIGHTS
 */
export function weightWords(weights: readonly Weight[]): Field[] {
  if (weights.length > MAX_REVEALED_WEIGHTS) {
    throw new EpochError('BAD_WEIGHTS', { weights: weights.length, most: MAX_REVEALED_WEIGHTS });
  }
  const words: bigint[] = [];
  let before = 0;
  for (const [i, [agent, weight]] of weights.entries()) {
    const isWell = Number.isInteger(agent) && agent > before && agent < ACCOUNT_LIMIT;
    if (!isWell || !Number.isInteger(weight) || weight < 1 || weight > 0xffff) {
      throw new EpochError('BAD_WEIGHTS', { agent, weight });
    }
    before = agent;
    const word = Math.floor(i / WEIGHTS_A_WORD);
    const packed = BigInt(agent) | (BigInt(weight) << 32n);
    words[word] = (words[word] ?? 0n) | (packed << (WEIGHT_BITS * BigInt(i % WEIGHTS_A_WORD)));
  }
  return words.map(field);
}

/** How many ops a reveal of so many weights takes. */
export function revealParts(count: number): number {
  const words = Math.ceil(count / WEIGHTS_A_WORD);
  return words <= 1 ? 1 : 1 + Math.ceil((words - 1) / 2);
}

/**
 * The memos of a reveal, one an op, all for one transaction.
 * @throws EpochError BAD_WEIGHTS
 */
export function encodeReveal(said: { epoch: number; salt: Field; weights: readonly Weight[] }): MemoWords[] {
  const { epoch, salt, weights } = said;
  const words = weightWords(weights);
  const count = weights.length;
  const parts = revealParts(count);
  return Array.from({ length: parts }, (_, part): MemoWords => {
    const m1 = head({ kind: MemoKind.REVEAL, epoch, count, part, parts });
    if (part === 0) return [m1, salt, words[0] ?? ZERO];
    return [m1, words[2 * part - 1] ?? ZERO, words[2 * part] ?? ZERO];
  });
}

/** A whole reveal, as a transaction says it. */
export interface Reveal {
  readonly epoch: number;
  readonly salt: Field;
  readonly weights: readonly Weight[];
  /** The words that the commitment is over. */
  readonly words: readonly Field[];
}

/** The reveal that the REVEAL memos of one transaction and one account make, or undefined if they make none. */
export function decodeReveal(memos: readonly (Memo & { readonly isWell: boolean })[]): Reveal | undefined {
  const [first] = memos;
  if (first === undefined) return undefined;
  const { epoch, count, parts } = first;
  const isWhole =
    memos.length === parts &&
    parts === revealParts(count) &&
    memos.every((memo, i) => memo.isWell && memo.part === i && sameReveal(memo, first));
  if (!isWhole) return undefined;
  const all = [first.m3, ...memos.slice(1).flatMap(({ m2, m3 }) => [m2, m3])];
  const words = all.slice(0, Math.ceil(count / WEIGHTS_A_WORD));
  if (all.slice(words.length).some((word) => word !== 0n)) return undefined;
  const weights = weightsOf(words, count);
  return weights && { epoch, salt: first.m2, weights, words };
}

function sameReveal(memo: Memo, first: Memo): boolean {
  const { kind, epoch, count, parts } = memo;
  return kind === MemoKind.REVEAL && epoch === first.epoch && count === first.count && parts === first.parts;
}

function weightsOf(words: readonly Field[], count: number): Weight[] | undefined {
  const weights: Weight[] = [];
  for (const [w, word] of words.entries()) {
    if (word >> WORD_BITS !== 0n) return undefined;
    for (let i = 0; i < WEIGHTS_A_WORD; i += 1) {
      const packed = (word >> (WEIGHT_BITS * BigInt(i))) & ((1n << WEIGHT_BITS) - 1n);
      const [agent, weight] = [Number(packed & 0xffffffffn), Number(packed >> 32n)];
      if (w * WEIGHTS_A_WORD + i >= count) {
        if (packed !== 0n) return undefined;
        continue;
      }
      const before = weights.at(-1)?.[0] ?? 0;
      if (agent <= before || agent >= ACCOUNT_LIMIT || weight === 0) return undefined;
      weights.push([agent as AccountIndex, weight]); // in range, by the line above
    }
  }
  return weights;
}
