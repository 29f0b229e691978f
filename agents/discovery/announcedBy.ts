import type { SignedAnnouncement } from '../../protocol/announcements/announcement.ts';
import { announcementFromJson, verifyAnnouncement } from '../../protocol/announcements/signedAnnouncement.ts';
import { type AnnouncementFault, standingOf, timeFault } from '../../protocol/announcements/standing.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { AccountIndex, Point } from '../../protocol/types.ts';
import type { AnnouncementFilter } from '../../sdk/announcementTypes.ts';
import { domainOf } from '../../sdk/chain.ts';
import { type AnyClient, request } from '../../sdk/request.ts';
import type { AccountReader } from './ledgerFacts.ts';

/** As many as a node answers at once. */
const PAGE = 256;
/** Each costs questions about accounts, and a node's answers are rationed. */
const DEFAULT_MAX_AGENTS = 1_000;
/** Questions about accounts that are under way at the same time. */
const CONCURRENT = 16;

/** An announcement that counts: checked here, whatever the node says. */
export interface Verified {
  readonly signed: SignedAnnouncement;
  /** The owner's key. */
  readonly key: Point;
  /** The agent's parent on the ledger. */
  readonly service: AccountIndex;
}

/** Why something of a node's list was left out. MALFORMED: it is no announcement. NOT_ASKED: of another agent, or out of order. */
export type Refusal = AnnouncementFault | 'MALFORMED' | 'NOT_ASKED';

export interface CheckContext {
  readonly accounts: AccountReader;
  /** Seconds. */
  readonly now: number;
  /** Agents that are looked at. Default 1,000. */
  readonly maxAgents?: number | undefined;
  /** Told of what is left out. */
  readonly onRefused?: ((reason: Refusal, agent: number | undefined) => void) | undefined;
}

/** All that the node lists, page by page; what does not count is left out. A node that forges or repeats is no source of endless work. */
export async function* announcedBy(
  client: AnyClient,
  filter: Pick<AnnouncementFilter, 'agent' | 'model' | 'service'>,
  context: CheckContext,
): AsyncGenerator<Verified> {
  const { maxAgents = DEFAULT_MAX_AGENTS } = context;
  let after = 0;
  for (let listed = 0; listed < maxAgents; ) {
    const limit = Math.min(PAGE, maxAgents - listed);
    const page = await request(client, 'engram_getAnnouncements', [{ ...filter, after, limit }]);
    const given: readonly unknown[] = Array.isArray(page) ? page.slice(0, limit) : [];
    listed += given.length;
    const found: SignedAnnouncement[] = [];
    for (const json of given) {
      const signed = read(json);
      const agent = signed?.announcement.agent;
      if (signed === undefined || agent === undefined) context.onRefused?.('MALFORMED', undefined);
      else if (agent <= after || (filter.agent !== undefined && agent !== filter.agent)) {
        context.onRefused?.('NOT_ASKED', agent);
      } else {
        found.push(signed);
        after = agent;
      }
    }
    for (let at = 0; at < found.length; at += CONCURRENT) {
      const checked = await Promise.all(
        found.slice(at, at + CONCURRENT).map((signed) => check(client, signed, context)),
      );
      for (const one of checked) if (one !== undefined) yield one;
    }
    // Nothing that leads on: the end, or a node that only wastes time.
    if (given.length < limit || found.length === 0) return;
  }
}

function read(json: unknown): SignedAnnouncement | undefined {
  try {
    return announcementFromJson(json);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

async function check(
  client: AnyClient,
  signed: SignedAnnouncement,
  { accounts, now, onRefused }: CheckContext,
): Promise<Verified | undefined> {
  const { announcement } = signed;
  const { agent } = announcement;
  const [agentFacts, ownerFacts] = await Promise.all([accounts(agent), accounts(announcement.owner)]);
  const standing = standingOf(announcement, { agent: agentFacts, owner: ownerFacts });
  const fault = timeFault(announcement, now) ?? standing.fault;
  if (fault === undefined && standing.fault === undefined) {
    const { key, service } = standing;
    if (verifyAnnouncement(signed, key, domainOf(client.chain))) return { signed, key, service };
  }
  onRefused?.(fault ?? 'BAD_SIGNATURE', agent);
  return undefined;
}
