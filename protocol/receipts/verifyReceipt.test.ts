import { describe, expect, test } from 'vitest';
import { R_FIELD } from '../field.ts';
import { TEST_DOMAIN } from '../testing/actors.ts';
import type { AccountIndex, Field } from '../types.ts';
import { receiptHash, signReceipt } from './receipt.ts';
import { ReceiptTree } from './receiptTree.ts';
import { CHANNEL, CONSUMER, digest, MODEL, PROVIDER, receipt, STRANGER } from './testing/stream.ts';
import { type ReceiptEvidence, verifyReceipt } from './verifyReceipt.ts';

const receipts = Array.from({ length: 11 }, (_, i) => receipt(i));
const tree = new ReceiptTree();
for (const item of receipts) tree.append(receiptHash(item));

const provider = 2 as AccountIndex;

const good: ReceiptEvidence = {
  receipt: receipts[6] as ReceiptEvidence['receipt'],
  proof: tree.proof(6),
  claim: { channel: CHANNEL, provider, total: 110n, receiptsRoot: tree.root },
  terms: { provider, model: MODEL },
  providerKey: PROVIDER.key,
};

/** A receipt of the provider that is also in a tree of its own, at position 0. */
function alone(change: Parameters<typeof receipt>[1]): Partial<ReceiptEvidence> {
  const made = receipt(0, change);
  const own = new ReceiptTree();
  own.append(receiptHash(made));
  return { receipt: made, proof: own.proof(0), claim: { ...good.claim, receiptsRoot: own.root } };
}

describe('verifyReceipt', () => {
  test('says what a settled receipt proves', () => {
    const verdict = verifyReceipt(good, TEST_DOMAIN);
    expect(verdict).toEqual({
      isValid: true,
      statement: {
        channel: CHANNEL,
        provider,
        model: MODEL,
        sequence: 6,
        time: good.receipt.time,
        price: 10n,
        inputHash: digest('input 6'),
        outputHash: digest('output 6'),
        execution: 0n,
        settled: { total: 110n, receipts: 11, receiptsRoot: tree.root },
      },
    });
  });

  test('a root of earlier days proves the receipts of those days', () => {
    const claim = { ...good.claim, receiptsRoot: tree.rootAt(7) };
    expect(verifyReceipt({ ...good, claim, proof: tree.proof(6, 7) }, TEST_DOMAIN).isValid).toBe(true);
    expect(verifyReceipt({ ...good, claim }, TEST_DOMAIN)).toMatchObject({ code: 'RECEIPT_NOT_INCLUDED' });
  });

  const changed = (change: Partial<ReceiptEvidence['receipt']>) => ({ receipt: { ...good.receipt, ...change } });
  test.each<[string, string, Partial<ReceiptEvidence>]>([
    ['another output', 'RECEIPT_SIGNATURE', changed({ outputHash: digest('a lie') })],
    ['a lower price', 'RECEIPT_SIGNATURE', changed({ price: 9n })],
    ['another time', 'RECEIPT_SIGNATURE', changed({ time: good.receipt.time + 1 })],
    ['a stranger signing', 'RECEIPT_SIGNATURE', { receipt: signReceipt(good.receipt, STRANGER.seed, TEST_DOMAIN) }],
    ['the consumer signing', 'RECEIPT_SIGNATURE', { receipt: signReceipt(good.receipt, CONSUMER.seed, TEST_DOMAIN) }],
    ['another provider key', 'RECEIPT_SIGNATURE', { providerKey: STRANGER.key }],
    ['a claim of another channel', 'RECEIPT_CHANNEL', { claim: { ...good.claim, channel: 71 as AccountIndex } }],
    ['a receipt of another channel', 'RECEIPT_CHANNEL', alone({ channel: 71 as AccountIndex })],
    ['a receipt of another model', 'RECEIPT_MODEL', alone({ model: 51 as AccountIndex })],
    ['a receipt without model', 'RECEIPT_MODEL', alone({ model: 0 as AccountIndex })],
    ['terms of another model', 'RECEIPT_MODEL', { terms: { provider, model: 51 as AccountIndex } }],
    ['a claim paid to another', 'CLAIM_PROVIDER', { claim: { ...good.claim, provider: 3 as AccountIndex } }],
    ['a price above what was paid in all', 'RECEIPT_PRICE', alone({ price: 111n })],
    ['a sequence number that is not its position', 'RECEIPT_POSITION', alone({ sequence: 6 })],
    ['the proof of its neighbour', 'RECEIPT_POSITION', { proof: tree.proof(7) }],
    ['the root of another tree', 'RECEIPT_NOT_INCLUDED', { claim: { ...good.claim, receiptsRoot: 5n as Field } }],
    ['an empty root', 'RECEIPT_NOT_INCLUDED', { claim: { ...good.claim, receiptsRoot: 0n as Field } }],
    [
      'a signed receipt that was never settled',
      'RECEIPT_NOT_INCLUDED',
      { receipt: receipt(6, { execution: 1n as Field }) },
    ],
    ['the proof cut short', 'RECEIPT_NOT_INCLUDED', { proof: { ...tree.proof(6), siblings: [] } }],
    ['a hash of 31 bytes', 'MALFORMED_BYTES', changed({ inputHash: new Uint8Array(31) })],
    ['an execution at the modulus', 'WORD_NOT_CANONICAL', changed({ execution: R_FIELD as Field })],
    ['a price of 2^96', 'AMOUNT_OUT_OF_RANGE', changed({ price: 1n << 96n })],
    ['sequence + 2^32', 'AMOUNT_OUT_OF_RANGE', changed({ sequence: 6 + 2 ** 32 })],
  ])('%s: %s', (_, code, change) => {
    expect(verifyReceipt({ ...good, ...change }, TEST_DOMAIN)).toMatchObject({ isValid: false, code });
  });

  test('another chain or bridge: RECEIPT_SIGNATURE', () => {
    expect(verifyReceipt(good, (TEST_DOMAIN + 1n) as Field)).toMatchObject({ code: 'RECEIPT_SIGNATURE' });
  });

  test('of two receipts with one sequence number only the settled one is proven', () => {
    const twin = receipt(6, { outputHash: digest('another output') });
    expect(verifyReceipt({ ...good, receipt: twin }, TEST_DOMAIN)).toMatchObject({ code: 'RECEIPT_NOT_INCLUDED' });
  });
});
