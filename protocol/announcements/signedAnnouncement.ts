import { type SignedMessage, sign, verify } from '../crypto/eddsa.ts';
import { canonicalJson, parseCanonicalJson } from '../documents/canonicalJson.ts';
import { documentDomain, documentMessage } from '../documents/signedDocument.ts';
import { malformed } from '../json.ts';
import type { Field, Point } from '../types.ts';
import {
  type Announcement,
  announcementJson,
  MAX_ANNOUNCEMENT_BYTES,
  type SignedAnnouncement,
  signedAnnouncementJson,
} from './announcement.ts';

/** First word of an announcement's message. */
export function announcementDomain(domain: Field): Field {
  return documentDomain(domain, 3);
}

/**
 * @param domain the deployment's
 * @throws ProtocolError MALFORMED_BYTES, INDEX_OUT_OF_RANGE, WORD_NOT_CANONICAL: no announcement, or one that is too long
 */
export function signAnnouncement(announcement: Announcement, seed: Uint8Array, domain: Field): SignedAnnouncement {
  const json = announcementJson.encode(announcement);
  // What others would refuse is not signed.
  const checked = announcementJson.decode(json);
  const signed = { announcement: checked, signature: sign(seed, documentMessage(json, announcementDomain(domain))) };
  encodeAnnouncement(signed);
  return signed;
}

/** What `verify` is asked, for callers that check on threads. */
export function announcementItem(
  { announcement, signature }: SignedAnnouncement,
  key: Point,
  domain: Field,
): SignedMessage {
  const message = documentMessage(announcementJson.encode(announcement), announcementDomain(domain));
  return { pub: key, message, signature };
}

/** Whether `key` signed exactly this announcement, for this deployment. */
export function verifyAnnouncement(signed: SignedAnnouncement, key: Point, domain: Field): boolean {
  const { pub, message, signature } = announcementItem(signed, key, domain);
  return verify(pub, message, signature);
}

/** As gossip carries it: the canonical text of the signed document. @throws ProtocolError MALFORMED_BYTES: longer than 16 KiB */
export function encodeAnnouncement(signed: SignedAnnouncement): Uint8Array {
  const bytes = new TextEncoder().encode(canonicalJson(signedAnnouncementJson.encode(signed)));
  if (bytes.length > MAX_ANNOUNCEMENT_BYTES) throw malformed(`at most ${MAX_ANNOUNCEMENT_BYTES} bytes`);
  return bytes;
}

/** @throws ProtocolError MALFORMED_BYTES, INDEX_OUT_OF_RANGE, WORD_NOT_CANONICAL: anything but the one text of a signed announcement */
export function decodeAnnouncement(bytes: Uint8Array): SignedAnnouncement {
  if (bytes.length > MAX_ANNOUNCEMENT_BYTES) throw malformed(`at most ${MAX_ANNOUNCEMENT_BYTES} bytes`);
  return signedAnnouncementJson.decode(parseCanonicalJson(utf8(bytes)));
}

/** Of JSON in any spelling, as RPC has it. @throws ProtocolError as `decodeAnnouncement` */
export function announcementFromJson(json: unknown): SignedAnnouncement {
  const signed = signedAnnouncementJson.decode(json);
  encodeAnnouncement(signed);
  return signed;
}

function utf8(bytes: Uint8Array): string {
  try {
    // A mark of byte order would be dropped silently, and the text have a second form.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('UTF-8');
  }
}
