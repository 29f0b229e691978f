import { concat, keccak256, numberToHex, toHex } from 'viem';
import { describe, expect, test } from 'vitest';
import { commitBatch } from './commitment.ts';
import { poseidon } from './crypto/poseidon.ts';
import { R_FIELD } from './field.ts';
import { SHAPES } from './shapes.ts';
import { closedBatches } from './testing/exampleBatches.ts';
import { expectCode } from './testing/expectCode.ts';
import type { ClosedBatch } from './types.ts';

const { first, second, third, fourth } = closedBatches();

function word(value: bigint): `0x${string}` {
  return numberToHex(value, { size: 32 });
}

// docs/protocol.md, section 4, once more and in the plainest way, with another keccak.
describe.each([
  ['dev', first],
  ['small', second],
  ['AI', third],
  ['fee-less', fourth],
])('the commitment of the %s batch', (_, { batch, commitment, exits }: ClosedBatch) => {
  const { L, N, E, id } = SHAPES[batch.shape];
  const { words, body, bodyHash, dataHash, c, r, y } = commitment;

  test('has the words of header, L1 ops, exits and ops in their places', () => {
    expect(words.length).toBe(10 + 4 * L + 2 * E + 4 * N);
    expect(words.slice(0, 5)).toEqual([
      batch.domain,
      batch.oldRoot,
      batch.newRoot,
      BigInt(batch.number),
      BigInt(batch.timestamp),
    ]);
    const ops = batch.txs.flatMap((tx) => tx.ops);
    expect(words[5]).toBe(BigInt(batch.l1Ops.length) | (BigInt(ops.length) << 16n) | (BigInt(exits.length) << 32n));
    expect(words[6]).toBe(batch === fourth.batch ? 0n : 9n);
    expect(words[7]).toBe(batch.firstBlock | (batch.lastBlock << 64n));
    expect(((words[8] ?? 0n) << 128n) | (words[9] ?? 0n)).toBe(batch.evmCommitment);
    batch.l1Ops.forEach((op, i) => {
      expect(words[10 + 4 * i + 3]).toBe(op.address);
    });
    exits.forEach((exit, e) => {
      expect(words[10 + 4 * L + 2 * e]).toBe(exit.recipient);
    });
    const flags = ops.map((_, i) => Number(((words[10 + 4 * L + 2 * E + 4 * i] ?? 0n) >> 8n) & 1n));
    expect(flags).toEqual(batch.txs.flatMap((tx) => tx.ops.map((_, i) => (i === tx.ops.length - 1 ? 1 : 0))));
  });

  test('hashes as defined', () => {
    expect(bodyHash).toBe(BigInt(keccak256(toHex(body))));
    const posted = concat([...words.slice(0, 10).map(word), word(BigInt(id)), word(bodyHash)]);
    expect(dataHash).toBe(BigInt(keccak256(posted)));
    expect(r).toBe(BigInt(keccak256(concat([word(dataHash), word(c)]))) % (1n << 248n));
  });

  test('absorbs and evaluates as defined', () => {
    let state = BigInt(L) + BigInt(N) * 2n ** 32n + BigInt(E) * 2n ** 64n;
    for (let k = 0; 15 * k < words.length; k += 1) {
      state = poseidon([state, ...Array.from({ length: 15 }, (_, i) => words[15 * k + i] ?? 0n)]);
    }
    expect(c).toBe(state);
    let power = 1n;
    let sum = 0n;
    for (const value of words) {
      sum += value * power;
      power = (power * r) % R_FIELD;
    }
    expect(y).toBe(sum % R_FIELD);
  });

  test('changes with every part of the header', () => {
    const changes = [
      { number: batch.number + 1 },
      { timestamp: batch.timestamp + 1 },
      { lastBlock: batch.lastBlock + 1n },
      { evmCommitment: batch.evmCommitment + 1n },
      { domain: batch.oldRoot },
      { newRoot: batch.domain },
    ];
    for (const change of changes) {
      const other = commitBatch({ ...batch, ...change } as typeof batch, exits);
      expect(other.c).not.toBe(c);
      expect(other.dataHash).not.toBe(dataHash);
    }
  });
});

test('more items than slots → BAD_BATCH', () => {
  const { batch, exits } = first;
  const exit = exits[0];
  if (exit === undefined) throw new RangeError('fixture');
  expectCode('BAD_BATCH', () =>
    commitBatch(
      batch,
      Array.from({ length: SHAPES.dev.E + 1 }, () => exit),
    ),
  );
  expectCode('BAD_BATCH', () => commitBatch({ ...batch, shape: 'small' }, exits));
});
