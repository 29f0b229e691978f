import { RLP } from '@ethereumjs/rlp';
import { encodeBytes, encodeList } from './rlpWriter.ts';

/** The hash of a stored node, as 32 latin1 characters: the cheapest key a Map can have. */
export type NodeKey = string;
/** A stored node, or one that is part of its parent (shorter than 32 bytes, or not yet hashed). */
export type NodeRef = NodeKey | TrieNode;

/** Nodes are never changed once they are in a cache. Paths are nibbles. */
export type TrieNode = LeafNode | ExtensionNode | BranchNode;

export interface LeafNode {
  readonly kind: 'leaf';
  readonly path: Uint8Array;
  readonly value: Uint8Array;
}
export interface ExtensionNode {
  readonly kind: 'extension';
  readonly path: Uint8Array;
  readonly child: NodeRef;
}
/** The keys of a trie of ours are never a prefix of one another: a branch has no value. */
export interface BranchNode {
  readonly kind: 'branch';
  /** 16. */
  readonly children: readonly (NodeRef | undefined)[];
}

export function keyOf(hash: Uint8Array): NodeKey {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('latin1');
}

const EMPTY = new Uint8Array([0x80]);

/** Encodes a node; a child that is not a hash stands inline. */
export function encodeNode(node: TrieNode): Uint8Array {
  switch (node.kind) {
    case 'leaf':
      return encodeList([encodeBytes(packPath(node.path, 0x20)), encodeBytes(node.value)]);
    case 'extension':
      return encodeList([encodeBytes(packPath(node.path, 0)), refBytes(node.child)]);
    case 'branch': {
      const items: Uint8Array[] = [];
      for (const child of node.children) items.push(child === undefined ? EMPTY : refBytes(child));
      items.push(EMPTY);
      return encodeList(items);
    }
  }
}

function refBytes(ref: NodeRef): Uint8Array {
  if (typeof ref !== 'string') return encodeNode(ref);
  const bytes = Buffer.allocUnsafe(33);
  bytes[0] = 0xa0;
  bytes.write(ref, 1, 'latin1');
  return bytes;
}

/** Bytes that the store's own hash vouches for. */
export function decodeNode(bytes: Uint8Array): TrieNode {
  return nodeOf(RLP.decode(bytes) as Uint8Array[]); // a node is a list of byte strings and lists
}

function nodeOf(items: readonly (Uint8Array | Uint8Array[])[]): TrieNode {
  if (items.length === 17) {
    return {
      kind: 'branch',
      children: items.slice(0, 16).map((item) => (item.length === 0 ? undefined : refOf(item))),
    };
  }
  const [head, tail] = items as [Uint8Array, Uint8Array | Uint8Array[]]; // a node has 17 or 2 items
  const flags = head[0] as number; // a path has at least its flags
  const path = unpackPath(head);
  if ((flags & 0x20) !== 0) return { kind: 'leaf', path, value: (tail as Uint8Array).slice() }; // a leaf's value is a string
  return { kind: 'extension', path, child: refOf(tail) };
}

function refOf(item: Uint8Array | Uint8Array[]): NodeRef {
  return Array.isArray(item) ? nodeOf(item) : keyOf(item);
}

/** Nibbles with the flags of the hex-prefix encoding. */
function packPath(path: Uint8Array, flags: number): Uint8Array {
  const odd = path.length & 1;
  const bytes = new Uint8Array((path.length >> 1) + 1);
  bytes[0] = flags | (odd === 1 ? 0x10 | (path[0] as number) : 0); // odd: it has a first nibble
  for (let i = odd, at = 1; i < path.length; i += 2, at++) {
    bytes[at] = ((path[i] as number) << 4) | (path[i + 1] as number); // an even number of nibbles is left
  }
  return bytes;
}

function unpackPath(bytes: Uint8Array): Uint8Array {
  const odd = ((bytes[0] as number) >> 4) & 1; // as above: never empty
  const path = new Uint8Array(2 * bytes.length - 2 + odd);
  for (let i = 0; i < path.length; i++) {
    const nibble = i + 2 - odd;
    const byte = bytes[nibble >> 1] as number; // below 2 * bytes.length
    path[i] = (nibble & 1) === 0 ? byte >> 4 : byte & 15;
  }
  return path;
}

/** Nibble `i` of a key. */
export function nibbleOf(key: Uint8Array, i: number): number {
  const byte = key[i >> 1] as number; // callers stay below 2 * key.length
  return (i & 1) === 0 ? byte >> 4 : byte & 15;
}

/** Nibbles of a key from `from` on. */
export function nibblesOf(key: Uint8Array, from: number): Uint8Array {
  const path = new Uint8Array(2 * key.length - from);
  for (let i = 0; i < path.length; i++) path[i] = nibbleOf(key, from + i);
  return path;
}
