/** EXITs and forced exits to an address: the node names them, L1 says how far they are, and names those that the node does not. */
import type { Hex } from 'viem';
import type { RollupState } from '../../../../client/types.ts';
import { inGroups } from '../inGroups.ts';
import type { L1Chain } from '../l1/l1Chain.ts';
import type { OwnerEvents } from '../l1/ownerLogs.ts';
import type { PostedFacts } from '../l1/posted.ts';
import type { NodeExit } from '../node/nodeView.ts';
import { type Credit, type Credits, itemOf, type Owed, owedBy } from './credits.ts';

export interface ExitFact {
  readonly account: number;
  readonly token: number;
  readonly amount: bigint;
  readonly batch: number;
  /** Seconds: of the block, or of the batch where only L1 tells of it. */
  readonly timestamp: number;
  readonly transaction?: Hex;
  readonly block?: bigint;
  readonly commit?: { readonly tx: Hex; readonly at: number };
  readonly credit?: Credit;
  /** By the node's word it is committed or proven, and L1 knows nothing of it. */
  readonly isContradicted?: boolean;
}

export interface Exits {
  readonly exits: readonly ExitFact[];
  /** What became of forced exits and void deposits, by queue item. */
  readonly ofQueue: ReadonlyMap<bigint, ExitFact>;
  /** Credits of batches whose data L1's endpoint does not give out. */
  readonly unexplained: readonly Credit[];
}

interface Sources {
  readonly owner: bigint;
  readonly l1: L1Chain;
  readonly state: RollupState;
  readonly events: OwnerEvents;
  readonly credits: Credits;
  /** undefined: the node is away, and batches that are not proven are read from L1. */
  readonly named: readonly NodeExit[] | undefined;
}

/** A rollup has at most 256 unproven batches. */
const MAX_UNPROVEN = 256;
const PARALLEL = 4;

export async function exitsOf(sources: Sources): Promise<Exits> {
  const collector = new Collector(sources);
  const { state, named, credits } = sources;
  if (named === undefined) {
    await inGroups([...credits.byBatch], PARALLEL, ([batch, [credit]]) => collector.posted(batch, credit));
  }
  for (const batch of credits.byBatch.keys()) await collector.proven(batch);
  const later = new Set((named ?? []).filter(({ batch }) => batch > state.proven.batch).map(({ batch }) => batch));
  const first = state.proven.batch + 1;
  const open = Math.min(state.committed.batch, first + MAX_UNPROVEN) - first + 1;
  const unproven = named === undefined ? Array.from({ length: Math.max(0, open) }, (_, i) => first + i) : [...later];
  const committed = unproven.filter((batch) => batch <= state.committed.batch);
  const posted = committed.length === 0 ? new Map() : await sources.l1.posted(committed, sources.events.head);
  for (const batch of unproven) collector.unproven(batch, posted.get(batch));
  collector.contradicted();
  return collector;
}

class Collector implements Exits {
  readonly exits: ExitFact[] = [];
  readonly ofQueue = new Map<bigint, ExitFact>();
  readonly unexplained: Credit[] = [];
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** Credits and names must be the same sums; where they are not, the posted batch says what was credited. */
  async proven(batch: number): Promise<void> {
    const { owner, credits } = this.#sources;
    const left = [...(credits.byBatch.get(batch) ?? [])];
    const named = this.#named(batch);
    const pairs = named.map((exit) => {
      const at = left.findIndex(({ token, amount }) => token === exit.token && amount === exit.amount);
      return { exit, credit: at === -1 ? undefined : left.splice(at, 1)[0] };
    });
    if (left.length === 0) {
      for (const { exit, credit } of pairs)
        if (credit !== undefined) this.#add(fact(exit, { credit }), exit.queueIndex);
      return;
    }
    const all = credits.byBatch.get(batch) ?? [];
    const posted = await this.posted(batch, all[0]);
    const owed = posted === undefined ? [] : owedBy(posted, owner);
    all.forEach((credit, i) => {
      const entry = owed[i];
      // the committer's fees come last, and are nobody's exit
      if (posted === undefined) this.unexplained.push(credit);
      else if (entry !== undefined && entry.token === credit.token && entry.amount === credit.amount) {
        const commit = { tx: posted.commitTx, at: posted.committedAt };
        this.#addOwed(entry, { batch, timestamp: posted.timestamp, commit, credit }, named);
      }
    });
  }

  /** What a proven batch posted; undefined: L1's endpoint does not give it out. */
  async posted(batch: number, credit: Credit | undefined): Promise<PostedFacts | undefined> {
    const { l1, events } = this.#sources;
    const toBlock = credit?.l1.blockNumber ?? events.head;
    const posted = (await l1.posted([batch], toBlock).catch(() => undefined))?.get(batch);
    if (posted !== undefined) l1.keepPosted(posted);
    return posted;
  }

  /** A batch that is at most committed. */
  unproven(batch: number, posted: PostedFacts | undefined): void {
    const { owner, state } = this.#sources;
    const named = this.#named(batch);
    if (posted === undefined) {
      const isContradicted = batch <= state.committed.batch;
      for (const exit of named) this.#add(fact(exit, { isContradicted }), exit.queueIndex);
      return;
    }
    const commit = { tx: posted.commitTx, at: posted.committedAt };
    const left = [...named];
    for (const entry of owedBy(posted, owner)) {
      this.#addOwed(entry, { batch, timestamp: posted.timestamp, commit }, left);
    }
    for (const exit of left) this.#add(fact(exit, { isContradicted: true }), exit.queueIndex);
  }

  /** What the node says is proven and L1 never credited. */
  contradicted(): void {
    const { named = [], state, credits } = this.#sources;
    const newest = Math.max(0, ...credits.byBatch.keys());
    for (const exit of named) {
      if (exit.batch > state.proven.batch || exit.amount === 0n) continue;
      const isKnown = this.#all().some((known) => isSame(known, exit));
      // of old batches the credits may not have been looked at
      if (!isKnown && (credits.isComplete || exit.batch >= newest))
        this.#add(fact(exit, { isContradicted: true }), exit.queueIndex);
    }
  }

  #all(): ExitFact[] {
    return [...this.exits, ...this.ofQueue.values()];
  }

  #named(batch: number): NodeExit[] {
    return (this.#sources.named ?? []).filter((exit) => exit.batch === batch && exit.amount > 0n);
  }

  /** An entry of L1's, with what the node knows besides; takes it out of `named`. */
  #addOwed(entry: Owed, more: Pick<ExitFact, 'batch' | 'timestamp' | 'commit' | 'credit'>, named: NodeExit[]): void {
    const { events, state } = this.#sources;
    const { account, token, amount, l1Op } = entry;
    const at = named.findIndex(
      (exit) =>
        isSame(exit, { ...entry, batch: more.batch }) && (exit.queueIndex === undefined) === (l1Op === undefined),
    );
    const [label] = at === -1 ? [] : named.splice(at, 1);
    const known = {
      ...{ account, token, amount, ...more, timestamp: label?.timestamp ?? more.timestamp },
      ...(label?.transaction !== undefined && { transaction: label.transaction }),
      ...(label !== undefined && { block: label.block }),
    };
    if (l1Op === undefined) {
      this.exits.push(known);
      return;
    }
    const provenQueue = more.credit === undefined ? state.committed.queue : state.proven.queue;
    const taken = new Set(this.ofQueue.keys());
    const item = label?.queueIndex ?? itemOf(l1Op, { queued: events.queued, taken, provenQueue });
    if (item !== undefined) this.#add(known, item);
  }

  #add(known: ExitFact, queueIndex: bigint | undefined): void {
    if (queueIndex === undefined) this.exits.push(known);
    else this.ofQueue.set(queueIndex, known);
  }
}

function fact(exit: NodeExit, more: Pick<ExitFact, 'credit' | 'isContradicted'>): ExitFact {
  const { queueIndex: _, ...rest } = exit;
  return { ...rest, ...more };
}

type Sum = Pick<ExitFact, 'account' | 'token' | 'amount' | 'batch'>;

function isSame(a: Sum, b: Sum): boolean {
  return a.batch === b.batch && a.account === b.account && a.token === b.token && a.amount === b.amount;
}
