import type { Announcement, Capability } from '../../protocol/announcements/announcement.ts';
import { isAttestedModel } from '../../protocol/announcements/standing.ts';
import { prefixedHex } from '../../protocol/bytes.ts';
import type { AccountIndex, Point } from '../../protocol/types.ts';
import { chainInfo } from '../../sdk/chainInfo.ts';
import type { AnyClient } from '../../sdk/request.ts';
import { announcedBy, type Refusal } from './announcedBy.ts';
import { type AccountReader, nodeAccounts } from './ledgerFacts.ts';

export interface FindProvidersOptions {
  /** Only agents of this service, by their announcement and by the ledger. */
  readonly service?: number;
  /** Only capabilities of this ATTEST account. */
  readonly model?: number;
  /** Only capabilities of this file, 32 bytes; whoever attested it. */
  readonly sha256?: Uint8Array;
  /** Seconds. Default: the node's clock, which on a development network is set forward. */
  readonly now?: number;
  /** Default: the node's word for each account. */
  readonly accounts?: AccountReader;
  /** Agents that are looked at, by index: spam ends there. Default 1,000. */
  readonly maxAgents?: number;
  /** Told of announcements that do not count, and of capabilities whose model the ledger does not have so (`OTHER_MODEL`). */
  readonly onRefused?: (reason: Refusal | 'OTHER_MODEL', agent: number | undefined) => void;
}

/** One model that an agent says to serve. Everything but the truth of price and endpoint was checked. */
export interface Candidate {
  readonly agent: AccountIndex;
  /** Who is paid: provider of a channel. */
  readonly owner: AccountIndex;
  /** The owner's key, which signs receipts. */
  readonly key: Point;
  readonly announcement: Announcement;
  readonly capability: Capability;
  /** A stranger chose it: fetch it like one (agents/consumer refuses private addresses and redirects). */
  readonly endpoint: string;
}

/**
 * Who serves what, the cheapest of a token first. Each announcement is checked here: owner, subtype, key and signature, expiry, and that the
 * ledger attests the file as the model. What a node leaves out is not noticed: ask a second one.
 * @throws SdkError CHAIN_MISMATCH, CHAIN_INCOMPLETE; NodeUnavailableError
 */
export async function findProviders(
  client: AnyClient,
  options: FindProvidersOptions = {},
): Promise<readonly Candidate[]> {
  const { service, model, sha256, maxAgents, onRefused, accounts = nodeAccounts(client) } = options;
  // Asked in any case: the node must be of this deployment.
  const { time } = await chainInfo(client);
  const filter = { ...(service !== undefined && { service }), ...(model !== undefined && { model }) };
  const digest = sha256 === undefined ? undefined : prefixedHex(sha256);
  const found: Candidate[] = [];
  const context = { accounts, now: options.now ?? time, maxAgents, onRefused };
  for await (const verified of announcedBy(client, filter, context)) {
    const { announcement } = verified.signed;
    const { agent, owner, endpoint } = announcement;
    if (service !== undefined && (announcement.service !== service || verified.service !== service)) continue;
    for (const capability of announcement.capabilities) {
      if (model !== undefined && capability.model !== model) continue;
      if (digest !== undefined && capability.sha256 !== digest) continue;
      if (isAttestedModel(capability, await accounts(capability.model))) {
        found.push({ agent, owner, key: verified.key, announcement, capability, endpoint });
      } else onRefused?.('OTHER_MODEL', agent);
    }
  }
  return found.sort(byPrice);
}

function byPrice(a: Candidate, b: Candidate): number {
  const [first, second] = [a.capability, b.capability];
  if (first.token !== second.token) return first.token - second.token;
  if (first.price !== second.price) return first.price < second.price ? -1 : 1;
  return a.agent - b.agent;
}
