import { accountIndex } from '../../protocol/ids.ts';
import {
  big,
  fieldWord,
  hexBytes,
  int,
  type Json,
  type JsonCodec,
  list,
  malformed,
  object,
  oneOf,
  uint,
} from '../../protocol/json.ts';
import type { Address, EscapeLeaf, Hex, Proof, ProvenLeaf, StoredBatch } from './types.ts';

const FORMAT = 'engram.attestation-proof.2';

/** All that L1 needs to check an attestation, except which contract to ask: what `engram model prove` writes. */
export interface AttestationProof {
  readonly format: typeof FORMAT;
  /** Where it was made for. A reader compares; it never asks the contract that a file names. */
  readonly l1ChainId: number;
  readonly rollup: Address;
  /** The proofs are under this batch's new root. */
  readonly batch: StoredBatch;
  readonly attestation: ProvenLeaf;
  /** The owner's KEY account. */
  readonly owner: ProvenLeaf;
}

/** `length` bytes as viem has them. The cast: the decoder looked at every digit. */
function hex(length: number): JsonCodec<Hex> {
  const bytes = hexBytes(length);
  return {
    encode: (value) => value,
    decode: (json) => {
      bytes.decode(json);
      return json as Hex;
    },
  };
}

const uint64: JsonCodec<bigint> = {
  encode: big.encode,
  decode: (json) => {
    const value = big.decode(json);
    if (value >> 64n !== 0n) throw malformed('unsigned integer of 64 bits');
    return value;
  },
};

/** Account 0 is nobody's. */
const liveIndex: JsonCodec<EscapeLeaf['index']> = {
  encode: int.encode,
  decode: (json) => {
    if (json === 0) throw malformed('index of an account');
    return accountIndex(int.decode(json));
  },
};

/** Exactly two. */
function pair<T>(item: JsonCodec<T>): JsonCodec<[T, T]> {
  const items = list(item);
  return {
    encode: items.encode,
    decode: (json) => {
      const [first, second, ...rest] = items.decode(json);
      if (first === undefined || second === undefined || rest.length > 0) throw malformed('pair');
      return [first, second];
    },
  };
}

const provenLeaf = object<ProvenLeaf>({
  leaf: object<EscapeLeaf>({ index: liveIndex, state: fieldWord, a: fieldWord, b: fieldWord, c: fieldWord }),
  proof: object<Proof>({ a: pair(big), b: pair(pair(big)), c: pair(big) }),
});

const storedBatch = object<StoredBatch>({
  number: uint64,
  shapeId: uint(8),
  l1Count: uint(16),
  exitCount: uint(16),
  timestamp: uint(40),
  committedAt: uint(40),
  lastBlock: uint64,
  committer: hex(20),
  oldRoot: fieldWord,
  newRoot: fieldWord,
  xHash: hex(32),
  c: fieldWord,
  r: fieldWord,
  y: fieldWord,
  evmCommitment: hex(32),
});

const codec = object<AttestationProof>({
  format: oneOf([FORMAT]),
  l1ChainId: uint(53),
  rollup: hex(20),
  batch: storedBatch,
  attestation: provenLeaf,
  owner: provenLeaf,
});

export function attestationProof(parts: Omit<AttestationProof, 'format'>): AttestationProof {
  return { format: FORMAT, ...parts };
}

export const attestationProofToJson = (proof: AttestationProof): Json => codec.encode(proof);

/** Whatever comes back is in range; whether it proves anything, L1 says. @throws ProtocolError MALFORMED_BYTES, WORD_NOT_CANONICAL, INDEX_OUT_OF_RANGE */
export const attestationProofFromJson = (json: unknown): AttestationProof => codec.decode(json);
