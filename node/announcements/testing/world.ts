/** A ledger of agents in memory, and a node's announcements over it. Tests only. */
import type { Db } from '../../../chain/db.ts';
import { FakeClock } from '../../../chain/testing/fakeClock.ts';
import { memoryDb } from '../../../chain/testing/memoryDb.ts';
import { keyAccount, packAttestation } from '../../../protocol/account.ts';
import type { Announcement, SignedAnnouncement } from '../../../protocol/announcements/announcement.ts';
import { encodeAnnouncement, signAnnouncement } from '../../../protocol/announcements/signedAnnouncement.ts';
import { exampleAnnouncement } from '../../../protocol/announcements/testing/exampleAnnouncement.ts';
import { verifyMany } from '../../../protocol/crypto/eddsa.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import { type Actor, actor, TEST_DOMAIN, TEST_TIME } from '../../../protocol/testing/actors.ts';
import { type Account, type AccountIndex, type Field, Kind, Subtype } from '../../../protocol/types.ts';
import { AnnouncementStore } from '../announcementStore.ts';
import { Announcements } from '../announcements.ts';

export class World {
  readonly clock = new FakeClock(TEST_TIME * 1_000);
  readonly db: Db;
  readonly accounts = new Map<AccountIndex, Account>();
  readonly published: Uint8Array[] = [];
  /** Signatures that were looked at. */
  verified = 0;
  isSettled = true;
  /** Runs while a signature is checked. */
  onVerify: () => void = () => undefined;
  readonly store: AnnouncementStore;
  readonly announcements: Announcements;

  private constructor(store: AnnouncementStore, db: Db) {
    this.store = store;
    this.db = db;
    this.announcements = new Announcements({
      store,
      domain: TEST_DOMAIN,
      account: (index) => this.accounts.get(index),
      isSettled: async () => this.isSettled,
      verify: async (items) => {
        this.verified += items.length;
        this.onVerify();
        return verifyMany(items);
      },
      publish: async (bytes) => void this.published.push(bytes),
      clock: this.clock,
    });
  }

  static async open({ db = memoryDb(), capacity }: { db?: Db; capacity?: number } = {}): Promise<World> {
    return new World(await AnnouncementStore.open(capacity === undefined ? {} : { capacity }, { db }), db);
  }

  get now(): number {
    return Math.floor(this.clock.nowMs() / 1_000);
  }

  owner(index: number, who: Actor = actor(1)): this {
    this.accounts.set(accountIndex(index), keyAccount({ key: who.key, address: 5n, token: 0, balance: 0n }));
    return this;
  }

  agent(index: number, parts: { owner?: number; service?: number; subtype?: number } = {}): this {
    const { owner = 3, service = 0, subtype = Subtype.AGENT } = parts;
    const terms = { owner: accountIndex(owner), parent: accountIndex(service), royaltyBps: 0, subtype };
    const none = 0n as Field; // canonical
    const empty = { token: 0, nonce: 0, balance: 0n, claimed: 0n, a: none, b: none };
    this.accounts.set(accountIndex(index), { ...empty, kind: Kind.ATTEST, c: packAttestation(terms) });
    return this;
  }

  sign(changes: Partial<Announcement> = {}, who: Actor = actor(1)): SignedAnnouncement {
    return signAnnouncement(exampleAnnouncement({ expiry: this.now + 3_600, ...changes }), who.seed, TEST_DOMAIN);
  }

  /** As another node brings it: outcome and reason. */
  async hear(signed: SignedAnnouncement): Promise<string> {
    const { outcome, reason } = await this.announcements.onGossip(encodeAnnouncement(signed));
    return `${outcome} ${reason}`;
  }

  async listed(query: Partial<Parameters<Announcements['list']>[0]> = {}): Promise<number[]> {
    const found = await this.announcements.list({ limit: 256, ...query });
    return found.map(({ announcement }) => announcement.agent);
  }
}
