import { describe, expect, it } from 'vitest';
import { layoutLineage, NODE_HEIGHT, NODE_WIDTH, neighbour, type PlacedNode } from './layoutLineage.ts';
import { type LineageItem, type LineageNode, lineageTree, UP } from './lineageTree.ts';

const item = (index: number, parent: number): LineageItem => ({
  index,
  parent,
  kind: 'model',
  owner: 1,
  royaltyBps: 0,
});

const chain = (from: number, to: number): LineageItem[] =>
  Array.from({ length: from - to + 1 }, (_, i) => item(from - i, from - i === 1 ? 0 : from - i - 1));

const everything = new Set(Array.from({ length: 3_000 }, (_, i) => i));

/** Artefacts of a tree, in order. */
function indices(node: LineageNode): number[] {
  const own = node.type === 'fold' ? [] : [node.item.index];
  return [...own, ...node.children.flatMap(indices)];
}

/** How many artefacts are under one, folded ones too. */
function countBelow(node: LineageNode): number {
  return node.children.reduce((sum, child) => sum + (child.type === 'fold' ? child.hidden : 1) + countBelow(child), 0);
}

function overlap(one: PlacedNode, other: PlacedNode): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

/** Deterministic and uneven. */
function wild(count: number, seed: number): LineageItem[] {
  let state = seed;
  return Array.from({ length: count }, (_, i) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return item(11 + i, 10 + (state % (i + 1)));
  });
}

describe('the tree of a lineage', () => {
  it('goes from the first ancestor over the artefact to its descendants', () => {
    const tree = lineageTree({
      attestation: item(3, 2),
      ancestors: [item(2, 1), item(1, 0)],
      descendants: [item(4, 3), item(5, 4)],
    });
    expect(indices(tree)).toEqual([1, 2, 3, 4, 5]);
  });

  it('folds siblings beyond six, and shows a seventh rather than a fold of one', () => {
    const children = (count: number) => Array.from({ length: count }, (_, i) => item(2 + i, 1));
    const seven = lineageTree({ attestation: item(1, 0), ancestors: [], descendants: children(7) });
    expect(seven.children).toHaveLength(7);
    const nine = lineageTree({ attestation: item(1, 0), ancestors: [], descendants: children(9) });
    expect(nine.children.at(-1)).toMatchObject({ type: 'fold', opens: 1, hidden: 3 });
    const opened = lineageTree({ attestation: item(1, 0), ancestors: [], descendants: children(9) }, new Set([1]));
    expect(opened.children).toHaveLength(9);
  });

  it('folds old ancestors but the first, and deep descendants, and counts all that is folded', () => {
    const lineage = {
      attestation: item(20, 19),
      ancestors: chain(19, 1),
      descendants: Array.from({ length: 10 }, (_, i) => item(21 + i, 20 + i)),
    };
    const tree = lineageTree(lineage);
    expect(indices(tree)).toEqual([1, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
    expect(countBelow(tree)).toBe(29);
    const opened = lineageTree(lineage, new Set([UP, 25]));
    expect(indices(opened)).toHaveLength(30);
  });

  it('leaves out what a lying node adds: circles, strangers, the same twice', () => {
    const tree = lineageTree({
      attestation: item(3, 2),
      ancestors: [item(2, 3), item(3, 2), item(2, 3)],
      descendants: [item(4, 3), item(4, 3), item(3, 4), item(2, 4), item(9, 8), item(6, 7), item(7, 6)],
    });
    expect(indices(tree)).toEqual([2, 3, 4]);
  });

  it('takes a thousand generations each way', () => {
    const tree = lineageTree(
      {
        attestation: item(1_001, 1_000),
        ancestors: chain(1_000, 1),
        descendants: Array.from({ length: 1_000 }, (_, i) => item(1_002 + i, 1_001 + i)),
      },
      everything,
    );
    expect(layoutLineage(tree).nodes).toHaveLength(2_001);
  });
});

describe('the layout of a lineage', () => {
  const lineage = { attestation: item(10, 9), ancestors: [item(9, 8), item(8, 0)], descendants: wild(160, 7) };

  it.each([
    ['folded', new Set<number>()],
    ['open', everything],
  ])('overlaps nowhere, stays inside, and every edge goes down (%s)', (_, open) => {
    const { nodes, width, height } = layoutLineage(lineageTree(lineage, open));
    const byId = new Map(nodes.map((node) => [node.id, node]));
    expect(byId.size).toBe(nodes.length);
    nodes.forEach((one, i) => {
      for (const other of nodes.slice(i + 1)) expect(overlap(one, other), `${one.id} ${other.id}`).toBe(false);
      expect(one.x).toBeGreaterThanOrEqual(0);
      expect(one.x + NODE_WIDTH).toBeLessThanOrEqual(width);
      expect(one.y + NODE_HEIGHT).toBeLessThanOrEqual(height);
      if (one.parent !== undefined) expect(byId.get(one.parent)?.y).toBeLessThan(one.y - NODE_HEIGHT);
    });
  });

  it('draws one edge to each node but the first', () => {
    const { nodes, edges } = layoutLineage(lineageTree(lineage, everything));
    expect(edges).toHaveLength(nodes.length - 1);
    expect(new Set(edges.map(({ id }) => id)).size).toBe(edges.length);
  });

  it('is the same for the same lineage, and what comes later moves nothing to the left of it', () => {
    const before = layoutLineage(lineageTree({ ...lineage, descendants: [item(11, 10), item(12, 10)] }));
    const again = layoutLineage(lineageTree({ ...lineage, descendants: [item(11, 10), item(12, 10)] }));
    expect(again).toEqual(before);
    const after = layoutLineage(lineageTree({ ...lineage, descendants: [item(11, 10), item(12, 10), item(13, 10)] }));
    const x = (layout: typeof before, id: string) => layout.nodes.find((node) => node.id === id)?.x;
    expect(x(after, 'artefact-11')).toBe(x(before, 'artefact-11'));
    expect(x(after, 'artefact-12')).toBe(x(before, 'artefact-12'));
  });

  it('reads each node before those under it', () => {
    const { nodes } = layoutLineage(lineageTree(lineage, everything));
    const seen = new Set<string>();
    for (const { id, parent } of nodes) {
      if (parent !== undefined) expect(seen.has(parent)).toBe(true);
      seen.add(id);
    }
  });

  it('arrow keys lead to parent, child and neighbours, and end at the edges', () => {
    const layout = layoutLineage(
      lineageTree({ attestation: item(1, 0), ancestors: [], descendants: [item(2, 1), item(3, 1), item(4, 2)] }),
    );
    expect(neighbour(layout, 'artefact-1', 'ArrowUp')).toBeUndefined();
    expect(neighbour(layout, 'artefact-1', 'ArrowDown')).toBe('artefact-2');
    expect(neighbour(layout, 'artefact-2', 'ArrowRight')).toBe('artefact-3');
    expect(neighbour(layout, 'artefact-3', 'ArrowRight')).toBeUndefined();
    expect(neighbour(layout, 'artefact-3', 'ArrowLeft')).toBe('artefact-2');
    expect(neighbour(layout, 'artefact-4', 'ArrowUp')).toBe('artefact-2');
    expect(neighbour(layout, 'nothing', 'ArrowUp')).toBeUndefined();
  });
});
