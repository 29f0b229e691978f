import { type Db, type DbOp, prefixRange, put } from '../../chain/db.ts';
import type { SignedAnnouncement } from '../../protocol/announcements/announcement.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { decodeEntry, type Entry, encodeEntry } from './entry.ts';
import { AnnouncementError } from './errors.ts';

export const MAX_ANNOUNCEMENTS = 10_000;
export const MAX_OF_OWNER = 32;
/** Nothing else in the node's database begins so. */
const PREFIX = 'announcement/';
/** Between looks for what has ended, seconds. */
const SWEEP_SECONDS = 60;

export interface AnnouncementStoreOptions {
  /** Default 10,000. */
  readonly capacity?: number;
}

/**
 * The newest announcement of each agent, on disk. Bounded: at most 32 of an owner, and when it is full, the owner that has most loses the
 * one that ends first; so whoever fills it with agents of few owners pushes out his own. Whoever puts one has checked it.
 */
export class AnnouncementStore {
  readonly #db: Db;
  readonly #capacity: number;
  readonly #entries = new Map<AccountIndex, Entry>();
  readonly #owners = new Map<AccountIndex, Set<AccountIndex>>();
  #sorted: readonly AccountIndex[] | undefined;
  #sweptAt = 0;
  #writes: Promise<void> = Promise.resolve();

  private constructor({ capacity = MAX_ANNOUNCEMENTS }: AnnouncementStoreOptions, deps: { db: Db }) {
    this.#db = deps.db;
    this.#capacity = capacity;
  }

  static async open(options: AnnouncementStoreOptions, deps: { readonly db: Db }): Promise<AnnouncementStore> {
    const store = new AnnouncementStore(options, deps);
    const unread: DbOp[] = [];
    for await (const [key, value] of deps.db.range(prefixRange(PREFIX))) {
      const found = decodeEntry(value);
      // No reason for a node not to start: its agent announces again.
      if (found === undefined) unread.push({ type: 'del', key });
      else store.#add(found.entry);
    }
    if (unread.length > 0) await deps.db.write(unread);
    return store;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(agent: AccountIndex): Entry | undefined {
    return this.#entries.get(agent);
  }

  /** Entries of agents above `after`, by agent. The store may change while it is walked. */
  *above(after: number): Generator<Entry> {
    this.#sorted ??= [...this.#entries.keys()].sort((a, b) => a - b);
    for (const agent of this.#sorted.slice(firstAbove(this.#sorted, after))) {
      const entry = this.#entries.get(agent);
      if (entry !== undefined) yield entry;
    }
  }

  /** Undefined: it is gone. */
  async read({ agent, sequence, s }: Entry): Promise<SignedAnnouncement | undefined> {
    await this.#writes;
    const value = await this.#db.get(keyOf(agent));
    const signed = value === undefined ? undefined : decodeEntry(value)?.signed;
    const isIt = signed?.announcement.sequence === sequence && signed.signature.s === s;
    return isIt ? signed : undefined;
  }

  /**
   * Takes the place of the agent's entry. It counts at once; resolves when it is on disk.
   * @param isStale of an entry that no longer counts, whatever its time: it gives way first
   * @throws AnnouncementError OWNER_LIMIT, FULL: nothing has changed
   */
  async put(
    entry: Entry,
    signed: SignedAnnouncement,
    { now, isStale }: { now: number; isStale: (entry: Entry) => boolean },
  ): Promise<void> {
    const gone = this.#makeRoom(entry, now, isStale);
    this.#remove(entry.agent);
    for (const agent of gone) this.#remove(agent);
    this.#add(entry);
    const dels = gone.map((agent): DbOp => ({ type: 'del', key: keyOf(agent) }));
    await this.#write([...dels, put(keyOf(entry.agent), encodeEntry(entry, signed))]);
  }

  /** Who has to go for this one, besides the agent's own entry. */
  #makeRoom(entry: Entry, now: number, isStale: (entry: Entry) => boolean): AccountIndex[] {
    const gone = new Set(this.#ended(now));
    const others = [...(this.#owners.get(entry.owner) ?? [])].filter(
      (agent) => agent !== entry.agent && !gone.has(agent),
    );
    if (others.length >= MAX_OF_OWNER) {
      const stale = this.#all(others).filter(isStale);
      if (stale.length === 0) throw new AnnouncementError('OWNER_LIMIT', { limit: MAX_OF_OWNER });
      for (const { agent } of stale) gone.add(agent);
    }
    const isNew = !this.#entries.has(entry.agent);
    const kept = this.#entries.size - [...gone].filter((agent) => agent !== entry.agent).length;
    if (isNew && kept >= this.#capacity) gone.add(this.#victim(entry, others.length, gone));
    gone.delete(entry.agent);
    return [...gone];
  }

  /** Looked for now and then; or always, when it is full. */
  #ended(now: number): AccountIndex[] {
    if (now - this.#sweptAt < SWEEP_SECONDS && this.#entries.size < this.#capacity) return [];
    this.#sweptAt = now;
    return [...this.#entries.values()].filter(({ until }) => until <= now).map(({ agent }) => agent);
  }

  /** Of the owners that have most, the entry that expires first. @throws AnnouncementError FULL */
  #victim(entry: Entry, own: number, gone: ReadonlySet<AccountIndex>): AccountIndex {
    let most = 0;
    let victim: Entry | undefined;
    for (const agents of this.#owners.values()) {
      const left = gone.size === 0 ? agents.size : [...agents].filter((agent) => !gone.has(agent)).length;
      if (left < most || left === 0) continue;
      if (left > most) victim = undefined;
      most = left;
      for (const candidate of this.#all(agents)) {
        if (gone.has(candidate.agent)) continue;
        if (victim === undefined || candidate.expiry < victim.expiry) victim = candidate;
      }
    }
    // Who would have as many as the largest makes nothing fairer; it may only outlive what it replaces, and not by pushing out another's.
    const isFairer = most >= own + 2;
    const isLater = victim !== undefined && most === own + 1 && entry.expiry > victim.expiry;
    if (victim === undefined || !(isFairer || isLater)) throw new AnnouncementError('FULL', { limit: this.#capacity });
    return victim.agent;
  }

  #all(agents: Iterable<AccountIndex>): Entry[] {
    return [...agents].flatMap((agent) => this.#entries.get(agent) ?? []);
  }

  #add(entry: Entry): void {
    if (!this.#entries.has(entry.agent)) this.#sorted = undefined;
    this.#entries.set(entry.agent, entry);
    const agents = this.#owners.get(entry.owner) ?? new Set();
    this.#owners.set(entry.owner, agents.add(entry.agent));
  }

  #remove(agent: AccountIndex): void {
    const entry = this.#entries.get(agent);
    if (entry === undefined) return;
    this.#sorted = undefined;
    this.#entries.delete(agent);
    const agents = this.#owners.get(entry.owner);
    agents?.delete(agent);
    if (agents?.size === 0) this.#owners.delete(entry.owner);
  }

  /** One after another: the last one of an agent must be the last one on disk. */
  #write(ops: readonly DbOp[]): Promise<void> {
    const written = this.#writes.then(() => this.#db.write(ops));
    // Whoever waits for it hears of a failure; those behind it go on.
    this.#writes = written.catch(() => undefined);
    return written;
  }
}

function keyOf(agent: AccountIndex): string {
  return `${PREFIX}${agent.toString(16).padStart(6, '0')}`;
}

/** Where the first number above `after` stands in an ascending list. */
function firstAbove(sorted: readonly number[], after: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
