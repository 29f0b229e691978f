/** A node in memory that lists announcements as it likes. Tests only. */
import { type CustomTransport, custom } from 'viem';
import { signedAnnouncementJson } from '../../../protocol/announcements/announcement.ts';
import { announcementFromJson } from '../../../protocol/announcements/signedAnnouncement.ts';
import type { Json } from '../../../protocol/json.ts';
import { type LedgerAccount, ledgerAccount } from '../../../sdk/accounts/ledgerAccount.ts';
import type { AnnouncementFilter } from '../../../sdk/announcementTypes.ts';
import { createLedgerClient, type LedgerClient } from '../../../sdk/client.ts';
import { FakeNode } from '../../../sdk/testing/fakeNode.ts';

export class ListingNode {
  readonly ledger = new FakeNode();
  /** What it lists, by agent if it is honest. */
  listed: Json[] = [];
  readonly filters: AnnouncementFilter[] = [];
  /** Instead of an honest answer. */
  lie: ((filter: AnnouncementFilter) => unknown) | undefined;

  client(seed?: Uint8Array): LedgerClient {
    const account = seed === undefined ? undefined : ledgerAccount({ seed });
    return this.clientOf(account);
  }

  clientOf(account: LedgerAccount | undefined): LedgerClient {
    const { chain } = this.ledger;
    return createLedgerClient({ chain, transport: this.#transport(), ...(account !== undefined && { account }) });
  }

  #transport(): CustomTransport {
    return custom(
      {
        request: async ({ method, params = [] }: { method: string; params?: readonly unknown[] }) => {
          if (method === 'engram_announce') return this.#announce(params[0]);
          if (method === 'engram_getAnnouncements') return this.#list(params[0] as AnnouncementFilter); // of our own client
          return this.ledger.request(method, params);
        },
      },
      { retryCount: 0 },
    );
  }

  #announce(json: unknown): { sequence: number } {
    const signed = announcementFromJson(json);
    const { agent, sequence } = signed.announcement;
    this.listed = this.listed.filter((other) => announcementFromJson(other).announcement.agent !== agent);
    this.listed.push(signedAnnouncementJson.encode(signed));
    return { sequence };
  }

  #list(filter: AnnouncementFilter): unknown {
    this.filters.push(filter);
    if (this.lie !== undefined) return this.lie(filter);
    const { agent, after = 0, limit = 100 } = filter;
    const found = this.listed.map((json) => ({ json, agent: announcementFromJson(json).announcement.agent }));
    return found
      .filter((one) => one.agent > after && (agent === undefined || one.agent === agent))
      .sort((a, b) => a.agent - b.agent)
      .slice(0, limit)
      .map(({ json }) => json);
  }
}
