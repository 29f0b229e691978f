import { describe, expect, test } from 'vitest';
import { poseidon } from '../crypto/poseidon.ts';
import { R_FIELD } from '../field.ts';
import { expectCode } from '../testing/expectCode.ts';
import type { Field } from '../types.ts';
import { ReceiptFrontier, type ReceiptProof, ReceiptTree, verifyReceiptProof } from './receiptTree.ts';
import { expectReceiptCode } from './testing/expectReceiptCode.ts';

const leaf = (i: number): Field => poseidon([BigInt(i), 99n]);
const h = (a: Field, b: Field): Field => poseidon([a, b]);
const leaves = Array.from({ length: 40 }, (_, i) => leaf(i));

/** The definition of docs/receipts.md, from the leaves alone. */
function rootByDefinition(of: readonly Field[]): Field {
  if (of.length === 0) return 0n as Field;
  const peaks: Field[] = [];
  let start = 0;
  for (let height = 31; height >= 0; height -= 1) {
    if (((of.length >> height) & 1) === 0) continue;
    let row = of.slice(start, start + 2 ** height);
    start += 2 ** height;
    while (row.length > 1) row = row.flatMap((node, i) => (i % 2 === 0 ? [h(node, row[i + 1] as Field)] : []));
    peaks.push(row[0] as Field);
  }
  return h(BigInt(of.length) as Field, peaks.reduce(h));
}

function treeOf(count: number): ReceiptTree {
  const tree = new ReceiptTree();
  for (const item of leaves.slice(0, count)) tree.append(item);
  return tree;
}

describe('the receipt tree', () => {
  test('has the root of the definition at every size, as has the frontier, with and without roots in between', () => {
    const [tree, asked, late] = [new ReceiptTree(), new ReceiptFrontier(), new ReceiptFrontier()];
    expect([tree.root, asked.root]).toEqual([0n, 0n]);
    leaves.forEach((item, i) => {
      for (const target of [tree, asked, late]) target.append(item);
      const expected = rootByDefinition(leaves.slice(0, i + 1));
      expect([tree.root, asked.root, tree.rootAt(i + 1)]).toEqual([expected, expected, expected]);
    });
    expect(late.root).toBe(tree.root);
    expect([tree.size, late.size]).toEqual([40, 40]);
  });

  test('proves every position at every size, also sizes long past', () => {
    const tree = treeOf(40);
    for (let size = 1; size <= 40; size += 1) {
      const root = rootByDefinition(leaves.slice(0, size));
      for (let i = 0; i < size; i += 1) {
        expect(verifyReceiptProof(root, leaves[i] as Field, tree.proof(i, size))).toBe(true);
      }
    }
  });

  test('appending makes one inner node a leaf on average', () => {
    const frontier = new ReceiptFrontier();
    let nodes = 0;
    for (let i = 0; i < 1024; i += 1) frontier.append(leaf(i), () => (nodes += 1));
    // 1024 leaves and as many inner nodes less one.
    expect(nodes).toBe(2047);
  });

  test('the same leaves in another number or order have another root', () => {
    const roots = [[0], [0, 0], [0, 1], [1, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0, 1]].map((which) => {
      const tree = new ReceiptTree();
      for (const i of which) tree.append(leaf(i));
      return tree.root;
    });
    expect(new Set(roots).size).toBe(roots.length);
  });

  test('an inner node is not a leaf: a subtree of two cannot pass for one receipt', () => {
    const [tree, fake] = [treeOf(2), new ReceiptTree()];
    fake.append(h(leaves[0] as Field, leaves[1] as Field));
    expect(fake.root).not.toBe(tree.root);
  });

  test('refuses positions and sizes that it does not have', () => {
    const tree = treeOf(5);
    for (const act of [
      () => tree.proof(5),
      () => tree.proof(-1),
      () => tree.proof(1.5),
      () => tree.proof(2, 2),
      () => tree.proof(0, 6),
      () => tree.proof(0, 0),
      () => tree.rootAt(6),
      () => new ReceiptTree().proof(0),
    ]) {
      expectReceiptCode('RECEIPT_NOT_INCLUDED', act);
    }
    expectCode('WORD_NOT_CANONICAL', () => tree.append(R_FIELD as Field));
    expect(tree.root).toBe(rootByDefinition(leaves.slice(0, 5)));
  });
});

describe('an inclusion proof', () => {
  const tree = treeOf(13);
  const { root } = tree;
  // Size 13 = 8 + 4 + 1: position 9 is in the middle peak, with a fold before and a peak after.
  const good = tree.proof(9);
  const other = leaves[20] as Field;

  test('has two siblings, a fold before and one peak after', () => {
    expect([good.siblings.length, good.before !== undefined, good.after.length]).toEqual([2, true, 1]);
    expect(verifyReceiptProof(root, leaves[9] as Field, good)).toBe(true);
  });

  test.each<[string, Partial<ReceiptProof>]>([
    ['another position of the same subtree', { position: 10 }],
    ['a position in another peak', { position: 1 }],
    ['a position at the size', { position: 13 }],
    ['a negative position', { position: -1 }],
    ['a fractional position', { position: 9.5 }],
    ['size 12', { size: 12 }],
    ['size 14', { size: 14 }],
    ['size 13 + 2^32', { size: 13 + 2 ** 32 }],
    ['size NaN', { size: Number.NaN }],
    ['a sibling too few', { siblings: good.siblings.slice(1) }],
    ['a sibling too many', { siblings: [...good.siblings, other] }],
    ['another sibling', { siblings: [good.siblings[0] as Field, other] }],
    ['siblings exchanged', { siblings: [...good.siblings].reverse() }],
    ['no fold before', { before: undefined }],
    ['another fold before', { before: other }],
    ['no peak after', { after: [] }],
    ['another peak after', { after: [other] }],
    ['a fold that is not canonical', { before: ((good.before ?? 0n) + R_FIELD) as Field }],
    ['a negative sibling', { siblings: [-1n as Field, other] }],
  ])('with %s is refused', (_, change) => {
    expect(verifyReceiptProof(root, leaves[9] as Field, { ...good, ...change })).toBe(false);
  });

  test('is refused for another leaf, a leaf + r, another root', () => {
    expect(verifyReceiptProof(root, other, good)).toBe(false);
    expect(verifyReceiptProof(root, ((leaves[9] as Field) + R_FIELD) as Field, good)).toBe(false);
    expect(verifyReceiptProof(tree.rootAt(12), leaves[9] as Field, good)).toBe(false);
    expect(verifyReceiptProof(0n as Field, leaves[9] as Field, good)).toBe(false);
  });

  test('does not prove an inner node as if it were a leaf', () => {
    const node = h(leaves[8] as Field, leaves[9] as Field);
    for (let position = 0; position < 13; position += 1) {
      const shortened = { ...good, position, siblings: good.siblings.slice(1) };
      expect(verifyReceiptProof(root, node, shortened)).toBe(false);
    }
  });

  test('is refused for every other position with the same words', () => {
    for (let position = 0; position < 13; position += 1) {
      if (position !== 9) expect(verifyReceiptProof(root, leaves[9] as Field, { ...good, position })).toBe(false);
    }
  });
});

describe('a stored frontier', () => {
  test('goes on where it was', () => {
    const frontier = new ReceiptFrontier();
    for (let i = 0; i < 40; i += 1) {
      const again = ReceiptFrontier.fromJson(JSON.parse(JSON.stringify(frontier.toJson())));
      expect([again.size, again.root]).toEqual([frontier.size, frontier.root]);
      again.append(leaves[i] as Field);
      frontier.append(leaves[i] as Field);
      expect(again.root).toBe(frontier.root);
    }
  });

  test('with peaks that do not fit its size is BAD_BOOK', () => {
    expectReceiptCode('BAD_BOOK', () => ReceiptFrontier.fromJson({ size: 3, peaks: ['1'] }));
    expectReceiptCode('BAD_BOOK', () => ReceiptFrontier.fromJson({ size: 0, peaks: ['1'] }));
    expectReceiptCode('BAD_BOOK', () => ReceiptFrontier.fromJson({ size: 2 ** 33, peaks: ['1'] }));
    expectCode('MALFORMED_BYTES', () => ReceiptFrontier.fromJson({ size: 1 }));
    expectCode('WORD_NOT_CANONICAL', () => ReceiptFrontier.fromJson({ size: 1, peaks: [R_FIELD.toString()] }));
  });
});
