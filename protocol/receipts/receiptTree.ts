import { poseidon } from '../crypto/poseidon.ts';
import { ProtocolError } from '../errors.ts';
import { field, isCanonical, ZERO } from '../field.ts';
import { fieldWord, int, type Json, type JsonCodec, list, object } from '../json.ts';
import type { Field } from '../types.ts';
import { FieldList } from './fieldList.ts';
import { SEQUENCE_LIMIT } from './receipt.ts';
import { ReceiptError } from './receiptError.ts';

/**
 * The receipts of a channel as an append-only Merkle mountain range: `size` written in binary gives its perfect subtrees, largest
 * first; their roots, the peaks, are folded from the left, and `root = Poseidon2(size, fold)`, 0 for no receipts. Folding from the left
 * keeps the fold of all but the last peaks when a leaf is appended: three hashes an append and root on average.
 */

/** Proves that a leaf is number `position` of the `size` leaves under a root. */
export interface ReceiptProof {
  readonly position: number;
  readonly size: number;
  /** From the leaf's sibling up to that of the peak's child. */
  readonly siblings: readonly Field[];
  /** The fold of the larger peaks, if there are any. */
  readonly before: Field | undefined;
  /** The smaller peaks, largest first. */
  readonly after: readonly Field[];
}

const hashPair = (left: Field, right: Field): Field => poseidon([left, right]);

function rootOf(size: number, fold: Field): Field {
  return poseidon([BigInt(size), fold]);
}

/** Heights of the peaks, largest first: the positions of the one bits of `size`. */
function peakHeights(size: number): number[] {
  const heights: number[] = [];
  for (let rest = size, height = 0; rest > 0; rest = Math.floor(rest / 2), height += 1) {
    if (rest % 2 === 1) heights.unshift(height);
  }
  return heights;
}

/** Which peak holds a position, and how high it is. */
function locate(position: number, size: number): { peak: number; height: number; count: number } {
  const heights = peakHeights(size);
  let start = 0;
  const peak = heights.findIndex((height) => {
    if (position < start + 2 ** height) return true;
    start += 2 ** height;
    return false;
  });
  return { peak, height: heights[peak] ?? 0, count: heights.length };
}

/** The part of a receipt tree that appending needs: peaks only, O(log n) memory. What a party to a stream keeps. */
export class ReceiptFrontier {
  #size = 0;
  readonly #peaks: Field[] = [];
  /** Folds of the first 1, 2, … peaks; shorter than `#peaks` until a root is asked for. */
  readonly #folds: Field[] = [];
  #root: Field | undefined = ZERO;

  get size(): number {
    return this.#size;
  }

  /**
   * `onNode` hears of every node made, the leaf first (height 0).
   * @throws ProtocolError WORD_NOT_CANONICAL, INVALID_ARGUMENT (2^32 leaves are the limit)
   */
  append(leaf: Field, onNode?: (height: number, node: Field) => void): void {
    let node = field(leaf);
    if (this.#size >= SEQUENCE_LIMIT) throw new ProtocolError('INVALID_ARGUMENT', { receipts: this.#size });
    onNode?.(0, node);
    for (let rest = this.#size, height = 1; rest % 2 === 1; rest = Math.floor(rest / 2), height += 1) {
      // A one bit of `size` is a peak.
      node = hashPair(this.#peaks.pop() as Field, node);
      onNode?.(height, node);
    }
    if (this.#folds.length > this.#peaks.length) this.#folds.length = this.#peaks.length;
    this.#peaks.push(node);
    this.#size += 1;
    this.#root = undefined;
  }

  get root(): Field {
    if (this.#root !== undefined) return this.#root;
    for (let i = this.#folds.length; i < this.#peaks.length; i += 1) {
      const [fold, peak] = [this.#folds[i - 1], this.#peaks[i] as Field];
      this.#folds.push(fold === undefined ? peak : hashPair(fold, peak));
    }
    this.#root = rootOf(this.#size, this.#folds.at(-1) as Field);
    return this.#root;
  }

  toJson(): Json {
    return stored.encode({ size: this.#size, peaks: this.#peaks });
  }

  /** @throws ProtocolError MALFORMED_BYTES, WORD_NOT_CANONICAL; ReceiptError BAD_BOOK (number of peaks) */
  static fromJson(json: unknown): ReceiptFrontier {
    const { size, peaks } = stored.decode(json);
    if (size > SEQUENCE_LIMIT || peakHeights(size).length !== peaks.length) {
      throw new ReceiptError('BAD_BOOK', { size, peaks: peaks.length });
    }
    const frontier = new ReceiptFrontier();
    frontier.#size = size;
    frontier.#peaks.push(...peaks);
    frontier.#root = size === 0 ? ZERO : undefined;
    return frontier;
  }
}

const stored = object<{ size: number; peaks: readonly Field[] }>({ size: int, peaks: list(fieldWord) });

export const frontierJson: JsonCodec<ReceiptFrontier> = {
  encode: (frontier) => frontier.toJson(),
  decode: (json) => ReceiptFrontier.fromJson(json),
};

/** The whole tree (two nodes a receipt): what whoever proves inclusion keeps. */
export class ReceiptTree {
  readonly #frontier = new ReceiptFrontier();
  /** #levels[h][i]: root of the perfect subtree over leaves i·2^h …. Nodes are never changed, so old sizes stay provable. */
  readonly #levels: FieldList[] = [];
  #lastPeaks: { size: number; peaks: Field[]; folds: Field[] } | undefined;

  get size(): number {
    return this.#frontier.size;
  }

  get root(): Field {
    return this.#frontier.root;
  }

  /** @throws ProtocolError WORD_NOT_CANONICAL */
  append(leaf: Field): void {
    this.#frontier.append(leaf, (height, node) => {
      // Nodes of a height appear only after one of each height below.
      if (height === this.#levels.length) this.#levels.push(new FieldList());
      this.#levels[height]?.push(node);
    });
  }

  /** The root when there were `size` receipts. @throws ReceiptError RECEIPT_NOT_INCLUDED (more than there are) */
  rootAt(size: number): Field {
    if (size === 0) return ZERO;
    return rootOf(size, this.#peaksAt(size).folds.at(-1) as Field);
  }

  /**
   * For the root over the first `atSize` receipts (default: all): a claim settles the root of the day it was signed.
   * @throws ReceiptError RECEIPT_NOT_INCLUDED (no such position at that size)
   */
  proof(position: number, atSize: number = this.size): ReceiptProof {
    const { peaks, folds } = this.#peaksAt(atSize);
    if (!Number.isInteger(position) || position < 0 || position >= atSize) {
      throw new ReceiptError('RECEIPT_NOT_INCLUDED', { position, size: atSize });
    }
    const { peak, height } = locate(position, atSize);
    const siblings = Array.from({ length: height }, (_, level) => {
      const at = Math.floor(position / 2 ** level);
      return this.#node(level, at % 2 === 0 ? at + 1 : at - 1);
    });
    return { position, size: atSize, siblings, before: folds[peak - 1], after: peaks.slice(peak + 1) };
  }

  #node(height: number, at: number): Field {
    // Peaks and paths of a size that is not larger than the tree's are complete subtrees.
    return this.#levels[height]?.at(at) as Field;
  }

  #peaksAt(size: number): { peaks: Field[]; folds: Field[] } {
    if (this.#lastPeaks?.size === size) return this.#lastPeaks;
    if (!Number.isInteger(size) || size < 0 || size > this.size) {
      throw new ReceiptError('RECEIPT_NOT_INCLUDED', { size, receipts: this.size });
    }
    const peaks: Field[] = [];
    const folds: Field[] = [];
    let start = 0;
    for (const height of peakHeights(size)) {
      const peak = this.#node(height, start / 2 ** height);
      const fold = folds.at(-1);
      peaks.push(peak);
      folds.push(fold === undefined ? peak : hashPair(fold, peak));
      start += 2 ** height;
    }
    this.#lastPeaks = { size, peaks, folds };
    return this.#lastPeaks;
  }
}

export interface ProofParts {
  readonly siblings: number;
  readonly hasBefore: boolean;
  readonly after: number;
}

/** How many words the proof of this position at this size has; undefined if there is no such position. */
export function proofParts(position: number, size: number): ProofParts | undefined {
  if (!Number.isInteger(size) || !Number.isInteger(position)) return undefined;
  if (size < 1 || size > SEQUENCE_LIMIT || position < 0 || position >= size) return undefined;
  const { peak, height, count } = locate(position, size);
  return { siblings: height, hasBefore: peak > 0, after: count - 1 - peak };
}

/** Whether a proof has the one form that its position and size allow. */
export function isProofShape({ position, size, siblings, before, after }: ReceiptProof): boolean {
  const parts = proofParts(position, size);
  if (parts === undefined) return false;
  return (
    siblings.length === parts.siblings && (before !== undefined) === parts.hasBefore && after.length === parts.after
  );
}

/** The root that a proof leads to from a leaf; undefined, and never an error, for anything malformed. */
export function receiptProofRoot(leaf: Field, proof: ReceiptProof): Field | undefined {
  if (!isProofShape(proof)) return undefined;
  const { position, size, siblings, before, after } = proof;
  if (![leaf, ...siblings, ...after, before ?? ZERO].every(isCanonical)) return undefined;
  let node = leaf;
  siblings.forEach((sibling, level) => {
    node = Math.floor(position / 2 ** level) % 2 === 0 ? hashPair(node, sibling) : hashPair(sibling, node);
  });
  const fold = after.reduce(hashPair, before === undefined ? node : hashPair(before, node));
  return rootOf(size, fold);
}

/** Answers false, and never throws, on anything malformed. */
export function verifyReceiptProof(root: Field, leaf: Field, proof: ReceiptProof): boolean {
  return receiptProofRoot(leaf, proof) === root;
}
