import type { OpLocation } from '../../chain/types.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import type { ArtefactKind } from '../../sdk/rpcTypes.ts';

/** When an attestation came to be; what is older than the node's snapshot has block 0 and is ordered by index. */
export type Birth = Pick<OpLocation, 'block' | 'position' | 'op'>;

export interface ListEntry {
  readonly index: AccountIndex;
  readonly kind: ArtefactKind;
  readonly owner: AccountIndex;
  /** 0: none. */
  readonly parent: AccountIndex;
  readonly birth: Birth;
}

export interface ListQuery {
  readonly kind?: ArtefactKind | undefined;
  readonly owner?: AccountIndex | undefined;
  /** Only older ones. */
  readonly before?: Birth | undefined;
  readonly limit: number;
}

/** All attestations in the order in which they came to be. */
export class AttestationList {
  /** Ascending. */
  readonly #entries: ListEntry[] = [];
  readonly #known = new Set<AccountIndex>();
  readonly #agents = new Map<AccountIndex, AccountIndex[]>();
  readonly #children = new Map<AccountIndex, number>();

  /** Newer than all there are, or known already. */
  add(entry: ListEntry): void {
    if (this.#known.has(entry.index)) return;
    this.#known.add(entry.index);
    this.#entries.push(entry);
    if (entry.parent !== 0) this.#children.set(entry.parent, this.children(entry.parent) + 1);
    if (entry.kind !== 'agent') return;
    const agents = this.#agents.get(entry.owner);
    if (agents === undefined) this.#agents.set(entry.owner, [entry.index]);
    else agents.push(entry.index);
  }

  /** How many name it as their parent. */
  children(index: AccountIndex): number {
    return this.#children.get(index) ?? 0;
  }

  /** Agents of an owner, oldest first. */
  agentsOf(owner: AccountIndex): readonly AccountIndex[] {
    return this.#agents.get(owner) ?? [];
  }

  /** Newest first, and whether there are older ones. */
  page({ kind, owner, before, limit }: ListQuery): { readonly items: readonly ListEntry[]; readonly isMore: boolean } {
    const items: ListEntry[] = [];
    let at = before === undefined ? this.#entries.length : this.#firstFrom(before);
    for (at -= 1; at >= 0; at -= 1) {
      const entry = this.#entries[at];
      if (entry === undefined) break;
      if ((kind !== undefined && entry.kind !== kind) || (owner !== undefined && entry.owner !== owner)) continue;
      if (items.length === limit) return { items, isMore: true };
      items.push(entry);
    }
    return { items, isMore: false };
  }

  /** Those of a kind, oldest first. */
  *ofKind(kind: ArtefactKind): Generator<ListEntry> {
    for (const entry of this.#entries) if (entry.kind === kind) yield entry;
  }

  /** Of the first entry that is not older than `birth`. */
  #firstFrom(birth: Birth): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && compareBirths(entry.birth, birth) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function compareBirths(x: Birth, y: Birth): number {
  return Number(x.block - y.block) || x.position - y.position || x.op - y.op;
}

/** Where a list goes on: the last entry's birth, which stays its own while others come and go. */
export function cursorOf({ block, position, op }: Birth): string {
  return `${block}.${position}.${op}`;
}

/** Undefined: no cursor of these lists. */
export function birthOf(cursor: string): Birth | undefined {
  const match = /^(\d{1,15})\.(\d{1,9})\.(\d{1,9})$/.exec(cursor);
  if (match === null) return undefined;
  const [, block = '', position = '', op = ''] = match;
  return { block: BigInt(block), position: Number(position), op: Number(op) };
}
