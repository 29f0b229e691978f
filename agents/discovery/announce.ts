import type { Announcement, SignedAnnouncement } from '../../protocol/announcements/announcement.ts';
import { signedAnnouncementJson } from '../../protocol/announcements/announcement.ts';
import { signAnnouncement } from '../../protocol/announcements/signedAnnouncement.ts';
import { standingOf } from '../../protocol/announcements/standing.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { domainOf } from '../../sdk/chain.ts';
import { chainInfo } from '../../sdk/chainInfo.ts';
import { type AnyClient, request } from '../../sdk/request.ts';
import { announcedBy } from './announcedBy.ts';
import { DiscoveryError } from './errors.ts';
import { nodeAccounts } from './ledgerFacts.ts';

const DAY_SECONDS = 86_400;

/** An announcement, or one whose rest is filled in. */
export type AnnouncementDraft = Omit<Announcement, 'expiry' | 'peer' | 'sequence' | 'service' | 'version'> &
  Partial<Pick<Announcement, 'expiry' | 'peer' | 'sequence' | 'service'>>;

export interface AnnounceParameters {
  /** The owner's ledger key. */
  readonly account: LedgerAccount;
  /** Defaults: a day; the service that the ledger has as the agent's parent; a sequence above the last one. */
  readonly document: AnnouncementDraft;
}

/**
 * Signs an announcement and hands it to the node, which tells others.
 * @throws DiscoveryError NOT_AN_AGENT, NOT_OWNER: before anything is signed; ProtocolError: a member that nobody would take;
 *   LedgerRefusedError, NodeUnavailableError (TOO_SOON, OWNER_LIMIT, FULL): the node does not take it
 */
export async function announce(
  client: AnyClient,
  { account, document }: AnnounceParameters,
): Promise<SignedAnnouncement> {
  const { time } = await chainInfo(client);
  const accounts = nodeAccounts(client);
  const { agent, owner } = document;
  const standing = standingOf({ owner }, { agent: await accounts(agent), owner: await accounts(owner) });
  if (standing.fault === 'UNKNOWN_AGENT' || standing.fault === 'NOT_AN_AGENT') {
    throw new DiscoveryError('NOT_AN_AGENT', `account ${agent} is no agent`, { agent });
  }
  const [x, y] = account.key;
  if (standing.fault !== undefined || standing.key[0] !== x || standing.key[1] !== y) {
    throw new DiscoveryError('NOT_OWNER', `agent ${agent} is not of account ${owner} with this key`, { agent, owner });
  }
  const announcement: Announcement = {
    ...{ peer: '', service: standing.service, version: 1, expiry: time + DAY_SECONDS },
    ...document,
    sequence: document.sequence ?? (await nextSequence(client, agent, time)),
  };
  const signed = signAnnouncement(announcement, account.seed, domainOf(client.chain));
  await request(client, 'engram_announce', [signedAnnouncementJson.encode(signed)]);
  return signed;
}

/**
 * The time, or one above the last. The last one must carry the owner's own signature: a node could else make up one so high that the agent
 * could never announce again.
 */
async function nextSequence(client: AnyClient, agent: number, now: number): Promise<number> {
  let next = now;
  for await (const { signed } of announcedBy(client, { agent }, { accounts: nodeAccounts(client), now })) {
    next = Math.max(next, signed.announcement.sequence + 1);
  }
  return next;
}
