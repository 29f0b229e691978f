import type { Hex } from '../../protocol/lane/types.ts';
import { bytesHex, hexBytes, keccak } from './crypto.ts';
import type { EvmLog } from './types.ts';

export const BLOOM_BYTES = 256;
export const EMPTY_BLOOM: Hex = `0x${'00'.repeat(BLOOM_BYTES)}`;

/** Sets the three bits that stand for an address or a topic. */
export function addToBloom(bloom: Uint8Array, item: Uint8Array): void {
  const hash = keccak(item);
  for (let i = 0; i < 6; i += 2) {
    const bit = (((hash[i] as number) << 8) | (hash[i + 1] as number)) & 2047; // a hash has 32 bytes
    const at = BLOOM_BYTES - 1 - (bit >> 3);
    bloom[at] = (bloom[at] as number) | (1 << (bit & 7)); // at is 0 … 255
  }
}

/** The bloom filter of logs as the EVM returns them; undefined if there are none. */
export function rawBloomOf(
  logs: readonly (readonly [address: Uint8Array, topics: readonly Uint8Array[], data: Uint8Array])[],
): Uint8Array | undefined {
  if (logs.length === 0) return undefined;
  const bloom = new Uint8Array(BLOOM_BYTES);
  for (const [address, topics] of logs) {
    addToBloom(bloom, address);
    for (const topic of topics) addToBloom(bloom, topic);
  }
  return bloom;
}

/** The bloom filter of a receipt's logs. */
export function bloomOf(logs: readonly EvmLog[]): Hex {
  if (logs.length === 0) return EMPTY_BLOOM;
  const bloom = new Uint8Array(BLOOM_BYTES);
  for (const { address, topics } of logs) {
    addToBloom(bloom, hexBytes(address));
    for (const topic of topics) addToBloom(bloom, hexBytes(topic));
  }
  return bytesHex(bloom);
}
