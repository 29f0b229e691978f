import { bigintToBytes } from './bytes.ts';
import { keccak256 } from './crypto/keccak.ts';
import { ProtocolError } from './errors.ts';
import type { Field } from './types.ts';

const DOMAIN_MASK = (1n << 248n) - 1n;

/**
 * The value that ties every signature and every batch to one deployment. All three parts are hashed at full width:
 * a chain id cut short let signatures be replayed elsewhere (Hermez audit).
 * @throws ProtocolError INVALID_ARGUMENT if a part is out of range
 */
export function computeDomain(parts: { l1ChainId: bigint; rollup: bigint; l2ChainId: bigint }): Field {
  if (parts.rollup === 0n) throw new ProtocolError('INVALID_ARGUMENT', { rollup: parts.rollup });
  const bytes = new Uint8Array(84);
  bytes.set(bigintToBytes(parts.l1ChainId, 32), 0);
  bytes.set(bigintToBytes(parts.rollup, 20), 32);
  bytes.set(bigintToBytes(parts.l2ChainId, 32), 52);
  // 248 bits are always below the field's order.
  return (keccak256(bytes) & DOMAIN_MASK) as Field;
}
