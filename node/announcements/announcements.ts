import type { Clock } from '../../chain/clock.ts';
import type { SignedAnnouncement } from '../../protocol/announcements/announcement.ts';
import {
  announcementFromJson,
  announcementItem,
  decodeAnnouncement,
  encodeAnnouncement,
} from '../../protocol/announcements/signedAnnouncement.ts';
import { replaces, type Standing, standingOf, timeFault } from '../../protocol/announcements/standing.ts';
import type { SignedMessage } from '../../protocol/crypto/eddsa.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { Account, AccountIndex, Field } from '../../protocol/types.ts';
import { BoundedMap } from '../p2p/boundedMap.ts';
import { RateBucket } from '../p2p/rateBucket.ts';
import type { Verdict } from '../p2p/types.ts';
import { accept, ignore, reject } from '../sync/verdicts.ts';
import { type AnnouncementStore, MAX_ANNOUNCEMENTS } from './announcementStore.ts';
import { type Entry, entryOf } from './entry.ts';
import { AnnouncementError } from './errors.ts';

/** New announcements of an agent that a user brings: a few at once, then two a minute. Nobody writes on every disk of the network for free. */
const BY_USER = { perSecond: 1 / 30, burst: 5 } as const;
/** And in all: twice as many, so that no node refuses what another has taken, however they bunch up on the way. */
const OF_AGENT = { perSecond: 1 / 15, burst: 10 } as const;
/** Signatures that are checked a second for agents that L1 does not have yet: nobody can be blamed for a bad one. */
const UNSETTLED = { perSecond: 20, burst: 40 } as const;

export interface AnnouncementsDeps {
  readonly store: AnnouncementStore;
  readonly domain: Field;
  /** As of the newest block. */
  readonly account: (index: AccountIndex) => Account | undefined;
  /** Whether the account's creation is in a batch that L1 has: nobody honest can know another account there. */
  readonly isSettled: (agent: AccountIndex) => Promise<boolean>;
  readonly verify: (items: readonly SignedMessage[]) => Promise<readonly boolean[]>;
  /** To the network; undefined: the node is by itself. */
  readonly publish?: ((bytes: Uint8Array) => Promise<void>) | undefined;
  readonly clock: Clock;
}

type GoodStanding = Extract<Standing, { fault?: never }>;

export interface AnnouncementQuery {
  readonly agent?: AccountIndex | undefined;
  /** Only of agents that the ledger has under this service. */
  readonly service?: AccountIndex | undefined;
  readonly model?: AccountIndex | undefined;
  /** Only agents with a higher index: where the last answer ended. */
  readonly after?: AccountIndex | undefined;
  readonly limit: number;
}

/** Announcements of agents, as this node's users and other nodes bring them; told to whoever asks and to other nodes. */
export class Announcements {
  readonly #deps: AnnouncementsDeps;
  readonly #rates = new BoundedMap<RateBucket>(MAX_ANNOUNCEMENTS);
  readonly #userRates = new BoundedMap<RateBucket>(MAX_ANNOUNCEMENTS);
  readonly #unsettled: RateBucket;

  constructor(deps: AnnouncementsDeps) {
    this.#deps = deps;
    this.#unsettled = new RateBucket(UNSETTLED, deps);
  }

  /**
   * Of a user of this node; passed on to others. One that is known already is taken as it was.
   * @throws ProtocolError (its form), AnnouncementError
   */
  async announce(json: unknown): Promise<{ readonly sequence: number }> {
    const signed = announcementFromJson(json);
    const { sequence } = signed.announcement;
    const mayWrite = (agent: AccountIndex): boolean => this.#userRate(agent).take();
    if ((await this.#take(signed, { mayWrite })) === 'NEW') await this.#deps.publish?.(encodeAnnouncement(signed));
    return { sequence };
  }

  /** Of another node (docs/protocol.md section 16). */
  async onGossip(bytes: Uint8Array): Promise<Verdict> {
    let signed: SignedAnnouncement;
    try {
      signed = decodeAnnouncement(bytes);
    } catch (error) {
      if (error instanceof ProtocolError) return reject('MALFORMED');
      throw error;
    }
    const { agent } = signed.announcement;
    const isSettled = await this.#deps.isSettled(agent);
    try {
      const mayVerify = (): boolean => isSettled || this.#unsettled.take();
      const taken = await this.#take(signed, { mayVerify });
      if (taken === 'BUSY') return ignore('UNSETTLED');
      return taken === 'NEW' ? accept('NEW') : ignore('KNOWN');
    } catch (error) {
      if (!(error instanceof AnnouncementError)) throw error;
      // Everything else can be true elsewhere: another clock, a ledger that is ahead or on another branch, more room.
      return error.code === 'BAD_SIGNATURE' && isSettled ? reject(error.code) : ignore(error.code);
    }
  }

  /** Those that count now, by agent. */
  async list({
    agent,
    service,
    model,
    after = 0 as AccountIndex,
    limit,
  }: AnnouncementQuery): Promise<SignedAnnouncement[]> {
    const found: SignedAnnouncement[] = [];
    for (const entry of agent === undefined ? this.#deps.store.above(after) : this.#only(agent, after)) {
      if (found.length === limit) break;
      if (model !== undefined && !entry.models.has(model)) continue;
      if (service !== undefined && entry.service !== service) continue;
      const standing = this.#standing(entry);
      if (!this.#counts(entry, standing) || (service !== undefined && standing.service !== service)) continue;
      const signed = await this.#deps.store.read(entry);
      if (signed !== undefined) found.push(signed);
    }
    return found;
  }

  /** Those that count now, of agents with a higher index, as gossip has them: for other nodes. */
  async *above(after: number): AsyncGenerator<Uint8Array> {
    for (const entry of this.#deps.store.above(after)) {
      if (!this.#counts(entry, this.#standing(entry))) continue;
      const signed = await this.#deps.store.read(entry);
      if (signed !== undefined) yield encodeAnnouncement(signed);
    }
  }

  #counts(entry: Entry, standing: Standing): standing is GoodStanding {
    return entry.expiry > this.#now() && isOf(entry, standing);
  }

  *#only(agent: AccountIndex, after: AccountIndex): Generator<Entry> {
    const entry = this.#deps.store.get(agent);
    if (entry !== undefined && agent > after) yield entry;
  }

  /** The cheap questions first. @throws AnnouncementError */
  async #take(
    signed: SignedAnnouncement,
    { mayVerify = yes, mayWrite = yes }: { mayVerify?: () => boolean; mayWrite?: (agent: AccountIndex) => boolean },
  ): Promise<'NEW' | 'KNOWN' | 'BUSY'> {
    const { store, domain, verify } = this.#deps;
    const { announcement } = signed;
    const { agent } = announcement;
    const fault = timeFault(announcement, this.#now());
    if (fault !== undefined) throw new AnnouncementError(fault, { expiry: announcement.expiry });
    const { key } = this.#good(signed);
    if (this.#isKnown(signed)) return 'KNOWN';
    if (!mayVerify()) return 'BUSY';
    const [isSigned] = await verify([announcementItem(signed, key, domain)]);
    if (isSigned !== true) throw new AnnouncementError('BAD_SIGNATURE', { agent });

    // Others may have come, and the ledger may have changed, while the signature was checked; from here on nothing waits.
    const { key: keyNow } = this.#good(signed);
    if (keyNow[0] !== key[0] || keyNow[1] !== key[1]) throw new AnnouncementError('NOT_OWNER', { agent });
    if (this.#isKnown(signed)) return 'KNOWN';
    // After the signature: forged ones must not use up what the agent may send.
    const rate = this.#rates.getOrMake(String(agent), () => new RateBucket(OF_AGENT, this.#deps));
    if (!mayWrite(agent) || !rate.take()) throw new AnnouncementError('TOO_SOON', { agent });
    const now = this.#now();
    const isStale = (entry: Entry): boolean => !isOf(entry, this.#standing(entry));
    await store.put(entryOf(signed, { key, now }), signed, { now, isStale });
    return 'NEW';
  }

  /** @throws AnnouncementError: what the ledger has against it */
  #good({ announcement }: SignedAnnouncement): GoodStanding {
    const standing = this.#standing(announcement);
    if (standing.fault !== undefined) throw new AnnouncementError(standing.fault, { agent: announcement.agent });
    return standing;
  }

  /** Whether this very one is here. @throws AnnouncementError OLD_SEQUENCE: another one is, and counts before it */
  #isKnown({ announcement, signature }: SignedAnnouncement): boolean {
    const { agent, sequence } = announcement;
    const known = this.#deps.store.get(agent);
    // After a reorg the index can be another agent's, or of another owner: what was there before then bars nobody.
    if (known === undefined || !isOf(known, this.#standing(announcement))) return false;
    if (replaces(announcement, known)) return false;
    if (sequence === known.sequence && signature.s === known.s) return true;
    throw new AnnouncementError('OLD_SEQUENCE', { agent, known: known.sequence });
  }

  #standing({ agent, owner }: Pick<Entry, 'agent' | 'owner'>): Standing {
    const { account } = this.#deps;
    return standingOf({ owner }, { agent: account(agent), owner: account(owner) });
  }

  #userRate(agent: AccountIndex): RateBucket {
    return this.#userRates.getOrMake(String(agent), () => new RateBucket(BY_USER, this.#deps));
  }

  #now(): number {
    return Math.floor(this.#deps.clock.nowMs() / 1_000);
  }
}

const yes = (): boolean => true;

/** Whether an entry's agent and owner are still those whose key signed it. */
function isOf({ key }: Entry, standing: Standing): standing is GoodStanding {
  return standing.fault === undefined && standing.key[0] === key[0] && standing.key[1] === key[1];
}
