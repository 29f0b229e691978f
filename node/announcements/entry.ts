import {
  type Announcement,
  MAX_LIFETIME_SECONDS,
  type SignedAnnouncement,
} from '../../protocol/announcements/announcement.ts';
import { decodeAnnouncement, encodeAnnouncement } from '../../protocol/announcements/signedAnnouncement.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { int, type JsonCodec, object, point } from '../../protocol/json.ts';
import type { AccountIndex, Point } from '../../protocol/types.ts';

/** What is held in memory of an announcement: the text itself can be 16 KiB, and stays on disk. */
export interface Entry extends Pick<Announcement, 'agent' | 'owner' | 'service' | 'sequence' | 'expiry'> {
  readonly models: ReadonlySet<AccountIndex>;
  /** Tells apart two announcements of one sequence. */
  readonly s: bigint;
  /** Whose signature was checked. */
  readonly key: Point;
  /**
   * Seconds: no earlier announcement of the agent can still be good then. Until then the entry stays, expired or not, so that nobody
   * brings back one that was replaced.
   */
  readonly until: number;
}

/** @param now seconds, when it was taken */
export function entryOf(
  { announcement, signature }: SignedAnnouncement,
  { key, now }: { key: Point; now: number },
): Entry {
  const { agent, owner, service, sequence, expiry, capabilities } = announcement;
  const models = new Set(capabilities.map(({ model }) => model));
  return { agent, owner, service, sequence, expiry, models, s: signature.s, key, until: now + MAX_LIFETIME_SECONDS };
}

interface Stored {
  readonly key: Point;
  readonly until: number;
  readonly text: string;
}

const text: JsonCodec<string> = {
  encode: (value) => value,
  decode: String,
};
const stored = object<Stored>({ key: point, until: int, text });

/** As the database has it. */
export function encodeEntry({ key, until }: Pick<Entry, 'key' | 'until'>, signed: SignedAnnouncement): string {
  return JSON.stringify(stored.encode({ key, until, text: new TextDecoder().decode(encodeAnnouncement(signed)) }));
}

/** Its signature was checked when it was stored. Undefined: by the rules of today it is none. */
export function decodeEntry(value: string): { readonly entry: Entry; readonly signed: SignedAnnouncement } | undefined {
  try {
    return decoded(value);
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function decoded(value: string): { readonly entry: Entry; readonly signed: SignedAnnouncement } {
  const { key, until, text: json } = stored.decode(JSON.parse(value));
  const signed = decodeAnnouncement(new TextEncoder().encode(json));
  return { entry: { ...entryOf(signed, { key, now: 0 }), until }, signed };
}
