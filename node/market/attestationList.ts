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
  /** Parts of the entries: whoever asks for few of many does not have all gone through. */
  readonly #ofKind = new Map<ArtefactKind, ListEntry[]>();
  readonly #ofOwner = new Map<AccountIndex, ListEntry[]>();

  /** Newer than all there are, or known already. */
  add(entry: ListEntry): void {
    if (this.#known.has(entry.index)) return;
    this.#known.add(entry.index);
    this.#entries.push(entry);
    addTo(this.#ofKind, entry.kind, entry);
    addTo(this.#ofOwner, entry.owner, entry);
    if (entry.parent !== 0) this.#children.set(entry.parent, this.children(entry.parent) + 1);
    if (entry.kind !== 'agent') return;
    addTo(this.#agents, entry.owner, entry.index);
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
    const entries = this.#narrowest(kind, owner);
    let at = before === undefined ? entries.length : firstFrom(entries, before);
    for (at -= 1; at >= 0; at -= 1) {
      const entry = entries[at];
      if (entry === undefined) break;
      if ((kind !== undefined && entry.kind !== kind) || (owner !== undefined && entry.owner !== owner)) continue;
      if (items.length === limit) return { items, isMore: true };
      items.push(entry);
    }
    return { items, isMore: false };
  }

  /** Those of a kind, oldest first. */
  ofKind(kind: ArtefactKind): readonly ListEntry[] {
    return this.#ofKind.get(kind) ?? [];
  }

  #narrowest(kind: ArtefactKind | undefined, owner: AccountIndex | undefined): readonly ListEntry[] {
    if (owner !== undefined) return this.#ofOwner.get(owner) ?? [];
    return kind === undefined ? this.#entries : this.ofKind(kind);
  }
}

/** Of the first entry that is not older than `birth`. */
function firstFrom(entries: readonly ListEntry[], birth: Birth): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry !== undefined && compareBirths(entry.birth, birth) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function addTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
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
