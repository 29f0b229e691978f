import { describe, expect, test } from 'vitest';
import { accountIndex } from '../../protocol/ids.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import { LedgerRefusedError } from '../../sdk/errors.ts';
import type { Consumer } from '../consumer/consumer.ts';
import { ConsumerError } from '../consumer/consumerError.ts';
import { consumerShopper, type Purchase } from './shopping.ts';

const TARGET = {
  agent: accountIndex(5),
  owner: accountIndex(3),
  endpoint: 'http://provider',
  model: accountIndex(7),
  price: 10n,
};

function buy(infer: () => unknown, signal?: AbortSignal): Promise<Purchase> {
  // Of an answer only these members are read.
  const consumer = { infer: async () => infer() } as unknown as Pick<Consumer, 'infer'>;
  return consumerShopper(consumer, { maxPrice: 10n }).buy(
    TARGET,
    new Uint8Array(),
    signal === undefined ? {} : { signal },
  );
}

function failing(error: unknown): Promise<Purchase> {
  return buy(() => {
    throw error;
  });
}

describe('a purchase', () => {
  test('that was answered says whether it was run again', async () => {
    const output = Uint8Array.of(1);
    expect(await buy(() => ({ output, check: 'same' }))).toEqual({ kind: 'answered', output, isRepeated: true });
    expect(await buy(() => ({ output, check: 'unchecked' }))).toMatchObject({ isRepeated: false });
  });

  test.each<[string, Error, Purchase['kind']]>([
    ['another output than the model gives', new ConsumerError('OUTPUT_MISMATCH', ''), 'fault'],
    ['paid, and no receipt', new ConsumerError('NO_RECEIPT', ''), 'fault'],
    ['two receipts with one number', new ConsumerError('EQUIVOCATION', ''), 'fault'],
    ['caught before', new ConsumerError('PROVIDER_EXCLUDED', ''), 'fault'],
    ['a receipt of another input', new ReceiptError('RECEIPT_INPUT', {}), 'fault'],
    ['silence', new ConsumerError('TIMEOUT', ''), 'unanswered'],
    ['a refusal', new ConsumerError('REFUSED', ''), 'unanswered'],
    ['a higher price than announced', new ConsumerError('PRICE_TOO_HIGH', ''), 'unanswered'],
    ['an own store that is damaged', new ConsumerError('BAD_STORE', ''), 'passed'],
    ['no money', new LedgerRefusedError('INSUFFICIENT_BALANCE', ''), 'passed'],
  ])('%s', async (_, error, kind) => {
    expect((await failing(error)).kind).toBe(kind);
  });

  test('a defect is no finding', async () => {
    await expect(failing(new RangeError('defect'))).rejects.toThrow('defect');
  });

  test('that was called off is no finding', async () => {
    const stop = AbortSignal.abort(new RangeError('stopped'));
    await expect(buy(() => Promise.reject(new ConsumerError('ABORTED', '')), stop)).rejects.toThrow('stopped');
  });
});
