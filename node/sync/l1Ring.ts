import { z } from 'zod';
import type { Hex } from '../../protocol/lane/types.ts';
import { SyncError } from './syncError.ts';

export interface L1BlockId {
  readonly number: bigint;
  readonly hash: Hex;
}

export interface L1RingDeps {
  /** The newest block. */
  latest(): Promise<L1BlockId>;
  /** Hash of the block of this number on the chain as it is now; undefined: it has none. */
  hashOf(number: bigint): Promise<Hex | undefined>;
  /** What an earlier run has remembered. */
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
}

export interface L1Sight {
  readonly head: L1BlockId;
  /** The newest block seen before that is still there; undefined: nothing was reorganised. */
  readonly forkedAbove: bigint | undefined;
  /** L1 answers from before what it has said already: one of several nodes that is a little late. Look again. */
  readonly isBehind: boolean;
}

/** Looks in a row that an older head counts as late; then it is what is left of L1. */
const PATIENCE = 5;

const stored = z.array(z.tuple([z.string().regex(/^\d{1,20}$/), z.string().regex(/^0x[0-9a-f]{64}$/)]));

/** Blocks of L1 as they were seen, over restarts: tells when L1 went back, and how far. */
export class L1Ring {
  readonly #maxBlocks: bigint;
  readonly #deps: L1RingDeps;
  /** In ascending order; not every block, only those that were the newest at a look. */
  #seen: L1BlockId[] | undefined;
  #behind = 0;

  /** @param options.maxBlocks how far L1 may go back */
  constructor(options: { readonly maxBlocks: number }, deps: L1RingDeps) {
    this.#maxBlocks = BigInt(options.maxBlocks);
    this.#deps = deps;
  }

  /** @throws SyncError REORG_TOO_DEEP; what L1's client throws. Then nothing is remembered of this look. */
  async look(): Promise<L1Sight> {
    const seen = this.#seen ?? (await this.#load());
    const head = await this.#deps.latest();
    const newest = seen.at(-1);
    if (newest?.number === head.number && newest.hash === head.hash) {
      this.#seen = seen;
      this.#behind = 0;
      return { head, forkedAbove: undefined, isBehind: false };
    }
    if (await this.#isLate(seen, head)) {
      this.#seen = seen;
      return { head, forkedAbove: undefined, isBehind: true };
    }
    const kept = await this.#standing(seen, head);
    const forkedAbove = kept.length === seen.length ? undefined : (kept.at(-1)?.number ?? 0n);
    if (forkedAbove !== undefined && newest !== undefined) this.#checkDepth(newest, kept, seen);
    const next = [...kept.filter(({ number }) => number + this.#maxBlocks >= head.number), head];
    if (kept.at(-1)?.number === head.number) next.splice(-2, 1);
    await this.#deps.save(JSON.stringify(next.map(({ number, hash }) => [number.toString(), hash])));
    this.#seen = next;
    return { head, forkedAbove, isBehind: false };
  }

  /** Its head is older than one that was seen, and nothing seen up to it is gone. */
  async #isLate(seen: readonly L1BlockId[], head: L1BlockId): Promise<boolean> {
    const newest = seen.at(-1);
    const below = seen.findLast(({ number }) => number <= head.number);
    const isOlder = newest !== undefined && head.number < newest.number;
    const isSame = isOlder && (below === undefined || (await this.#isThere(below, head)));
    this.#behind = isSame ? this.#behind + 1 : 0;
    return isSame && this.#behind <= PATIENCE;
  }

  async #isThere({ number, hash }: L1BlockId, head: L1BlockId): Promise<boolean> {
    return (number === head.number ? head.hash : await this.#deps.hashOf(number)) === hash;
  }

  /** Those that L1 still has: as one stands, all before it do. */
  async #standing(seen: readonly L1BlockId[], head: L1BlockId): Promise<L1BlockId[]> {
    for (let i = seen.length - 1; i >= 0; i -= 1) {
      const block = seen[i];
      if (block === undefined || block.number > head.number) continue;
      if (await this.#isThere(block, head)) return seen.slice(0, i + 1);
    }
    return [];
  }

  #checkDepth(newest: L1BlockId, kept: readonly L1BlockId[], seen: readonly L1BlockId[]): void {
    const last = kept.at(-1) ?? seen[0];
    const depth = newest.number - (last?.number ?? 0n);
    const isUnknown = kept.length === 0 && depth >= this.#maxBlocks / 2n;
    if (depth > this.#maxBlocks || isUnknown) {
      throw new SyncError('REORG_TOO_DEEP', { depth, limit: this.#maxBlocks, newest: newest.number });
    }
  }

  async #load(): Promise<L1BlockId[]> {
    const text = await this.#deps.load();
    if (text === undefined) return [];
    // a list of ours; a damaged one is only forgotten
    const found = stored.safeParse(safeJson(text));
    return found.success ? found.data.map(([number, hash]) => ({ number: BigInt(number), hash: hash as Hex })) : [];
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
