import { describe, expect, test } from 'vitest';
import { checkSameL1Op, queueItemOf } from './applyBatch.ts';
import { headerOf } from './codec/header.ts';
import { accountIndex } from './ids.ts';
import { OpenBatch } from './openBatch.ts';
import { BodyReplay, type SegmentCounts, segmentsOf } from './replay.ts';
import { shape } from './shapes.ts';
import { AI, closedBatches } from './testing/exampleBatches.ts';
import { expectCode } from './testing/expectCode.ts';
import { SeededRandom } from './testing/random.ts';
import { randomBatch } from './testing/randomBatch.ts';
import { AccountTree } from './tree.ts';
import { type AccountIndex, type ClosedBatch, type Field, Opcode, type SignedTx } from './types.ts';

const { first, second, third, fourth } = closedBatches();
const examples = [first, second, third, fourth];

function replayOf(tree: AccountTree, closed: ClosedBatch, header: { newRoot?: Field } = {}): BodyReplay {
  return new BodyReplay(tree, { ...headerOf(closed.batch, closed.exits.length), ...header }, closed.commitment.body);
}

/** One segment for each L1 operation and each transaction, and an empty one before each. */
function finest({ batch }: ClosedBatch): SegmentCounts[] {
  const empty = { l1Count: 0, opCount: 0 };
  return [
    ...batch.l1Ops.flatMap(() => [empty, { l1Count: 1, opCount: 0 }]),
    ...batch.txs.flatMap(({ ops }) => [empty, { l1Count: 0, opCount: ops.length }]),
  ];
}

function segments(replay: BodyReplay, counts: readonly SegmentCounts[]) {
  const found = segmentsOf(replay.body, counts);
  if (found === undefined) throw new RangeError('fixture');
  return found;
}

/** The batch as its sequencer built it, up to a number of L1 operations and transactions. */
function builder(tree: AccountTree, { batch }: ClosedBatch): OpenBatch {
  const { number, domain, timestamp, firstBlock, feeAccounts } = batch;
  return new OpenBatch({ number, shape: shape(batch.shape), domain, timestamp, firstBlock, feeAccounts }, { tree });
}

describe('a body replayed in segments', () => {
  test('shows after each what its sequencer saw, and ends as the batch', () => {
    const tree = new AccountTree();
    for (const closed of examples) {
      const open = builder(tree.fork(), closed);
      const l1Ops = [...closed.batch.l1Ops];
      const txs = [...closed.batch.txs];
      const replay = replayOf(tree, closed);
      for (const segment of segments(replay, finest(closed))) {
        const found = replay.apply(segment);
        for (const op of l1Ops.splice(0, segment.l1Ops.length)) {
          checkSameL1Op(open.applyL1(queueItemOf(op), op.index), op);
        }
        const sent = txs.splice(0, segment.txOps.length);
        for (const tx of sent) open.applyTx(tx, { signatureChecked: true });
        expect(found.txs).toEqual(sent.map(({ signer, nonce, ops }: SignedTx) => ({ signer, nonce, ops })));
        expect(replay.previewRoot()).toBe(open.previewRoot());
        for (const index of [1, 2, 9, 10, 70_000, ...Object.values(AI)].map(accountIndex)) {
          expect(replay.account(index)).toEqual(open.account(index));
        }
      }
      const settled = replay.settle();
      expect(tree.root).toBe(closed.batch.newRoot);
      expect(settled.commitment).toEqual(closed.commitment);
    }
  });

  test('names the account each exit takes from', () => {
    const tree = new AccountTree();
    const found = examples.flatMap((closed) => {
      const replay = replayOf(tree, closed);
      const exits = segments(replay, finest(closed)).flatMap((segment) => replay.apply(segment).exits);
      replay.settle();
      expect(exits.map(({ from: _, ...exit }) => exit)).toEqual(closed.exits);
      return exits;
    });
    const ops = examples.flatMap(({ batch }) => batch.txs.flatMap((tx) => tx.ops));
    expect(found.map(({ from }) => from)).toEqual(
      ops.filter(({ opcode }) => opcode === Opcode.EXIT).map(({ from }) => from),
    );
    expect(found.map(({ from }) => from)).toContain(AI.dataset);
  });

  test('leaves the tree alone until it is settled, and when it cannot be', () => {
    const tree = new AccountTree();
    const replay = replayOf(tree, first);
    for (const segment of segments(replay, finest(first)).slice(0, -1)) replay.apply(segment);
    expect(tree.size).toBe(0);
    expectCode('BAD_BATCH', () => replay.settle());
    const wrong = replayOf(tree, first, { newRoot: 1n as Field });
    wrong.apply(wrong.body);
    expectCode('BAD_BATCH', () => wrong.settle());
    expect(tree.root).toBe(first.batch.oldRoot);
    const again = replayOf(tree, first);
    again.apply(again.body);
    again.settle();
    expect(tree.root).toBe(first.batch.newRoot);
  });

  test('of another tree → ROOT_MISMATCH', () => {
    expectCode('ROOT_MISMATCH', () => replayOf(new AccountTree(), second));
  });
});

describe('what the close credited', () => {
  test('is exactly what differs from before the close, in random batches', () => {
    const random = new SeededRandom(20261123);
    const [tree, node] = [new AccountTree(), new AccountTree()];
    let credits = 0;
    for (let number = 1; number <= 12; number += 1) {
      const closed = randomBatch(tree, random, number, false);
      const replay = replayOf(node, closed);
      replay.apply(replay.body);
      const before = new Map<AccountIndex, unknown>(
        [...tree.entries()].map(([index]) => [index, replay.account(index)]),
      );
      const { credited } = replay.settle();
      const changed = [...before].filter(([index, account]) => node.get(index) !== account).map(([index]) => index);
      expect(credited).toEqual(changed.sort((x, y) => x - y));
      credits += credited.length;
    }
    expect(credits).toBeGreaterThan(5);
  });

  test('names the fee account and the models of the channels that paid', () => {
    const tree = new AccountTree();
    const credited = [first, second, third].map((closed) => {
      const replay = replayOf(tree, closed);
      replay.apply(replay.body);
      return replay.settle().credited;
    });
    expect(credited).toEqual([[9], [9], [9, AI.fineTune]]);
  });
});

describe('counts that make no blocks', () => {
  const { body } = replayOf(new AccountTree(), first);
  const l1 = body.l1Ops.length;
  test.each<[string, SegmentCounts[]]>([
    ['nothing at all', []],
    ['an L1 operation too few', [{ l1Count: l1 - 1, opCount: 5 }]],
    ['an L1 operation too many', [{ l1Count: l1 + 1, opCount: 5 }]],
    ['an op too few', [{ l1Count: l1, opCount: 4 }]],
    ['an op too many', [{ l1Count: l1, opCount: 6 }]],
    [
      'a block that ends inside a transaction',
      [
        { l1Count: l1, opCount: 2 },
        { l1Count: 0, opCount: 3 },
      ],
    ],
    [
      'an L1 operation after an op',
      [
        { l1Count: l1 - 1, opCount: 3 },
        { l1Count: 1, opCount: 2 },
      ],
    ],
  ])('%s', (_, counts) => {
    expect(segmentsOf(body, counts)).toBeUndefined();
  });

  test('and some that do', () => {
    expect(segmentsOf(body, [{ l1Count: l1, opCount: 5 }])).toHaveLength(1);
    const cut = segmentsOf(body, [
      { l1Count: l1 - 1, opCount: 0 },
      { l1Count: 1, opCount: 3 },
      { l1Count: 0, opCount: 2 },
    ]);
    expect(cut?.map(({ l1Ops, txOps }) => [l1Ops.length, txOps.length])).toEqual([
      [l1 - 1, 0],
      [1, 1],
      [0, 2],
    ]);
  });
});
