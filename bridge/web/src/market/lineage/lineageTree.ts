import type { ArtefactKind } from '../../../../../sdk/rpcTypes.ts';

/** What of an attestation the lineage shows. */
export interface LineageItem {
  readonly index: number;
  /** 0: none. */
  readonly parent: number;
  readonly kind: ArtefactKind;
  readonly owner: number;
  readonly royaltyBps: number;
}

export interface Lineage {
  readonly attestation: LineageItem;
  /** Parent first. */
  readonly ancestors: readonly LineageItem[];
  readonly descendants: readonly LineageItem[];
}

/** An artefact, or what stands for `hidden` of them: opened by adding `opens` to what is open. */
export type LineageNode = ArtefactNode | FoldNode;

export interface ArtefactNode {
  readonly type: 'artefact';
  readonly item: LineageItem;
  readonly isCurrent: boolean;
  readonly children: readonly LineageNode[];
}

export interface FoldNode {
  readonly type: 'fold';
  /** The artefact under which something is folded; `UP`: between the first ancestor and the nearest ones. */
  readonly opens: number;
  readonly hidden: number;
  readonly children: readonly LineageNode[];
}

/** What opens the fold of the ancestors. */
export const UP = 0;
/** Next to each other; one more is shown where it would be the only one folded. */
const MAX_CHILDREN = 6;
/** Generations beneath the artefact that is looked at. */
const MAX_DEPTH = 5;
/** Above it, its first ancestor not counted. */
const NEAR_ANCESTORS = 3;

/**
 * The lineage as one tree from its first ancestor. An attestation has one parent, so it is one; whatever does not hang together
 * (a node may answer anything: circles, strangers, the same twice) is left out.
 */
export function lineageTree(lineage: Lineage, open: ReadonlySet<number> = new Set()): ArtefactNode {
  const { attestation } = lineage;
  const ancestors = chainOf(lineage);
  const used = new Set([attestation.index, ...ancestors.map(({ index }) => index)]);
  const children = new Map<number, LineageItem[]>();
  for (const item of lineage.descendants) {
    if (used.has(item.index)) continue;
    used.add(item.index);
    const siblings = children.get(item.parent);
    if (siblings === undefined) children.set(item.parent, [item]);
    else siblings.push(item);
  }
  const below = descend(attestation, { children, open, depth: 0 });
  return above({ ...below, isCurrent: true }, ancestors, open.has(UP));
}

/** Ancestors as long as each is the parent of the one before. */
function chainOf({ attestation, ancestors }: Lineage): readonly LineageItem[] {
  const chain: LineageItem[] = [];
  const seen = new Set([attestation.index]);
  let parent = attestation.parent;
  for (const item of ancestors) {
    if (item.index !== parent || seen.has(item.index)) break;
    seen.add(item.index);
    chain.push(item);
    parent = item.parent;
  }
  return chain;
}

function above(current: ArtefactNode, ancestors: readonly LineageItem[], isOpen: boolean): ArtefactNode {
  const hidden = isOpen ? 0 : ancestors.length - NEAR_ANCESTORS - 1;
  let node: LineageNode = current;
  ancestors.forEach((item, i) => {
    const isHidden = hidden > 1 && i >= NEAR_ANCESTORS && i < ancestors.length - 1;
    if (!isHidden) node = { type: 'artefact', item, isCurrent: false, children: [node] };
    else if (node.type !== 'fold') node = { type: 'fold', opens: UP, hidden, children: [node] };
  });
  // the last ancestor is never hidden
  return node as ArtefactNode;
}

interface Descent {
  readonly children: ReadonlyMap<number, readonly LineageItem[]>;
  readonly open: ReadonlySet<number>;
  readonly depth: number;
}

function descend(item: LineageItem, { children, open, depth }: Descent): ArtefactNode {
  const all = children.get(item.index) ?? [];
  const isOpen = open.has(item.index);
  // what was opened begins a new count of generations
  const level = isOpen ? 0 : depth;
  const room = isOpen ? all.length : depth >= MAX_DEPTH ? 0 : MAX_CHILDREN;
  const shown = all.length <= room + (room === 0 ? 0 : 1) ? all : all.slice(0, room);
  const nodes: LineageNode[] = shown.map((child) => descend(child, { children, open, depth: level + 1 }));
  const hidden = all.slice(shown.length).reduce((sum, child) => sum + 1 + sizeBelow(child.index, children), 0);
  if (hidden > 0) nodes.push({ type: 'fold', opens: item.index, hidden, children: [] });
  return { type: 'artefact', item, isCurrent: false, children: nodes };
}

function sizeBelow(index: number, children: Descent['children']): number {
  let count = 0;
  const left = [index];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const own = children.get(next) ?? [];
    count += own.length;
    left.push(...own.map((child) => child.index));
  }
  return count;
}
