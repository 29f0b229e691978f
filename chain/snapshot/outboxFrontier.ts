import { type OutboxLeaf, outboxLeafHash } from '../../genesis/predeploys/outbox.ts';
import { OUTBOX_DEPTH } from '../../protocol/lane/constants.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { bytesHex, hexBytes, keccak } from '../evm/crypto.ts';

/** Outbox's root over leaves that come one after the other: what the contract itself keeps, one node a height. */
export class OutboxFrontier {
  /** The full node at each height that waits for its right sibling. */
  readonly #waiting: (Uint8Array | undefined)[] = new Array(OUTBOX_DEPTH).fill(undefined);
  #count = 0n;

  /** Index of the next leaf. */
  get count(): bigint {
    return this.#count;
  }

  /** @param leaf its index is `count` */
  append(leaf: OutboxLeaf): void {
    let node = hexBytes(outboxLeafHash(leaf));
    this.#count += 1n;
    for (let height = 0; height < OUTBOX_DEPTH; height += 1) {
      const left = this.#waiting[height];
      if (left === undefined) {
        this.#waiting[height] = node;
        return;
      }
      this.#waiting[height] = undefined;
      node = hash(left, node);
    }
  }

  root(): Hex {
    let node: Uint8Array = new Uint8Array(32);
    let empty: Uint8Array = new Uint8Array(32);
    for (const left of this.#waiting) {
      node = left === undefined ? hash(node, empty) : hash(left, node);
      empty = hash(empty, empty);
    }
    return bytesHex(node);
  }
}

function hash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return keccak(Buffer.concat([left, right]));
}
