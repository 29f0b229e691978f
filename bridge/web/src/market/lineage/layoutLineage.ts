import type { ArtefactNode, LineageNode } from './lineageTree.ts';

export interface PlacedNode {
  readonly node: LineageNode;
  /** Stable for the same artefact. */
  readonly id: string;
  /** Upper left corner, CSS pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Generation from the first ancestor. */
  readonly layer: number;
  /** Of the node above. */
  readonly parent?: string;
}

export interface PlacedEdge {
  readonly id: string;
  /** From the lower middle of the one above to the upper middle of the one below. */
  readonly path: string;
}

export interface LineageLayout {
  /** In reading order: each before what hangs under it, left before right. */
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

export const NODE_WIDTH = 168;
export const NODE_HEIGHT = 62;
const GAP_X = 16;
const GAP_Y = 40;
const MARGIN = 6;

/**
 * Generations one beneath the other; every node over the middle of what hangs under it. Each subtree has columns of its own, so nothing
 * overlaps and no edges cross; the order of children is kept, so the same lineage is always drawn alike.
 */
export function layoutLineage(tree: ArtefactNode): LineageLayout {
  const placed = inOrder(tree);
  let columns = 0;
  // who has children stands over the middle of them: known from the last to the first
  const middles = placed.map(({ node }) => (node.children.length === 0 ? middleOf(columns++) : Number.NaN));
  const [firsts, lasts] = [[...middles], [...middles]];
  for (let i = placed.length - 1; i >= 0; i -= 1) {
    const middle = ((firsts[i] ?? 0) + (lasts[i] ?? 0)) / 2;
    middles[i] = middle;
    const above = placed[i]?.above;
    if (above === undefined) continue;
    firsts[above] = middle;
    if (Number.isNaN(lasts[above])) lasts[above] = middle;
  }
  const nodes = placed.map(({ node, layer, above }, i): PlacedNode => {
    const parent = above === undefined ? undefined : placed[above]?.node;
    return {
      ...{ node, id: idOf(node), x: (middles[i] ?? 0) - NODE_WIDTH / 2, y: yOf(layer) },
      ...{ width: NODE_WIDTH, height: NODE_HEIGHT, layer },
      ...(parent !== undefined && { parent: idOf(parent) }),
    };
  });
  const edges = placed.flatMap(({ node, layer, above }, i): PlacedEdge[] => {
    const parent = above === undefined ? undefined : placed[above]?.node;
    if (above === undefined || parent === undefined) return [];
    const [x, from, end, to] = [middles[above], yOf(layer - 1) + NODE_HEIGHT, middles[i], yOf(layer)];
    const bend = (from + to) / 2;
    return [{ id: `${idOf(parent)}/${idOf(node)}`, path: `M${x} ${from}C${x} ${bend} ${end} ${bend} ${end} ${to}` }];
  });
  const layers = placed.reduce((most, { layer }) => Math.max(most, layer + 1), 0);
  return {
    nodes,
    edges,
    width: 2 * MARGIN + columns * NODE_WIDTH + (columns - 1) * GAP_X,
    height: 2 * MARGIN + layers * NODE_HEIGHT + (layers - 1) * GAP_Y,
  };
}

interface Ordered {
  readonly node: LineageNode;
  readonly layer: number;
  /** Position of its parent. */
  readonly above: number | undefined;
}

/** Each before what hangs under it, left before right; no recursion, for a lineage can be as long as the node lists. */
function inOrder(tree: LineageNode): readonly Ordered[] {
  const ordered: Ordered[] = [];
  const left: Ordered[] = [{ node: tree, layer: 0, above: undefined }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const above = ordered.push(next) - 1;
    const { layer, node } = next;
    for (const child of [...node.children].reverse()) left.push({ node: child, layer: layer + 1, above });
  }
  return ordered;
}

function idOf(node: LineageNode): string {
  return node.type === 'fold' ? `fold-${node.opens}` : `artefact-${node.item.index}`;
}

export type Direction = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight';

/** Where an arrow key leads: up to the parent, down to the nearest child, sideways within the generation; undefined: nowhere. */
export function neighbour({ nodes }: LineageLayout, id: string, direction: Direction): string | undefined {
  const from = nodes.find((node) => node.id === id);
  if (from === undefined) return undefined;
  if (direction === 'ArrowUp') return from.parent;
  if (direction === 'ArrowDown')
    return nearest(
      nodes.filter(({ parent }) => parent === id),
      from.x,
    )?.id;
  const isRight = direction === 'ArrowRight';
  const beside = nodes.filter(({ layer, x }) => layer === from.layer && (isRight ? x > from.x : x < from.x));
  return nearest(beside, from.x)?.id;
}

function nearest(nodes: readonly PlacedNode[], x: number): PlacedNode | undefined {
  return nodes.reduce<PlacedNode | undefined>(
    (best, node) => (best === undefined || Math.abs(node.x - x) < Math.abs(best.x - x) ? node : best),
    undefined,
  );
}

function yOf(layer: number): number {
  return MARGIN + layer * (NODE_HEIGHT + GAP_Y);
}

function middleOf(column: number): number {
  return MARGIN + column * (NODE_WIDTH + GAP_X) + NODE_WIDTH / 2;
}
