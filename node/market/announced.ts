import type { Clock } from '../../chain/clock.ts';
import { unpackAttestation } from '../../protocol/account.ts';
import type { Announcement, Capability } from '../../protocol/announcements/announcement.ts';
import { standingOf } from '../../protocol/announcements/standing.ts';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { hexToBytes } from '../../protocol/bytes.ts';
import { type Account, type AccountIndex, type Field, Kind, Subtype } from '../../protocol/types.ts';
import { MAX_OF_OWNER } from '../announcements/announcementStore.ts';
import { BoundedMap } from '../p2p/boundedMap.ts';
import type { AnnouncementBackend } from '../rpc/backend.ts';
import type { MarketIndex } from './marketIndex.ts';

export interface AnnouncedDeps {
  /** Those that the node keeps: it has checked each signature. */
  readonly announcements: Pick<AnnouncementBackend, 'list'>;
  readonly index: Pick<MarketIndex, 'view'>;
  readonly account: (index: AccountIndex) => Account | undefined;
  readonly clock: Pick<Clock, 'nowMs'>;
}

const PAGE = 256;
/** Agents that are looked at, by index: spam ends there … */
const MAX_AGENTS = 2_048;
/** … and shuts none of these owners out, those that settled most. */
const MAX_PREFERRED = 256;
/** Between two readings of what is announced. */
const FRESH_MS = 2_000;
/** Commitments to files that are remembered: each costs a hash. */
const MAX_COMMITMENTS = 20_000;

/** What agents announce, and what of it the ledger bears out. */
export class Announced {
  readonly #deps: AnnouncedDeps;
  readonly #commitments = new BoundedMap<Field>(MAX_COMMITMENTS);
  #read: { readonly atMs: number; readonly all: Promise<readonly Announcement[]> } | undefined;

  constructor(deps: AnnouncedDeps) {
    this.#deps = deps;
  }

  /** Those that count now, of each owner by agent: the agent's account is the owner's, whose key signed, and it has not expired. */
  async byOwner(): Promise<ReadonlyMap<AccountIndex, readonly Announcement[]>> {
    const { account, clock } = this.#deps;
    const nowMs = clock.nowMs();
    if (this.#read === undefined || nowMs < this.#read.atMs || nowMs - this.#read.atMs > FRESH_MS) {
      this.#read = { atMs: nowMs, all: this.#list() };
    }
    const found = new Map<AccountIndex, Announcement[]>();
    for (const one of await this.#read.all.catch(this.#forget)) {
      const { agent, owner, expiry } = one;
      if (expiry * 1_000 <= nowMs) continue;
      // The ledger may have gone back since it was read.
      if (standingOf(one, { agent: account(agent), owner: account(owner) }).fault !== undefined) continue;
      const own = found.get(owner);
      if (own === undefined) found.set(owner, [one]);
      else own.push(one);
    }
    return found;
  }

  /** Blocks were taken back: an index can be another's account now. */
  forget(): void {
    this.#read = undefined;
  }

  /** Whether the ledger has the file attested as the model that is named. */
  isAttested({ model, sha256 }: Pick<Capability, 'model' | 'sha256'>): boolean {
    const account = this.#deps.account(model);
    if (account?.kind !== Kind.ATTEST || unpackAttestation(account.c).subtype !== Subtype.MODEL) return false;
    return account.a === this.#commitments.getOrMake(sha256, () => artefactCommitment(hexToBytes(sha256)));
  }

  async #list(): Promise<readonly Announcement[]> {
    const all: Announcement[] = [];
    let after = 0 as AccountIndex; // 0: from the first
    while (all.length < MAX_AGENTS) {
      const page = await this.#deps.announcements.list({ after, limit: PAGE });
      all.push(...page.map(({ announcement }) => announcement));
      const last = page.at(-1)?.announcement.agent;
      if (page.length < PAGE || last === undefined) break;
      after = last;
    }
    return all.length < MAX_AGENTS ? all : [...all, ...(await this.#preferred(after))];
  }

  /** Of those beyond. */
  async #preferred(after: AccountIndex): Promise<readonly Announcement[]> {
    const { announcements, index } = this.#deps;
    const { tallies, attestations } = await index.view();
    const owners = [...tallies.providers()]
      .sort((x, y) => (tallies.provider(y)?.claims ?? 0) - (tallies.provider(x)?.claims ?? 0))
      .slice(0, MAX_PREFERRED);
    const found: Announcement[] = [];
    for (const owner of owners) {
      for (const agent of attestations.agentsOf(owner).slice(0, MAX_OF_OWNER)) {
        const [one] = agent > after ? await announcements.list({ agent, limit: 1 }) : [];
        if (one !== undefined) found.push(one.announcement);
      }
    }
    return found;
  }

  readonly #forget = (error: unknown): never => {
    this.#read = undefined;
    throw error;
  };
}
