import { AMOUNT_LIMIT } from '../account.ts';
import { ACCOUNT_LIMIT } from '../ids.ts';
import {
  big,
  fieldWord,
  index,
  int,
  type JsonCodec,
  list,
  malformed,
  object,
  oneOf,
  signature,
  uint,
} from '../json.ts';
import type { AccountIndex, Field, Signature } from '../types.ts';
import { isEndpoint, MAX_ENDPOINT } from './endpoint.ts';

export const MAX_CAPABILITIES = 32;
/** Bytes of a signed announcement's canonical text. */
export const MAX_ANNOUNCEMENT_BYTES = 16_384;
/** Seconds from now to the expiry. */
export const MAX_LIFETIME_SECONDS = 7 * 86_400;
const MAX_NAME = 128;
const MAX_PEER = 256;

/** One model that an agent serves, at what price. */
export interface Capability {
  /** Word of the execution document for public requests (docs/ai.md section 1). */
  readonly execution: Field;
  /** The model's ATTEST account. */
  readonly model: AccountIndex;
  readonly name: string;
  /** Of one answer, base units of `token`. */
  readonly price: bigint;
  /** Of the model's file: 0x and 64 lower-case digits. */
  readonly sha256: `0x${string}`;
  readonly token: number;
}

/** What an agent says of itself (docs/ai.md section 5). Every member is under its owner's signature. */
export interface Announcement {
  /** ATTEST account of subtype 4. */
  readonly agent: AccountIndex;
  /** At most 32; none: the agent is there and serves nothing. */
  readonly capabilities: readonly Capability[];
  /** Where it answers HTTP; see `isEndpoint`. */
  readonly endpoint: string;
  /** Seconds; it counts before this time. */
  readonly expiry: number;
  readonly name: string;
  /** KEY account that owns the agent. */
  readonly owner: AccountIndex;
  /** Multiaddress, or empty. */
  readonly peer: string;
  /** Of two announcements of an agent the higher one counts. */
  readonly sequence: number;
  /** The service it works for; 0: none. */
  readonly service: AccountIndex;
  readonly version: 1;
}

export interface SignedAnnouncement {
  readonly announcement: Announcement;
  readonly signature: Signature;
}

const label = text(isName, 'name');
const hash = text((value) => /^0x[0-9a-f]{64}$/.test(value), 'lower-case SHA-256') as JsonCodec<`0x${string}`>; // by the pattern
const live: JsonCodec<AccountIndex> = {
  encode: index.encode,
  decode: (json) => {
    const found = index.decode(json);
    if (found === 0) throw malformed(`account index from 1 to ${ACCOUNT_LIMIT - 1}`);
    return found;
  },
};
const price: JsonCodec<bigint> = {
  encode: big.encode,
  decode: (json) => {
    const found = big.decode(json);
    if (found >= AMOUNT_LIMIT) throw malformed('amount below 2^96');
    return found;
  },
};
const capability = object<Capability>({
  execution: fieldWord,
  model: live,
  name: label,
  price,
  sha256: hash,
  token: uint(16),
});
const capabilities: JsonCodec<readonly Capability[]> = {
  encode: list(capability).encode,
  decode: (json) => {
    // Counted before they are looked at.
    if (Array.isArray(json) && json.length > MAX_CAPABILITIES) throw malformed(`at most ${MAX_CAPABILITIES}`);
    return list(capability).decode(json);
  },
};

/** The document alone. `decode` refuses what is not exactly this form: `encode(decode(json))` has the text of `json`. */
export const announcementJson: JsonCodec<Announcement> = object<Announcement>({
  agent: live,
  capabilities,
  endpoint: text(isEndpoint, `endpoint of at most ${MAX_ENDPOINT} characters`),
  expiry: uint(40),
  name: label,
  owner: live,
  peer: text((value) => value === '' || isMultiaddress(value), 'multiaddress'),
  sequence: int,
  service: index,
  version: oneOf([1]),
});

/** `{"document", "signature"}`. @throws ProtocolError (decode) MALFORMED_BYTES, INDEX_OUT_OF_RANGE, WORD_NOT_CANONICAL */
export const signedAnnouncementJson: JsonCodec<SignedAnnouncement> = {
  encode: ({ announcement, signature: s }) => wire.encode({ document: announcement, signature: s }),
  decode: (json) => {
    const { document, signature: s } = wire.decode(json);
    return { announcement: document, signature: s };
  },
};

const wire = object<{ document: Announcement; signature: Signature }>({ document: announcementJson, signature });

function text(isGood: (value: string) => boolean, expected: string): JsonCodec<string> {
  return {
    encode: (value) => value,
    decode: (json) => {
      if (typeof json !== 'string' || !isGood(json)) throw malformed(expected);
      return json;
    },
  };
}

/** First and last code points that are not seen, or do something to what is: control codes, marks of direction, line ends. */
const UNSEEN = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xfeff, 0xfeff],
] as const;

/** A name is shown to people. The list is fixed here and not Unicode's, so that all nodes have the same. */
function isName(value: string): boolean {
  if (value.length > MAX_NAME || !value.isWellFormed()) return false;
  return Array.from(value).every((letter) => {
    const code = letter.codePointAt(0) ?? 0;
    return UNSEEN.every(([first, last]) => code < first || code > last);
  });
}

/** By its letters only: what stands in it is for whoever dials. */
function isMultiaddress(value: string): boolean {
  return value.length <= MAX_PEER && /^(\/[A-Za-z0-9._:-]+)+$/.test(value);
}
