import { poseidon } from '../../protocol/crypto/poseidon.ts';
import { ZERO } from '../../protocol/field.ts';
import { ARITY, DEPTH } from '../../protocol/tree.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';

/** EMPTY[level]: an empty node at `level` (0: leaves). */
const EMPTY: readonly Field[] = (() => {
  const hashes: Field[] = [ZERO];
  for (let level = 0; level < DEPTH; level += 1)
    hashes.push(poseidon(new Array<Field>(ARITY).fill(hashes[level] ?? ZERO)));
  return hashes;
})();

interface OpenGroup {
  readonly position: number;
  readonly children: Field[];
}

/** The root of an account tree whose leaves come by index: in memory is one path, not the tree. */
export class RootBuilder {
  /** One group of children a level, from the leaves up: those that may still change. */
  readonly #open: (OpenGroup | undefined)[] = new Array(DEPTH).fill(undefined);

  /** @param index larger than all before it */
  add(index: AccountIndex, leaf: Field): void {
    this.#put(0, index, leaf);
  }

  /** Nothing can be added any more. */
  root(): Field {
    for (let level = 0; level < DEPTH - 1; level += 1) this.#close(level);
    const top = this.#open[DEPTH - 1];
    return top === undefined ? (EMPTY[DEPTH] as Field) : poseidon(top.children); // DEPTH + 1 entries
  }

  #put(level: number, at: number, hash: Field): void {
    const position = at >>> 3;
    if (this.#open[level]?.position !== position) {
      this.#close(level);
      this.#open[level] = { position, children: new Array<Field>(ARITY).fill(EMPTY[level] as Field) }; // level < DEPTH
    }
    const group = this.#open[level];
    if (group !== undefined) group.children[at & 7] = hash;
  }

  #close(level: number): void {
    const group = this.#open[level];
    if (group === undefined || level === DEPTH - 1) return;
    this.#open[level] = undefined;
    this.#put(level + 1, group.position, poseidon(group.children));
  }
}
