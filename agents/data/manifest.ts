import { canonicalJson, parseCanonicalJson } from '../../protocol/documents/canonicalJson.ts';
import { hexBytes, type JsonCodec, malformed, object, oneOf, uint } from '../../protocol/json.ts';
import { sha256Bytes } from '../../sdk/models/sha256.ts';

const MAX_NAME = 200;

const name: JsonCodec<string> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'string' || json.length === 0 || json.length > MAX_NAME) throw malformed('name');
    return json;
  },
};

/** What a dataset is: public, and committed to by the attestation's provenance. Nothing in it depends on a sale. */
export interface Manifest {
  /** Length of the file. */
  readonly bytes: number;
  readonly name: string;
  /** Of the tree over its salted chunks. */
  readonly plainRoot: Uint8Array;
  /** Of the file: what the attestation's artefact commits to. */
  readonly sha256: Uint8Array;
  readonly version: 1;
}

const codec = object<Manifest>({
  bytes: uint(53),
  name,
  plainRoot: hexBytes(32),
  sha256: hexBytes(32),
  version: oneOf([1] as const),
});

/** Canonical JSON: the bytes that are hashed. */
export function manifestText(manifest: Manifest): string {
  return canonicalJson(codec.encode(manifest));
}

/** @throws ProtocolError MALFORMED_BYTES unless it is such a text, byte for byte */
export function parseManifest(text: string): Manifest {
  return codec.decode(parseCanonicalJson(text));
}

/** What `provenanceCommitment` takes. */
export function manifestHash(manifest: Manifest): Uint8Array {
  return sha256Bytes(new TextEncoder().encode(manifestText(manifest)));
}
