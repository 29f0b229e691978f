import { unpackAttestation } from '../account.ts';
import { artefactCommitment } from '../attestation.ts';
import { hexToBytes } from '../bytes.ts';
import { type Account, type AccountIndex, Kind, type Point, Subtype } from '../types.ts';
import { type Announcement, type Capability, MAX_LIFETIME_SECONDS } from './announcement.ts';

/** What of an account matters here. */
export type AccountFacts = Pick<Account, 'kind' | 'a' | 'b' | 'c'>;

/** Why an announcement does not count. All but the first two can be true here and not elsewhere: a ledger that is behind, or another branch. */
export type AnnouncementFault =
  | 'EXPIRED'
  /** More than 7 days ahead. */
  | 'EXPIRY_TOO_FAR'
  /** No account at the agent's index. */
  | 'UNKNOWN_AGENT'
  /** The account is no ATTEST account of subtype 4. */
  | 'NOT_AN_AGENT'
  /** The agent is another's, or its owner has no key. */
  | 'NOT_OWNER'
  /** The owner's key did not sign exactly this, for this deployment. */
  | 'BAD_SIGNATURE';

/** @param now seconds */
export function timeFault({ expiry }: Pick<Announcement, 'expiry'>, now: number): AnnouncementFault | undefined {
  if (expiry <= now) return 'EXPIRED';
  return expiry > now + MAX_LIFETIME_SECONDS ? 'EXPIRY_TOO_FAR' : undefined;
}

export type Standing =
  | { readonly fault: AnnouncementFault }
  /** `key` must have signed; `service` is the agent's parent. */
  | { readonly fault?: never; readonly key: Point; readonly service: AccountIndex };

/** What the ledger says of an announcement's agent and owner. */
export function standingOf(
  { owner }: Pick<Announcement, 'owner'>,
  accounts: { readonly agent: AccountFacts | undefined; readonly owner: AccountFacts | undefined },
): Standing {
  const { agent } = accounts;
  if (agent === undefined) return { fault: 'UNKNOWN_AGENT' };
  if (agent.kind !== Kind.ATTEST) return { fault: 'NOT_AN_AGENT' };
  const { subtype, owner: named, parent: service } = unpackAttestation(agent.c);
  if (subtype !== Subtype.AGENT) return { fault: 'NOT_AN_AGENT' };
  if (named !== owner || accounts.owner?.kind !== Kind.KEY) return { fault: 'NOT_OWNER' };
  return { key: [accounts.owner.a, accounts.owner.b], service };
}

/** Of two announcements of one agent and owner, whether the first replaces the second, whatever their expiries. */
export function replaces(
  { sequence }: Pick<Announcement, 'sequence'>,
  known: Pick<Announcement, 'sequence'> | undefined,
): boolean {
  return known === undefined || sequence > known.sequence;
}

/** Whether the ledger has this file attested as the model that the capability names. */
export function isAttestedModel(
  { sha256 }: Pick<Capability, 'sha256'>,
  model: AccountFacts | undefined,
): model is AccountFacts {
  if (model?.kind !== Kind.ATTEST || unpackAttestation(model.c).subtype !== Subtype.MODEL) return false;
  return model.a === artefactCommitment(hexToBytes(sha256));
}
