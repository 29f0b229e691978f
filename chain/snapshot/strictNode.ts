import { RLP } from '@ethereumjs/rlp';
import { ChainError } from '../errors.ts';
import { type AccountRecord, decodeAccount, encodeAccount } from '../evm/state/accountRecord.ts';
import { encodeBytes } from '../evm/state/rlpWriter.ts';
import { decodeNode, encodeNode, type NodeRef, type TrieNode } from '../evm/state/trieNode.ts';
import { invalid } from './invalid.ts';

/** A branch of 16 hashes has 532 bytes, a leaf with an account less than 200. */
const MAX_NODE_BYTES = 1024;
/** Keys are hashes. */
const KEY_NIBBLES = 64;

/** Where in the trie a node must stand. */
export interface Place {
  /** Nibbles of the keys above it. */
  readonly depth: number;
  readonly isStorage: boolean;
  readonly isRoot: boolean;
  /** It is an extension's child. */
  readonly isBelowExtension: boolean;
}

/**
 * A node as this lane writes it and no other: what the executor takes for granted of a state that it wrote itself. A root may be a lie of whoever
 * committed it, so hashes alone do not vouch for the form.
 * @throws ChainError SNAPSHOT_INVALID
 */
export function strictNode(bytes: Uint8Array, place: Place): TrieNode {
  if (bytes.length > MAX_NODE_BYTES) throw invalid('node too long');
  // A shorter one stands in its parent.
  if (bytes.length < 32 && !place.isRoot) throw invalid('node too short');
  let node: TrieNode;
  let again: Uint8Array;
  try {
    node = decodeNode(bytes);
    checkForm(node, place);
    again = encodeNode(node);
  } catch (cause) {
    throw cause instanceof ChainError ? cause : invalid('node', {}, { cause });
  }
  if (Buffer.compare(again, bytes) !== 0) throw invalid('node in another encoding');
  return node;
}

function checkForm(node: TrieNode, { depth, isStorage, isBelowExtension }: Place): void {
  if (isBelowExtension && node.kind !== 'branch') throw invalid('extension that leads to no branch');
  if (node.kind === 'branch') {
    const children = node.children.filter((child) => child !== undefined);
    if (children.length < 2 || depth >= KEY_NIBBLES) throw invalid('branch');
    for (const child of children) checkChild(child, { depth: depth + 1, isStorage, isBelowExtension: false });
  } else if (node.kind === 'extension') {
    if (node.path.length === 0 || depth + node.path.length >= KEY_NIBBLES) throw invalid('extension');
    checkChild(node.child, { depth: depth + node.path.length, isStorage, isBelowExtension: true });
  } else {
    if (depth + node.path.length !== KEY_NIBBLES) throw invalid('length of a key');
    if (isStorage) checkSlot(node.value);
    else accountOf(node.value);
  }
}

function checkChild(child: NodeRef, place: Omit<Place, 'isRoot'>): void {
  if (typeof child === 'string') {
    if (child.length !== 32) throw invalid('length of a hash');
    return;
  }
  checkForm(child, { ...place, isRoot: false });
  if (encodeNode(child).length >= 32) throw invalid('node that has no place in its parent');
}

function checkSlot(value: Uint8Array): void {
  const word = RLP.decode(value);
  const isWord = word instanceof Uint8Array && word.length > 0 && word.length <= 32 && word[0] !== 0;
  if (!isWord || Buffer.compare(encodeBytes(word), value) !== 0) throw invalid('value of a slot');
}

/** The account of a leaf, in its only encoding. @throws ChainError SNAPSHOT_INVALID */
export function accountOf(value: Uint8Array): AccountRecord {
  const account = decodeAccount(value);
  const isAccount =
    account.nonce < 1n << 64n &&
    account.balance < 1n << 256n &&
    account.storageRoot.length === 32 &&
    account.codeHash.length === 32 &&
    Buffer.compare(encodeAccount(account), value) === 0;
  if (!isAccount) throw invalid('account of the EVM lane');
  return account;
}
