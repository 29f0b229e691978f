import { hash } from './keystream.ts';

const LEAF = 0;
const NODE_TAG = Uint8Array.of(1);

/** `keccak256(0x00 ‖ uint32 index ‖ uint32 length ‖ chunk)`. */
export function leafHash(chunk: Uint8Array, index: number): Uint8Array {
  const head = new DataView(new ArrayBuffer(9));
  head.setUint8(0, LEAF);
  head.setUint32(1, index);
  head.setUint32(5, chunk.length);
  return hash(new Uint8Array(head.buffer), chunk);
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash(NODE_TAG, left, right);
}

interface Subtree {
  readonly root: Uint8Array;
  readonly height: number;
  /** Holds the leaf that is proven. */
  readonly isOnPath: boolean;
}

/**
 * The tree over a file's chunks, leaf by leaf; it keeps one hash a level. Pairs are joined level by level and the odd one out goes up as it
 * is: the same as full subtrees, the largest first, joined from the right.
 */
export class ChunkTree {
  readonly #wanted: number | undefined;
  readonly #proof: Uint8Array[] = [];
  readonly #subtrees: Subtree[] = [];
  #count = 0;

  /** @param wanted position of a leaf whose siblings are kept for `proof` */
  constructor(wanted?: number) {
    this.#wanted = wanted;
  }

  get count(): number {
    return this.#count;
  }

  append(leaf: Uint8Array): void {
    let last: Subtree = { root: leaf, height: 0, isOnPath: this.#count === this.#wanted };
    for (let left = this.#subtrees.at(-1); left?.height === last.height; left = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      last = this.#join(left, last);
    }
    this.#subtrees.push(last);
    this.#count += 1;
  }

  /** Of at least one leaf; ends the tree. The proof's siblings stand from the leaf up. */
  end(): { readonly root: Uint8Array; readonly proof: readonly Uint8Array[] } {
    let last = this.#subtrees.pop();
    if (last === undefined) throw new RangeError('a tree without leaves has no root');
    for (let left = this.#subtrees.pop(); left !== undefined; left = this.#subtrees.pop())
      last = this.#join(left, last);
    return { root: last.root, proof: this.#proof };
  }

  #join(left: Subtree, right: Subtree): Subtree {
    if (left.isOnPath) this.#proof.push(right.root);
    if (right.isOnPath) this.#proof.push(left.root);
    return {
      root: nodeHash(left.root, right.root),
      height: left.height + 1,
      isOnPath: left.isOnPath || right.isOnPath,
    };
  }
}
