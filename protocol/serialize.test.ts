import { describe, expect, test } from 'vitest';
import { accountIndex } from './ids.ts';
import type { Json } from './json.ts';
import {
  accountFromJson,
  accountToJson,
  batchFromJson,
  batchToJson,
  closedBatchFromJson,
  closedBatchToJson,
  l1OpFromJson,
  l1OpToJson,
  queueItemFromJson,
  queueItemToJson,
  signedTxFromJson,
  signedTxToJson,
} from './serialize.ts';
import { actor } from './testing/actors.ts';
import { closedBatches } from './testing/exampleBatches.ts';
import { expectCode } from './testing/expectCode.ts';
import type { QueueItem } from './types.ts';

const { first, third } = closedBatches();

function throughText(json: Json): unknown {
  return JSON.parse(JSON.stringify(json));
}

describe('JSON forms', () => {
  test('bring everything back from text', () => {
    for (const closed of [first, third]) {
      expect(closedBatchFromJson(throughText(closedBatchToJson(closed)))).toEqual(closed);
    }
    for (const tx of [...third.batch.txs, ...first.batch.txs])
      expect(signedTxFromJson(throughText(signedTxToJson(tx)))).toEqual(tx);
    for (const op of first.batch.l1Ops) expect(l1OpFromJson(throughText(l1OpToJson(op)))).toEqual(op);
    for (const { after } of first.slots) {
      if (after !== undefined) expect(accountFromJson(throughText(accountToJson(after)))).toEqual(after);
    }
  });

  test('of the three queue items keep their kinds', () => {
    const items: QueueItem[] = [
      { opcode: 1, token: 2, amount: 3n, key: actor(1).key, address: 4n },
      { opcode: 2, index: accountIndex(1), token: 2, amount: 3n, address: 4n },
      { opcode: 3, index: accountIndex(1), address: 4n },
    ];
    for (const item of items) expect(queueItemFromJson(throughText(queueItemToJson(item)))).toEqual(item);
    expectCode('MALFORMED_BYTES', () => queueItemFromJson({ opcode: 4, index: 1, address: '4' }));
    expectCode('MALFORMED_BYTES', () => queueItemFromJson(null));
  });

  const good = JSON.parse(JSON.stringify(batchToJson(first.batch))) as Record<string, unknown>;
  test.each<[string, string, Record<string, unknown>]>([
    ['a bigint as a number', 'MALFORMED_BYTES', { firstBlock: 1 }],
    ['a bigint with a sign', 'MALFORMED_BYTES', { firstBlock: '-1' }],
    ['a bigint with a leading zero', 'MALFORMED_BYTES', { firstBlock: '01' }],
    ['a fraction', 'MALFORMED_BYTES', { timestamp: 1.5 }],
    ['an unknown shape', 'MALFORMED_BYTES', { shape: 'huge' }],
    ['three lanes', 'MALFORMED_BYTES', { feeAccounts: [0, 0, 0] }],
    ['an unknown member', 'MALFORMED_BYTES', { extra: 1 }],
    ['a root over the field', 'WORD_NOT_CANONICAL', { oldRoot: (1n << 255n).toString() }],
    ['an index of 2^24', 'INDEX_OUT_OF_RANGE', { feeAccounts: [2 ** 24, 0, 0, 0] }],
    ['batch 0', 'INVALID_ARGUMENT', { number: 0 }],
    ['no list', 'MALFORMED_BYTES', { txs: {} }],
  ])('%s → %s', (_, code, change) => {
    expect(batchFromJson(good)).toEqual(first.batch);
    expectCode(code, () => batchFromJson({ ...good, ...change }));
  });

  test('a transaction with a voucher too few or too many → MALFORMED_BYTES', () => {
    const claims = third.batch.txs.find(({ vouchers }) => vouchers.length > 0);
    if (claims === undefined) throw new RangeError('fixture');
    const json = throughText(signedTxToJson(claims)) as { vouchers: unknown[] };
    const [voucher] = json.vouchers;
    for (const vouchers of [[], [voucher], [...json.vouchers, voucher]]) {
      expectCode('MALFORMED_BYTES', () => signedTxFromJson({ ...json, vouchers }));
    }
    const plain = first.batch.txs.map((tx) => throughText(signedTxToJson(tx)) as object);
    for (const tx of plain) expectCode('MALFORMED_BYTES', () => signedTxFromJson({ ...tx, vouchers: [voucher] }));
  });

  test('a missing member and bad hex → MALFORMED_BYTES', () => {
    const { txs: _, ...rest } = good;
    expectCode('MALFORMED_BYTES', () => batchFromJson(rest));
    const closed = throughText(closedBatchToJson(first)) as { commitment: Record<string, unknown> };
    for (const body of ['12', '0x1', '0xzz', 5]) {
      expectCode('MALFORMED_BYTES', () =>
        closedBatchFromJson({ ...closed, commitment: { ...closed.commitment, body } }),
      );
    }
  });
});
