import secp256k1 from 'secp256k1';
import { bigintToBytes } from '../../protocol/bytes.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { bytesHex, hexBytes, keccak } from '../evm/crypto.ts';

/** r ‖ s ‖ v. */
export const SIGNATURE_BYTES = 65;

/** Signs 256 bits with an L1 key: r ‖ s ‖ v with low s, v 27 or 28. The same digest and key give the same signature. */
export function signDigest(digest: bigint, privateKey: Hex): Uint8Array {
  const { signature, recid } = secp256k1.ecdsaSign(bigintToBytes(digest, 32), hexBytes(privateKey));
  const bytes = new Uint8Array(SIGNATURE_BYTES);
  bytes.set(signature);
  bytes[64] = 27 + recid;
  return bytes;
}

/** Address (lower case) of the key that signed; undefined: these bytes are no signature with low s. */
export function recoverSigner(digest: bigint, signature: Uint8Array): Hex | undefined {
  const v = signature[64];
  if (signature.length !== SIGNATURE_BYTES || (v !== 27 && v !== 28)) return undefined;
  // A view of a plain array: the addon refuses others, such as what a Buffer's `subarray` gives.
  const compact = Uint8Array.from(signature.subarray(0, 64));
  try {
    if (secp256k1.signatureNormalize(Uint8Array.from(compact)).some((byte, i) => byte !== compact[i])) return undefined;
    const key = secp256k1.ecdsaRecover(compact, v - 27, bigintToBytes(digest, 32), false);
    return bytesHex(keccak(key.slice(1)).subarray(12));
  } catch {
    return undefined;
  }
}
