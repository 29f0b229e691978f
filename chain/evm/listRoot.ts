import { encodeInteger } from './state/rlpWriter.ts';
import { EMPTY_TRIE_ROOT, TrieUpdate } from './state/trieUpdate.ts';

/** The root of a trie of items under RLP of their positions: a block's transactions or receipts. */
export function listRoot(items: readonly Uint8Array[]): Uint8Array {
  if (items.length === 0) return EMPTY_TRIE_ROOT;
  const entries = items.map((value, i) => ({ key: encodeInteger(BigInt(i)), value }));
  return new TrieUpdate(() => undefined).apply(EMPTY_TRIE_ROOT, entries);
}
