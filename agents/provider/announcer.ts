import type { SignedAnnouncement } from '../../protocol/announcements/announcement.ts';
import { accountIndex } from '../../protocol/ids.ts';
import type { AnnouncementDraft } from '../discovery/announce.ts';
import type { AnnouncementOptions } from './options.ts';

export interface AnnouncerDeps {
  /** Seconds, the ledger's. */
  readonly now: () => number;
  /** Signs it and hands it to a node, which passes it on. */
  readonly announce: (draft: AnnouncementDraft) => Promise<SignedAnnouncement>;
}

/** What is offered. */
export type Offer = Pick<AnnouncementDraft, 'owner' | 'capabilities'>;

/** A node that was away, or has forgotten, is told again after this. */
const REPEAT_SECONDS = 3_600;

/** Announces a provider again and again, long before the last announcement ends. */
export class Announcer {
  readonly #options: AnnouncementOptions;
  readonly #offer: Offer;
  readonly #deps: AnnouncerDeps;
  #current: SignedAnnouncement | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: AnnouncementOptions & { readonly offer: Offer }, deps: AnnouncerDeps) {
    this.#options = options;
    this.#offer = options.offer;
    this.#deps = deps;
  }

  /** The newest one that a node took. */
  get current(): SignedAnnouncement | undefined {
    return this.#current;
  }

  /** To be called now and then. @throws what `announce` throws: it is tried again at the next call */
  async refresh(): Promise<void> {
    const now = this.#deps.now();
    const { agent, name, service, endpoint, peer, lifetimeSeconds } = this.#options;
    if (now - this.#toldAt < Math.min(REPEAT_SECONDS, lifetimeSeconds / 2)) return;
    this.#current = await this.#deps.announce({
      ...this.#offer,
      ...{ name, endpoint, peer },
      agent: accountIndex(agent),
      ...(service !== undefined && { service: accountIndex(service) }),
      expiry: now + lifetimeSeconds,
    });
    this.#toldAt = now;
  }
}
