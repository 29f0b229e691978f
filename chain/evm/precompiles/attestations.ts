import { unpackAttestation } from '../../../protocol/account.ts';
import { artefactCommitment } from '../../../protocol/attestation.ts';
import { bigintToBytes } from '../../../protocol/bytes.ts';
import { MODEL_ATTESTATION } from '../../../protocol/lane/addresses.ts';
import { type AccountIndex, Kind } from '../../../protocol/types.ts';
import { CallReverted } from './abi.ts';
import { COUNT_SLOT, kindOf, Lane, type Reference, recordSlot, unpackTerms } from './layout.ts';
import { indexOf, readState, readWord } from './leaves.ts';
import type { MeteredStorage } from './storage.ts';

/** Attestations of both lanes by index. */

export interface Attestation {
  readonly reference: Reference;
  /** 160 bits. */
  readonly owner: bigint;
  readonly ownerIndex: AccountIndex;
  readonly parent: Reference;
  readonly royaltyBps: number;
  readonly subtype: number;
  readonly artefact: bigint;
  readonly provenance: bigint;
  /** SHA-256 of the artefact; 0 in the ledger lane, which does not know it. */
  readonly digest: bigint;
}

/** Whether there is such an attestation: one read. */
export async function isLive(storage: MeteredStorage, { lane, index }: Reference): Promise<boolean> {
  if (lane === Lane.EVM) return index > 0n && index <= (await storage.read(MODEL_ATTESTATION, COUNT_SLOT));
  const leaf = indexOf(index);
  return leaf !== undefined && kindOf(await readState(storage, leaf)) === Kind.ATTEST;
}

/** @throws CallReverted UnknownAttestation */
async function mustLive(storage: MeteredStorage, reference: Reference): Promise<void> {
  if (await isLive(storage, reference)) return;
  throw new CallReverted('UnknownAttestation(uint8,uint256)', [BigInt(reference.lane), reference.index]);
}

/** Index 0 for none. @param isChecked look first whether there is such an attestation. @throws CallReverted UnknownAttestation */
export async function parentOf(
  storage: MeteredStorage,
  reference: Reference,
  { isChecked }: { isChecked: boolean },
): Promise<Reference> {
  if (isChecked) await mustLive(storage, reference);
  const { lane, index } = reference;
  if (lane === Lane.EVM) return unpackTerms(await storage.read(MODEL_ATTESTATION, recordSlot(index))).parent;
  return { lane: Lane.LEDGER, index: BigInt((await ledgerTerms(storage, leafOf(index))).parent) };
}

/** @throws CallReverted UnknownAttestation */
export async function attestationAt(storage: MeteredStorage, reference: Reference): Promise<Attestation> {
  await mustLive(storage, reference);
  return reference.lane === Lane.EVM ? evmAttestation(storage, reference) : ledgerAttestation(storage, reference);
}

async function evmAttestation(storage: MeteredStorage, reference: Reference): Promise<Attestation> {
  const slot = recordSlot(reference.index);
  const terms = unpackTerms(await storage.read(MODEL_ATTESTATION, slot));
  const digest = await storage.read(MODEL_ATTESTATION, slot + 1n);
  const provenance = await storage.read(MODEL_ATTESTATION, slot + 2n);
  const artefact = artefactCommitment(bigintToBytes(digest, 32));
  return { reference, ownerIndex: 0 as AccountIndex, ...terms, artefact, provenance, digest };
}

async function ledgerAttestation(storage: MeteredStorage, reference: Reference): Promise<Attestation> {
  const leaf = leafOf(reference.index);
  const artefact = await readWord(storage, leaf, 'a');
  const provenance = await readWord(storage, leaf, 'b');
  const { owner: ownerIndex, parent, royaltyBps, subtype } = await ledgerTerms(storage, leaf);
  // ATTEST takes no owner but the KEY account that pays for it.
  const owner = await readWord(storage, ownerIndex, 'c');
  const above = { lane: Lane.LEDGER, index: BigInt(parent) };
  return { reference, owner, ownerIndex, parent: above, royaltyBps, subtype, artefact, provenance, digest: 0n };
}

async function ledgerTerms(storage: MeteredStorage, leaf: AccountIndex) {
  return unpackAttestation(await readWord(storage, leaf, 'c'));
}

/** Only for references that were found live or named as a parent. */
function leafOf(index: bigint): AccountIndex {
  return Number(index) as AccountIndex;
}

/** As `IModelAttestation.Attestation`. */
export function attestationWords(attestation: Attestation): bigint[] {
  const { reference, owner, ownerIndex, parent, royaltyBps, subtype, artefact, provenance, digest } = attestation;
  return [
    BigInt(reference.lane),
    reference.index,
    owner,
    BigInt(ownerIndex),
    BigInt(parent.lane),
    parent.index,
    BigInt(royaltyBps),
    BigInt(subtype),
    artefact,
    provenance,
    digest,
  ];
}
