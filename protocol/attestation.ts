import { keccak256 } from './crypto/keccak.ts';
import { ProtocolError } from './errors.ts';
import type { Field } from './types.ts';

const COMMITMENT_MASK = (1n << 248n) - 1n;

/** One keccak over ASCII and digest, so that contracts can check a file's SHA-256 for a few gas. */
function commitment(tag: string, sha256: Uint8Array): Field {
  if (sha256.length !== 32) throw new ProtocolError('INVALID_ARGUMENT', { digestLength: sha256.length });
  const head = new TextEncoder().encode(tag);
  const bytes = new Uint8Array(head.length + 32);
  bytes.set(head, 0);
  bytes.set(sha256, head.length);
  // 248 bits are always below the field's order.
  return (keccak256(bytes) & COMMITMENT_MASK) as Field;
}

/**
 * What an ATTEST account says about its artefact: `keccak256("engram.artefact" ‖ SHA-256 of the file) mod 2^248`.
 * @throws ProtocolError INVALID_ARGUMENT unless the digest has 32 bytes
 */
export function artefactCommitment(sha256: Uint8Array): Field {
  return commitment('engram.artefact', sha256);
}

/**
 * The same for the document that tells where an artefact comes from; the tag keeps one from passing as the other.
 * @throws ProtocolError INVALID_ARGUMENT unless the digest has 32 bytes
 */
export function provenanceCommitment(sha256: Uint8Array): Field {
  return commitment('engram.provenance', sha256);
}
