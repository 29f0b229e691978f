import { describe, expect, test } from 'vitest';
import { applyBatch } from './applyBatch.ts';
import { bodyOf, decodeBody, encodeBody } from './codec/body.ts';
import { headerFromWords, headerOf } from './codec/header.ts';
import { decodeTx, encodeTx } from './codec/tx.ts';
import { commitBatch } from './commitment.ts';
import { replayBody } from './replay.ts';
import { batchFromJson, batchToJson, closedBatchFromJson, closedBatchToJson } from './serialize.ts';
import { Bookkeeping } from './testing/bookkeeping.ts';
import { SeededRandom } from './testing/random.ts';
import { flows, randomBatch, totals } from './testing/randomBatch.ts';
import { walkSlots } from './testing/walkSlots.ts';
import { AccountTree } from './tree.ts';
import { type AccountIndex, type ClosedBatch, Kind, Opcode } from './types.ts';

const seed = Number(process.env.SEED ?? 20261122);
const BATCHES = 30;

/** A chain of random batches from the empty tree. */
function chain(offset: number, isSigned: boolean, count: number): { batches: ClosedBatch[]; tree: AccountTree } {
  const random = new SeededRandom(seed + offset);
  const tree = new AccountTree();
  const batches = Array.from({ length: count }, (_, i) => randomBatch(tree, random, i + 1, isSigned));
  return { batches, tree };
}

describe(`random batches (SEED=${seed})`, () => {
  const { batches, tree } = chain(0, false, BATCHES);

  test('do something of everything', () => {
    const l1 = batches.flatMap(({ batch }) => batch.l1Ops);
    const ops = batches.flatMap(({ batch }) => batch.txs.flatMap((tx) => tx.ops));
    expect(new Set(l1.map((op) => `${op.opcode}${op.isVoid}`))).toEqual(
      new Set(['1false', '2false', '2true', '3false', '3true']),
    );
    expect(new Set(ops.map((op) => op.opcode))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7]));
    expect(ops.some((op) => op.fee > 0n)).toBe(true);
  });

  test('conserve every token: balances are what came in less what left', () => {
    const net = new Map<number, bigint>();
    for (const closed of batches) {
      for (const [token, amount] of flows(closed)) net.set(token, (net.get(token) ?? 0n) + amount);
    }
    const held = totals(tree);
    for (const token of new Set([...net.keys(), ...held.keys()]))
      expect(held.get(token) ?? 0n).toBe(net.get(token) ?? 0n);
  });

  test('leave every account with what the operations add up to, royalties and fees included', () => {
    const books = new Bookkeeping();
    for (const closed of batches) books.add(closed);
    for (const [index, { balance }] of tree.entries())
      expect([index, books.balances.get(index)]).toEqual([index, balance]);
  });

  test('never let a channel’s claimed fall, nor pay out more than it was given', () => {
    const books = new Bookkeeping();
    const claims = new Map<AccountIndex, number>();
    for (const closed of batches) {
      books.add(closed);
      for (const { opcode, from } of closed.batch.txs.flatMap((tx) => tx.ops)) {
        if (opcode === Opcode.CLAIM) claims.set(from, (claims.get(from) ?? 0) + 1);
      }
      for (const { index, before, after } of closed.slots) {
        if (after?.kind !== Kind.CHANNEL) continue;
        expect(after.claimed).toBeGreaterThanOrEqual(before?.claimed ?? 0n);
        const { given, claimed, returned } = books.channels.get(index) ?? { given: 0n, claimed: 0n, returned: 0n };
        expect(claimed + returned).toBeLessThanOrEqual(given);
        expect(after.claimed).toBe(claimed);
        expect(after.nonce).toBe(claims.get(index) ?? 0);
      }
    }
    expect([...books.channels.values()].filter(({ claimed }) => claimed > 0n).length).toBeGreaterThan(5);
  });

  test('re-execute to the same closed batch, with and without slots', () => {
    const again = new AccountTree();
    const lean = new AccountTree();
    for (const closed of batches) {
      expect(applyBatch(again, closed.batch, { signaturesChecked: true })).toEqual(closed);
      const { commitment, exits } = applyBatch(lean, closed.batch, { signaturesChecked: true, slots: false });
      expect({ commitment, exits }).toEqual({ commitment: closed.commitment, exits: closed.exits });
      expect(again.root).toBe(closed.batch.newRoot);
      expect(lean.root).toBe(closed.batch.newRoot);
    }
    expect(new Map(again.entries())).toEqual(new Map(tree.entries()));
  });

  test('give the circuit slots that lead from the old root to the new one', () => {
    for (const closed of batches) expect(walkSlots(closed)).toEqual([]);
  });

  test('can be undone one by one', () => {
    const again = new AccountTree();
    const checkpoints = batches.map(({ batch }) => {
      const id = again.checkpoint();
      applyBatch(again, batch, { signaturesChecked: true, slots: false });
      return { id, root: batch.oldRoot };
    });
    for (const { id, root } of checkpoints.reverse()) {
      again.revert(id);
      expect(again.root).toBe(root);
    }
    expect(again.size).toBe(0);
  });

  test('are rebuilt from what L1 sees: header words and body', () => {
    const node = new AccountTree();
    for (const { batch, commitment, exits } of batches) {
      const header = headerFromWords(commitment.words.slice(0, 10), batch.shape);
      const replayed = replayBody(node, header, commitment.body);
      expect(node.root).toBe(batch.newRoot);
      expect(replayed.commitment).toEqual(commitment);
      expect(replayed.l1Ops).toEqual(batch.l1Ops);
      expect(replayed.exits).toEqual(exits);
      expect(replayed.txs).toEqual(batch.txs.map(({ signer, nonce, ops }) => ({ signer, nonce, ops })));
    }
  });

  test('survive every encoding', () => {
    for (const closed of batches) {
      const { batch, exits } = closed;
      const body = bodyOf(batch, exits);
      expect(decodeBody(encodeBody(body), headerOf(batch, exits.length))).toEqual(body);
      expect(batchFromJson(JSON.parse(JSON.stringify(batchToJson(batch))))).toEqual(batch);
      expect(closedBatchFromJson(JSON.parse(JSON.stringify(closedBatchToJson(closed))))).toEqual(closed);
      expect(commitBatch(batch, exits)).toEqual(closed.commitment);
      for (const tx of batch.txs) expect(decodeTx(encodeTx(tx), { isAssigned: true })).toEqual(tx);
    }
  });
});

test(`random signed batches pass with their signatures checked (SEED=${seed})`, () => {
  const { batches, tree } = chain(1, true, 8);
  const again = new AccountTree();
  for (const { batch } of batches) applyBatch(again, batch, { slots: false });
  expect(again.root).toBe(tree.root);
  expect(batches.flatMap(({ batch }) => batch.txs.flatMap((tx) => tx.vouchers)).length).toBeGreaterThan(0);
});
