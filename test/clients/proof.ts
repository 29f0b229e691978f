/** Checks an answer of eth_getProof by itself: hashes down the Merkle-Patricia path, nothing else is believed. */
import { fromRlp, type Hex, hexToBigInt, keccak256, numberToHex, pad, toRlp } from 'viem';
import { holds, same } from './check.ts';

export interface ProofAnswer {
  readonly address: Hex;
  readonly accountProof: readonly Hex[];
  readonly balance: bigint;
  readonly codeHash: Hex;
  readonly nonce: number | bigint;
  readonly storageHash: Hex;
  readonly storageProof: readonly { readonly key: Hex; readonly value: bigint; readonly proof: readonly Hex[] }[];
}

type Item = Hex | readonly Item[];

/** An account and its slots against a state root; fails if the proof does not show exactly what the answer says. */
export function verifyProof(stateRoot: Hex, answer: ProofAnswer): void {
  const { nonce, balance, storageHash, codeHash } = answer;
  const found = lookUp(stateRoot, keccak256(answer.address), answer.accountProof);
  const isEmpty = BigInt(nonce) === 0n && balance === 0n && codeHash === keccak256('0x');
  if (found === undefined) holds(isEmpty, 'the proof shows no account', answer);
  else
    same(found, toRlp([quantity(BigInt(nonce)), quantity(balance), storageHash, codeHash]), 'the account of the proof');
  for (const { key, value, proof } of answer.storageProof) {
    const slot = keccak256(pad(key, { size: 32 }));
    const isEmptyTrie =
      storageHash === EMPTY_ROOT && (proof.length === 0 || (proof.length === 1 && proof[0] === '0x80'));
    const stored = isEmptyTrie ? undefined : lookUp(storageHash, slot, proof);
    const shown = stored === undefined ? 0n : hexToBigInt(fromRlp(stored) as Hex); // a slot holds one string
    same(shown, value, `slot ${key} of the proof`);
  }
}

const EMPTY_ROOT = keccak256(toRlp('0x'));

function quantity(value: bigint): Hex {
  return value === 0n ? '0x' : evenHex(numberToHex(value));
}

function evenHex(hex: Hex): Hex {
  return hex.length % 2 === 0 ? hex : `0x0${hex.slice(2)}`;
}

/** The value under a path of nibbles, or undefined if the proof shows that there is none. */
function lookUp(root: Hex, path: Hex, proof: readonly Hex[]): Hex | undefined {
  let nibbles = path.slice(2);
  let expected: Item = root;
  let used = 0;
  for (;;) {
    let node: Item;
    if (typeof expected === 'string' && expected.length === 66) {
      const encoded = proof[used];
      holds(encoded !== undefined, 'the proof ends too early', { used, nibbles });
      same(keccak256(encoded), expected, `node ${used} of the proof`);
      node = fromRlp(encoded) as Item; // RLP is strings and lists
      used += 1;
    } else {
      node = expected; // a short node is inside its parent
    }
    holds(Array.isArray(node), 'a node is a list', node);
    const items = node as readonly Item[];
    if (items.length === 17) {
      const child = items[nibbles === '' ? 16 : Number.parseInt(nibbles[0] ?? '', 16)];
      if (child === undefined || child === '0x') return ended(proof, used);
      if (nibbles === '') return leaf(child, proof, used);
      nibbles = nibbles.slice(1);
      expected = child;
      continue;
    }
    const [head, next] = items;
    holds(typeof head === 'string' && next !== undefined, 'a node of two items', items);
    const flag = Number.parseInt(head[2] ?? '', 16);
    const key = flag % 2 === 1 ? head.slice(3) : head.slice(4);
    if (!nibbles.startsWith(key)) return ended(proof, used);
    nibbles = nibbles.slice(key.length);
    if (flag >= 2) {
      if (nibbles !== '') return ended(proof, used);
      return leaf(next, proof, used);
    }
    expected = next;
  }
}

function leaf(value: Item, proof: readonly Hex[], used: number): Hex {
  ended(proof, used);
  holds(typeof value === 'string', 'a value is a string', value);
  return value as Hex;
}

/** Nothing may follow what was used. */
function ended(proof: readonly Hex[], used: number): undefined {
  same(proof.length, used, 'length of the proof');
  return undefined;
}
