import { hexToBytes } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { type AttestationDomain, attestationTypedData } from '../../../bridge/client/attestation.ts';
import { signDigest } from '../../../chain/wire/signatures.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { encodeAttestation } from '../attestation.ts';
import { attestationHasher } from '../attestationHash.ts';
import type { SignedAttestation } from '../attestationPool.ts';
import type { AttestorReading, AttestorSource } from '../attestorSet.ts';

export const DOMAIN = { l1ChainId: 31337n, evmLane: `0x${'1a'.repeat(20)}` } as const;

/** A key by its number. */
export function keyOf(n: number): Hex {
  return `0x${n.toString(16).padStart(64, '0')}`;
}

export function accountOf(n: number): PrivateKeyAccount {
  return privateKeyToAccount(keyOf(n));
}

export function signerOf(n: number): Hex {
  return accountOf(n).address.toLowerCase() as Hex; // still an address
}

/** As a peer sends it, without asking any guard. */
export function attested(
  n: number,
  { batch, commitment }: { batch: number; commitment: bigint },
  domain: AttestationDomain = DOMAIN,
): Uint8Array {
  const signature = signDigest(attestationHasher(domain)(batch, commitment), keyOf(n));
  return encodeAttestation({ batch, commitment, signature });
}

export async function attestation(
  account: PrivateKeyAccount,
  { batch, commitment }: { batch: number; commitment: bigint },
  domain: AttestationDomain = DOMAIN,
): Promise<SignedAttestation> {
  const signature = hexToBytes(await account.signTypedData(attestationTypedData(domain, batch, commitment)));
  return { batch, commitment, signature, signer: account.address.toLowerCase() as Hex };
}

/** A set in memory; what it says can be replaced. */
export class FakeSource implements AttestorSource {
  reading: AttestorReading;
  reads = 0;
  failure: unknown;

  constructor(members: AttestorReading['members'], more: Partial<AttestorReading> = {}) {
    const total = members.reduce((sum, { weight }) => sum + weight, 0n);
    this.reading = { epoch: 0, total, members, ...more };
  }

  async read(): Promise<AttestorReading> {
    this.reads += 1;
    if (this.failure !== undefined) throw this.failure;
    return this.reading;
  }
}
