import { hexToBytes, prefixedHex, wordHex } from '../../protocol/bytes.ts';
import { keccak256, keccakWords } from '../../protocol/crypto/keccak.ts';
import { OUTBOX } from '../../protocol/lane/addresses.ts';
import { OUTBOX_DEPTH } from '../../protocol/lane/constants.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { GenesisError } from '../errors.ts';

/** Where Outbox keeps its root and the number of its leaves (contracts/Outbox.sol). */
export const OUTBOX_ROOT_SLOT: Hex = wordHex(0n);
export const OUTBOX_COUNT_SLOT: Hex = wordHex(1n);

/** A withdrawal. Addresses in lower case. */
export interface OutboxLeaf {
  readonly index: bigint;
  /** Who withdrew, on the EVM lane. */
  readonly sender: Hex;
  /** The rollup's token id; 0 is ETH. */
  readonly token: number;
  readonly amount: bigint;
  /** Who is paid on L1; with an account, who gets the money if the account cannot take it. */
  readonly recipient: Hex;
  /** A ledger account, or 0. */
  readonly account: number;
}

/** `keccak256(abi.encode(index, sender, token, amount, recipient, account))`. */
export function outboxLeafHash({ index, sender, token, amount, recipient, account }: OutboxLeaf): Hex {
  return wordHex(keccakWords([index, BigInt(sender), BigInt(token), amount, BigInt(recipient), BigInt(account)]));
}

/** Root of an empty subtree by its height. */
const EMPTY: readonly Hex[] = emptyRoots();
export const EMPTY_OUTBOX_ROOT: Hex = EMPTY[OUTBOX_DEPTH] as Hex; // OUTBOX_DEPTH + 1 entries

/** The tree of Outbox's withdrawals, with proofs (docs/protocol.md section 10). Of inner nodes only those over leaves alone are kept. */
export class OutboxTree {
  /** `levels[h][i]`: the node at height h, once all leaves below it are there. */
  readonly #levels: Hex[][] = Array.from({ length: OUTBOX_DEPTH + 1 }, () => []);

  get count(): bigint {
    return BigInt(this.#levels[0]?.length ?? 0);
  }

  get root(): Hex {
    return this.#node(OUTBOX_DEPTH, 0);
  }

  /** @throws GenesisError OUT_OF_RANGE if the leaf's index is not the next one */
  append(leaf: OutboxLeaf): void {
    if (leaf.index !== this.count) throw new GenesisError('OUT_OF_RANGE', { index: leaf.index, expected: this.count });
    let node = outboxLeafHash(leaf);
    this.#levels[0]?.push(node);
    // About one hash a leaf: a node is made when its right half is complete.
    for (let at = Number(leaf.index), height = 0; at % 2 === 1; height += 1) {
      node = nodeHash(this.#node(height, at - 1), node);
      at = (at - 1) / 2;
      this.#levels[height + 1]?.push(node);
    }
  }

  /** The siblings from the leaf up. @throws GenesisError OUT_OF_RANGE */
  proof(index: bigint): Hex[] {
    if (index < 0n || index >= this.count) throw new GenesisError('OUT_OF_RANGE', { index, count: this.count });
    let at = Number(index);
    return Array.from({ length: OUTBOX_DEPTH }, (_, height) => {
      const sibling = this.#node(height, at % 2 === 0 ? at + 1 : at - 1);
      at = Math.floor(at / 2);
      return sibling;
    });
  }

  /** Over a part of the leaves it is computed: at each height there is one such node at most. */
  #node(height: number, at: number): Hex {
    const known = this.#levels[height]?.[at];
    if (known !== undefined) return known;
    if (at * 2 ** height >= Number(this.count)) return EMPTY[height] as Hex; // heights are 0 … OUTBOX_DEPTH
    return nodeHash(this.#node(height - 1, 2 * at), this.#node(height - 1, 2 * at + 1));
  }
}

/** The root that a leaf's proof leads to. */
export function outboxRootOf(leaf: OutboxLeaf, proof: readonly Hex[]): Hex {
  return proof.reduce<Hex>(
    (node, sibling, height) =>
      ((leaf.index >> BigInt(height)) & 1n) === 1n ? nodeHash(sibling, node) : nodeHash(node, sibling),
    outboxLeafHash(leaf),
  );
}

/** keccak256("Withdrawal(uint256,address,uint16,uint256,address,uint32)"). */
const WITHDRAWAL_TOPIC = wordHex(
  keccak256(new TextEncoder().encode('Withdrawal(uint256,address,uint16,uint256,address,uint32)')),
);

/** Whether a log is a withdrawal: only Outbox's own count. */
export function isOutboxLog(log: { readonly address: Hex; readonly topics: readonly Hex[] }): boolean {
  return log.address.toLowerCase() === OUTBOX && log.topics[0] === WITHDRAWAL_TOPIC;
}

/** @throws GenesisError NOT_A_WITHDRAWAL */
export function parseOutboxLog(log: {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}): OutboxLeaf {
  const [, index, sender] = log.topics;
  const data = hexToBytes(log.data);
  if (!isOutboxLog(log) || index === undefined || sender === undefined || data.length !== 128) {
    throw new GenesisError('NOT_A_WITHDRAWAL', { address: log.address, topic: log.topics[0] });
  }
  const word = (i: number) => prefixedHex(data.subarray(32 * i, 32 * i + 32));
  return {
    index: BigInt(index),
    sender: addressOf(sender),
    token: Number(word(0)),
    amount: BigInt(word(1)),
    recipient: addressOf(word(2)),
    account: Number(word(3)),
  };
}

function addressOf(word: Hex): Hex {
  return `0x${word.slice(-40).toLowerCase()}`;
}

function nodeHash(left: Hex, right: Hex): Hex {
  const bytes = new Uint8Array(64);
  bytes.set(hexToBytes(left), 0);
  bytes.set(hexToBytes(right), 32);
  return wordHex(keccak256(bytes));
}

function emptyRoots(): Hex[] {
  const roots: Hex[] = [wordHex(0n)];
  for (let height = 0; height < OUTBOX_DEPTH; height += 1) {
    const below = roots[height] as Hex; // pushed before
    roots.push(nodeHash(below, below));
  }
  return roots;
}
