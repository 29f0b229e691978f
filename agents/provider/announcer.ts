import type { Announcement, SignedAnnouncement } from '../../protocol/announcements/announcement.ts';
import { signAnnouncement } from '../../protocol/announcements/signedAnnouncement.ts';
import { accountIndex } from '../../protocol/ids.ts';
import type { Field } from '../../protocol/types.ts';
import type { AnnouncementOptions } from './options.ts';

export interface AnnouncerDeps {
  readonly seed: Uint8Array;
  readonly domain: Field;
  /** Seconds, the ledger's. */
  readonly now: () => number;
  /** Hands it to a node, which passes it on. */
  readonly publish: (signed: SignedAnnouncement) => Promise<void>;
}

/** What is offered. */
export type Offer = Pick<Announcement, 'owner' | 'capabilities'>;

/** A node that was away, or has forgotten, is told again after this. */
const REPEAT_SECONDS = 600;

/** Announces a provider again and again: anew before the last announcement ends, and the same one for nodes that lost it. */
export class Announcer {
  readonly #options: AnnouncementOptions;
  readonly #offer: Offer;
  readonly #deps: AnnouncerDeps;
  #current: SignedAnnouncement | undefined;
  #toldAt = 0;

  constructor(options: AnnouncementOptions & { readonly offer: Offer }, deps: AnnouncerDeps) {
    this.#options = options;
    this.#offer = options.offer;
    this.#deps = deps;
  }

  /** The newest one that a node took. */
  get current(): SignedAnnouncement | undefined {
    return this.#current;
  }

  /** To be called now and then. @throws what `publish` throws: it is tried again at the next call; ProtocolError for bad options */
  async refresh(): Promise<void> {
    const now = this.#deps.now();
    const left = (this.#current?.announcement.expiry ?? 0) - now;
    const isOld = left < this.#options.lifetimeSeconds / 2;
    if (!isOld && now - this.#toldAt < REPEAT_SECONDS) return;
    const next = isOld || this.#current === undefined ? this.#make(now) : this.#current;
    await this.#deps.publish(next);
    this.#current = next;
    this.#toldAt = now;
  }

  #make(now: number): SignedAnnouncement {
    const { agent, name, service, endpoint, peer, lifetimeSeconds } = this.#options;
    const announcement: Announcement = {
      ...this.#offer,
      ...{ name, endpoint, peer, version: 1 },
      agent: accountIndex(agent),
      service: accountIndex(service),
      expiry: now + lifetimeSeconds,
      // Seconds grow over restarts, and twice a second nobody announces.
      sequence: Math.max(now, (this.#current?.announcement.sequence ?? 0) + 1),
    };
    return signAnnouncement(announcement, this.#deps.seed, this.#deps.domain);
  }
}
