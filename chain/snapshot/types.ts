import type { BatchHeader } from '../../protocol/codec/header.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Field, ShapeName } from '../../protocol/types.ts';

/** Of a proven batch, from L1: all that an import believes. */
export interface PostedFacts {
  readonly number: number;
  /** Of the account tree after it. */
  readonly ledgerRoot: Field;
  /** 256 bits. */
  readonly evmCommitment: bigint;
  /** keccak256 of what was posted for the EVM lane. */
  readonly dataHash: Hex;
  readonly shape: ShapeName;
  /** Seconds. */
  readonly timestamp: number;
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  /** Index of the first item of the bridge's queue behind it. */
  readonly nextQueueIndex: bigint;
  /** The ledger's commitment C. */
  readonly c: Field;
  /** What was posted for the ledger. */
  readonly body: Uint8Array;
  readonly header: BatchHeader;
}

/** What a snapshot is of, and the hashes of its chunks. Nothing in it is believed: each claim is checked against L1 or against the chunks. */
export interface SnapshotManifest {
  readonly domain: Field;
  /** Of block 0. */
  readonly genesisHash: Hex;
  readonly batch: number;
  /** RLP of the Ethereum header of the batch's last block. */
  readonly header: Uint8Array;
  /** With the header's hash: the `evmOutput` of docs/protocol.md section 11. */
  readonly outboxRoot: Hex;
  readonly outboxCount: bigint;
  readonly inboxCount: bigint;
  /** keccak256 of what the batch posted for the EVM lane. */
  readonly dataHash: Hex;
  readonly accounts: number;
  readonly nodes: number;
  readonly codes: number;
  /** Of all chunks. */
  readonly bytes: number;
  /** keccak256 of each chunk, in the order in which they are taken. */
  readonly chunks: readonly Hex[];
}

/** What a chunk holds: its first byte. They come in this order. */
export const ChunkKind = { BLOCK: 0, WITHDRAWALS: 1, ACCOUNTS: 2, STATE: 3 } as const;
export type ChunkKind = (typeof ChunkKind)[keyof typeof ChunkKind];

/** Chunks are no larger; a smaller size is the maker's choice. */
export const MAX_CHUNK_BYTES = 512 * 1024;
/** 30,000 chunks: 15 GiB of state. */
export const MAX_MANIFEST_BYTES = 1024 * 1024;
