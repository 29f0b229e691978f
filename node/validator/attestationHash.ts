import { domainSeparator } from 'viem';
import { type AttestationDomain, attestationTypedData } from '../../bridge/client/attestation.ts';
import { hexBytes, keccak } from '../../chain/evm/crypto.ts';
import { bigintToBytes, bytesToBigint } from '../../protocol/bytes.ts';

const TYPE_HASH = keccak(new TextEncoder().encode('Attestation(uint64 batch,bytes32 evmCommitment)'));

/** `attestationDigest` of bridge/client for one domain, by the native hash: whoever floods us pays more for a message than we do. */
export function attestationHasher(domain: AttestationDomain): (batch: number, commitment: bigint) => bigint {
  const message = new Uint8Array(66);
  message.set([0x19, 0x01]);
  message.set(hexBytes(domainSeparator({ domain: attestationTypedData(domain, 1, 0n).domain })), 2);
  const struct = new Uint8Array(96);
  struct.set(TYPE_HASH);
  return (batch, commitment) => {
    struct.set(bigintToBytes(BigInt(batch), 32), 32);
    struct.set(bigintToBytes(commitment, 32), 64);
    message.set(keccak(struct), 34);
    return bytesToBigint(keccak(message));
  };
}
