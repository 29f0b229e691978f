import { sign, verify } from '../crypto/eddsa.ts';
import { keccak256 } from '../crypto/keccak.ts';
import { poseidon } from '../crypto/poseidon.ts';
import { derivedDomain } from '../derivedDomain.ts';
import { ProtocolError } from '../errors.ts';
import { type Json, type JsonCodec, malformed, object, signature } from '../json.ts';
import type { Field, Point, Signature } from '../types.ts';
import { canonicalJson } from './canonicalJson.ts';

const HASH_MASK = (1n << 248n) - 1n;

/** Which kind of message a signature is for (docs/ai.md): 3 announcements, 4 dialogue, 5 commitments to scores. */
export type DocumentPurpose = 3 | 4 | 5;

const DOMAINS: Readonly<Record<DocumentPurpose, (domain: Field) => Field>> = {
  3: derivedDomain(3n),
  4: derivedDomain(4n),
  5: derivedDomain(5n),
};

/** An object and its key's signature of its canonical text. `document` is as it came: its form is for whoever reads it to check. */
export interface SignedDocument {
  readonly document: Json;
  readonly signature: Signature;
}

/**
 * `keccak256(UTF-8 of s) mod 2^248`.
 * @throws ProtocolError INVALID_ARGUMENT for half a surrogate pair, which UTF-8 would turn into the same bytes as any other
 */
export function textHash(text: string): Field {
  if (!text.isWellFormed()) throw new ProtocolError('INVALID_ARGUMENT', { text: 'not well formed' });
  // 248 bits are always below the field's order.
  return (keccak256(new TextEncoder().encode(text)) & HASH_MASK) as Field;
}

/** `Poseidon2(domain, n)`: nothing signed for one purpose or deployment counts in another. */
export function documentDomain(domain: Field, n: DocumentPurpose): Field {
  return DOMAINS[n](domain);
}

/**
 * What a key signs of a document: `Poseidon2(documentDomain, textHash(canonical JSON))`.
 * @param domain of `documentDomain`
 * @throws ProtocolError INVALID_ARGUMENT: no canonical JSON
 */
export function documentMessage(document: Json, domain: Field): Field {
  return poseidon([domain, textHash(canonicalJson(document))]);
}

/** @param domain of `documentDomain`. @throws ProtocolError INVALID_ARGUMENT: no canonical JSON, or a seed without 32 bytes */
export function signDocument(document: Json, seed: Uint8Array, domain: Field): SignedDocument {
  return { document, signature: sign(seed, documentMessage(document, domain)) };
}

/** Whether `key` signed exactly this document, for this purpose and deployment. @throws ProtocolError INVALID_ARGUMENT: no canonical JSON */
export function verifyDocument(signed: SignedDocument, key: Point, domain: Field): boolean {
  return verify(key, documentMessage(signed.document, domain), signed.signature);
}

const document: JsonCodec<Json> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw malformed('object');
    const value = json as Json; // what is no JSON is refused by the next line
    try {
      canonicalJson(value);
    } catch {
      throw malformed('a document with a canonical text');
    }
    return value;
  },
};

/** `{"document", "signature": {"r8", "s"}}`. `decode` @throws ProtocolError MALFORMED_BYTES, WORD_NOT_CANONICAL */
export const signedDocumentJson: JsonCodec<SignedDocument> = object<SignedDocument>({ document, signature });
