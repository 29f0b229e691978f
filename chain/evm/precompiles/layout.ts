import { bigintToBytes } from '../../../protocol/bytes.ts';
import { keccak256 } from '../../../protocol/crypto/keccak.ts';
import type { AccountIndex, Field } from '../../../protocol/types.ts';

/** Where things are in the storage of LedgerRead and ModelAttestation (README.md has it in words). */

/** Slot of an account's `state` in LedgerRead; `a`, `b` and `c` are in the three after it. */
export function leafSlot(index: AccountIndex): bigint {
  return 4n * BigInt(index);
}

/** Slot in LedgerRead of a claim's receipts root. */
export function settledSlot(channel: AccountIndex, receiptsRoot: Field): bigint {
  const key = new Uint8Array(64);
  key.set(bigintToBytes(BigInt(channel), 32), 0);
  key.set(bigintToBytes(receiptsRoot, 32), 32);
  return keccak256(key);
}

const SETTLED = 1n << 96n;

/** A flag beside the total: a claim may settle a root for nothing. */
export function settledWord(total: bigint): bigint {
  return SETTLED | total;
}

/** undefined: never settled. */
export function settledTotal(word: bigint): bigint | undefined {
  return word === 0n ? undefined : word & (SETTLED - 1n);
}

/** Slot in ModelAttestation of the number of attestations made in the EVM lane. */
export const COUNT_SLOT = 0n;

/** Slot in ModelAttestation of an EVM attestation's terms; its digest and its provenance are in the two after it. */
export function recordSlot(index: bigint): bigint {
  return 4n * index;
}

export const Lane = { LEDGER: 0, EVM: 1 } as const;
export type Lane = (typeof Lane)[keyof typeof Lane];

/** Names an attestation; index 0 is none. */
export interface Reference {
  readonly lane: Lane;
  readonly index: bigint;
}

const MASK_8 = 0xffn;
const MASK_64 = (1n << 64n) - 1n;
const MASK_160 = (1n << 160n) - 1n;

export interface EvmTerms {
  readonly owner: bigint;
  readonly parent: Reference;
  readonly royaltyBps: number;
  readonly subtype: number;
}

/** `owner(160) | parentIndex(64) | parentLane(8) | royaltyBps(16) | subtype(8)`, lowest bits first. */
export function packTerms({ owner, parent, royaltyBps, subtype }: EvmTerms): bigint {
  return owner | (packReference(parent) << 160n) | (BigInt(royaltyBps) << 232n) | (BigInt(subtype) << 248n);
}

export function unpackTerms(word: bigint): EvmTerms {
  return {
    owner: word & MASK_160,
    parent: unpackReference(word >> 160n),
    royaltyBps: Number((word >> 232n) & 0xffffn),
    subtype: Number(word >> 248n),
  };
}

/** `index(64) | lane(8)`. */
function packReference({ lane, index }: Reference): bigint {
  return index | (BigInt(lane) << 64n);
}

function unpackReference(word: bigint): Reference {
  const lane = (word >> 64n) & MASK_8;
  return { lane: lane === 0n ? Lane.LEDGER : Lane.EVM, index: word & MASK_64 };
}

/** Slot in ModelAttestation of the first attestation with this commitment, and the number of them. Number k ≥ 1 is k slots on. */
export function listSlot(commitment: bigint): bigint {
  return keccak256(bigintToBytes(commitment, 32));
}

export interface ListHead {
  readonly first: Reference;
  readonly count: bigint;
}

/** `index(64) | lane(8) | count(64)`; an empty list is 0. */
export function packHead({ first, count }: ListHead): bigint {
  return packReference(first) | (count << 72n);
}

export function unpackHead(word: bigint): ListHead {
  return { first: unpackReference(word), count: word >> 72n };
}

export function packEntry(reference: Reference): bigint {
  return packReference(reference);
}

export function unpackEntry(word: bigint): Reference {
  return unpackReference(word);
}

/** Kind of a leaf from its `state`; 0 if there is none. */
export function kindOf(state: bigint): number {
  return Number(state >> 240n);
}
