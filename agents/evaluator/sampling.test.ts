import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import { accountIndex } from '../../protocol/ids.ts';
import { type Receipt, receiptHash, type SignedReceipt, signReceipt } from '../../protocol/receipts/receipt.ts';
import { ReceiptTree } from '../../protocol/receipts/receiptTree.ts';
import { actor, TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import type { Field } from '../../protocol/types.ts';
import { ConsumerError } from '../consumer/consumerError.ts';
import type { Sample } from '../consumer/providerAnswers.ts';
import type { Reexecutor } from '../consumer/reexecution.ts';
import { ExecutionError } from '../execution/executionError.ts';
import type { Finding } from './judging.ts';
import { drawnPosition, type SampledClaim, sampleClaim } from './sampling.ts';

const PROVIDER = actor(21);
const CHANNEL = accountIndex(70);
const MODEL = accountIndex(50);
const PRICE = 10n;
const SALT = 99n as Field;
const WORD = { public: 5n as Field, private: 6n as Field };

const runner: Reexecutor = {
  sha256: new Uint8Array(32),
  execution: (audit) => ({ word: WORD[audit] }),
  run: async (input) => input.map((byte) => byte ^ 0xff),
};

interface Served {
  readonly samples: Sample[];
  readonly claim: SampledClaim;
}

/** A provider's channel of n receipts, all settled. */
function served(
  n: number,
  change: (receipt: Receipt, i: number) => Partial<Receipt> = () => ({}),
  seed = PROVIDER.seed,
): Served {
  const tree = new ReceiptTree();
  const made = Array.from({ length: n }, (_, i) => {
    const input = Uint8Array.of(i, 1, 2);
    const output = input.map((byte) => byte ^ 0xff);
    const plain: Receipt = {
      ...{ channel: CHANNEL, model: MODEL, sequence: i, time: i, price: PRICE },
      ...{ inputHash: sha256(input), outputHash: sha256(output), execution: WORD.public },
    };
    const receipt: SignedReceipt = signReceipt({ ...plain, ...change(plain, i) }, seed, TEST_DOMAIN);
    tree.append(receiptHash(receipt));
    return { receipt, input, output };
  });
  const claim = { channel: CHANNEL, provider: accountIndex(21), total: PRICE * BigInt(n), receiptsRoot: tree.root };
  return {
    samples: made.map((one, i) => ({ ...one, proof: tree.proof(i) })),
    claim: { claim, terms: { provider: accountIndex(21), model: MODEL }, providerKey: PROVIDER.key, price: PRICE },
  };
}

/** What a provider does when it is asked. */
type Answer = (position: number, size: number) => Sample;

function asked({ claim }: Served, answer: Answer, count = 4) {
  const api = { sample: async (_: number, position: number, size: number) => answer(position, size) };
  return sampleClaim(claim, { domain: TEST_DOMAIN, salt: SALT, count }, { api, runner });
}

function refuse(code: 'REFUSED' | 'TIMEOUT' | 'UNREACHABLE' | 'BAD_ANSWER'): never {
  throw new ConsumerError(code, 'refused');
}

function honest({ samples }: Served): Answer {
  return (position, size) => (size === samples.length ? (samples[position] ?? refuse('REFUSED')) : refuse('REFUSED'));
}

const good = { kind: 'answered', isRepeated: true } as const;

describe('samples of a claim', () => {
  test('honest receipts repeat', async () => {
    const all = served(9);
    expect(await asked(all, honest(all))).toEqual([good, good, good, good]);
  });

  test('the last receipt is not under the root of the voucher that pays for it', async () => {
    const all = served(9);
    const later = { ...all, claim: { ...all.claim, claim: { ...all.claim.claim, total: PRICE * 10n } } };
    expect(await asked(later, honest(all))).toEqual([good, good, good, good]);
  });

  test('positions follow from salt and root alone, and nobody can tell them without the salt', () => {
    const draw = (salt: bigint, root: bigint) =>
      Array.from({ length: 20 }, (_, i) => drawnPosition(salt as Field, root as Field, i, 1_000));
    expect(draw(1n, 7n)).toEqual(draw(1n, 7n));
    expect(draw(1n, 7n)).not.toEqual(draw(2n, 7n));
    expect(draw(1n, 7n)).not.toEqual(draw(1n, 8n));
    expect(Math.max(...draw(1n, 7n))).toBeLessThan(1_000);
  });

  test('a wrong output is a fault, wherever it is drawn', async () => {
    const wrong = Uint8Array.of(7, 7, 7);
    const all = served(3, () => ({ outputHash: sha256(wrong) }));
    const shown = { ...all, samples: all.samples.map((sample) => ({ ...sample, output: wrong })) };
    expect(await asked(shown, honest(shown), 2)).toEqual([
      { kind: 'fault', code: 'OUTPUT_MISMATCH' },
      { kind: 'fault', code: 'OUTPUT_MISMATCH' },
    ]);
  });

  test('a receipt of another key, or of another model, is a fault', async () => {
    const stranger = served(4, () => ({}), actor(22).seed);
    expect(await asked(stranger, honest(stranger), 1)).toEqual([{ kind: 'fault', code: 'RECEIPT_SIGNATURE' }]);
    const other = served(4, () => ({ model: accountIndex(51) }));
    expect(await asked(other, honest(other), 1)).toEqual([{ kind: 'fault', code: 'RECEIPT_MODEL' }]);
  });

  test('a receipt that is not the one settled, shown once the number of receipts is known, is a fault', async () => {
    const all = served(50);
    const other = served(50, (_, i) => ({ time: i + 1_000 }));
    let shown = 0;
    const findings = await asked(all, (position, size) => {
      shown += 1;
      return honest(shown === 1 ? all : other)(position, size);
    });
    expect(findings[0]).toEqual(good);
    expect(findings[1]).toEqual({ kind: 'fault', code: 'RECEIPT_NOT_INCLUDED' });
  });

  test('private receipts are passed over', async () => {
    const all = served(4, () => ({ execution: WORD.private }));
    expect(await asked(all, honest(all), 1)).toEqual([{ kind: 'passed' }]);
    expect(await asked(all, () => refuse('REFUSED'))).toEqual([]);
  });

  test('a provider that does not answer is asked and has not answered', async () => {
    expect(await asked(served(4), () => refuse('TIMEOUT'), 9)).toEqual([{ kind: 'unanswered' }]);
    expect(await asked(served(4), () => refuse('BAD_ANSWER'), 1)).toEqual([{ kind: 'unanswered' }]);
  });

  test('where the number of receipts cannot be told nothing is found', async () => {
    const all = served(9);
    const odd = { ...all, claim: { ...all.claim, price: 7n } };
    expect(await asked(odd, honest(all))).toEqual([]);
    expect(await asked({ ...all, claim: { ...all.claim, price: 0n } }, honest(all))).toEqual([]);
  });

  test.each<[string, Error, Finding[]]>([
    ['that the model does not take', new ExecutionError('BAD_TENSOR', ''), [{ kind: 'fault', code: 'BAD_TENSOR' }]],
    ['that this computer cannot run', new ExecutionError('RUN_FAILED', ''), [{ kind: 'passed' }]],
    ['too large for this computer', new ExecutionError('OUTPUT_TOO_LARGE', ''), [{ kind: 'passed' }]],
  ])('an input %s stops nobody', async (_, error, findings) => {
    const all = served(4);
    const broken = { ...runner, run: async () => Promise.reject(error) };
    const api = { sample: async (_: number, position: number, size: number) => honest(all)(position, size) };
    const options = { domain: TEST_DOMAIN, salt: SALT, count: 1 };
    expect(await sampleClaim(all.claim, options, { api, runner: broken })).toEqual(findings);
  });
});
