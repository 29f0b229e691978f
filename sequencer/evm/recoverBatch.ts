import secp256k1 from 'secp256k1';
import { keccak } from '../../chain/evm/crypto.ts';

/** One signature in a batch: hash ‖ r ‖ s ‖ yParity. */
export const ITEM_BYTES = 97;
/** One answer in a batch: 1 ‖ address, or 21 zeros if nobody signed. */
export const ANSWER_BYTES = 21;

/** Half of the curve's order, big endian: EIP-2 refuses a larger s, since (r, n − s) signs the same. */
const HALF_ORDER = Uint8Array.from(
  Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex'),
);

/** Addresses of those who made the signatures of a batch, in its order. What is signed by nobody has an answer of zeros. */
export function recoverBatch(items: Uint8Array): Uint8Array<ArrayBuffer> {
  const count = Math.floor(items.length / ITEM_BYTES);
  const answers = new Uint8Array(count * ANSWER_BYTES);
  const key = new Uint8Array(65);
  for (let i = 0; i < count; i++) {
    const item = items.subarray(i * ITEM_BYTES, (i + 1) * ITEM_BYTES);
    if (!recoverInto(item, key)) continue;
    answers[i * ANSWER_BYTES] = 1;
    answers.set(keccak(key.subarray(1)).subarray(12), i * ANSWER_BYTES + 1);
  }
  return answers;
}

/** Writes the uncompressed public key; false if there is none. */
function recoverInto(item: Uint8Array, key: Uint8Array): boolean {
  const yParity = item[96];
  if (yParity === undefined || yParity > 1 || isAboveHalf(item.subarray(64, 96))) return false;
  try {
    secp256k1.ecdsaRecover(item.subarray(32, 96), yParity, item.subarray(0, 32), false, key);
    return true;
  } catch {
    // r or s is 0 or above the order, or r is no x coordinate: nobody's signature.
    return false;
  }
}

function isAboveHalf(s: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) {
    const difference = (s[i] ?? 0) - (HALF_ORDER[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
