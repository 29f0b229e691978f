import { sha256 } from '@noble/hashes/sha2.js';
import { decodeEventLog, encodeAbiParameters, keccak256 } from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import { prefixedHex, wordHex } from '../../protocol/bytes.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { ORACLE } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { signReceipt } from '../../protocol/receipts/receipt.ts';
import { encodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import { actor, TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import type { Field } from '../../protocol/types.ts';
import { ALICE, BOB } from '../testing/fixture.ts';
import type { Outcome } from '../testing/lane.ts';
import {
  type Asked,
  CHANNEL,
  controllerOf,
  failure,
  INPUT,
  MODEL,
  NOW,
  OracleWorld,
  OTHER_MODEL,
  OUTPUT,
  PROVIDERS,
} from '../testing/oracleWorld.ts';
import { ORACLE_ABI } from './oracleAbi.ts';

const [ONE, TWO, THREE] = PROVIDERS as [number, number, number];
const WRONG = new TextEncoder().encode('a dog');
const COUNT_SLOT = wordHex(0n);

let world: OracleWorld;
beforeEach(async () => {
  world = await OracleWorld.create();
});

function events({ logs }: Outcome) {
  return logs
    .filter(({ address }) => address === ORACLE)
    .map(({ data, topics }) => decodeEventLog({ abi: ORACLE_ABI, data, topics: topics as [Hex] })); // ours have one
}

const names = (outcome: Outcome): string[] => events(outcome).map(({ eventName }) => eventName);
const questionAt = (question: number) => world.lane.read(ORACLE_ABI, ORACLE, 'questionAt', [BigInt(question)]);

async function opened(asked: Asked = {}): Promise<void> {
  expect(failure(await world.ask(asked))).toBe('success');
}

describe('a question', () => {
  it('is written down and told with its input', async () => {
    const outcome = await world.ask({ fee: 101n });
    expect(BigInt(outcome.returned)).toBe(1n);
    expect(events(outcome)).toEqual([
      {
        eventName: 'Asked',
        args: {
          question: 1n,
          model: MODEL,
          asker: expect.stringMatching(new RegExp(ALICE, 'i')),
          providers: [ONE, TWO, THREE],
          quorum: 2,
          fee: 101n,
          deadline: NOW + 60,
          revealFrom: NOW + 30,
          callbackGas: 0,
          input: prefixedHex(INPUT),
        },
      },
    ]);
    expect(await questionAt(1)).toMatchObject({
      status: 1,
      model: MODEL,
      quorum: 2,
      fee: 101n,
      price: 50n,
      inputHash: prefixedHex(sha256(INPUT)),
      providers: [ONE, TWO, THREE],
    });
    expect(await questionAt(2)).toMatchObject({ status: 0, providers: [], price: 0n });
    expect(await world.lane.balance(ORACLE)).toBe(101n);
  });

  it.each<readonly [string, Asked, string]>([
    ['to nobody', { providers: [] }, 'ProviderCount(0)'],
    ['to nine', { providers: PROVIDERS }, 'ProviderCount(9)'],
    ['to one twice', { providers: [ONE, TWO, ONE] }, `DuplicateProvider(${ONE})`],
    ['to a model', { providers: [MODEL], quorum: 1 }, `NotAKey(${MODEL})`],
    ['to a channel', { providers: [CHANNEL], quorum: 1 }, `NotAKey(${CHANNEL})`],
    ['to account 0', { providers: [ONE, 0] }, 'NotAKey(0)'],
    ['to an account nobody has', { providers: [99], quorum: 1 }, 'NotAKey(99)'],
    ['to an account over the tree', { providers: [2 ** 32 - 1], quorum: 1 }, 'NotAKey(4294967295)'],
    ['without a quorum', { quorum: 0 }, 'BadQuorum(0,3)'],
    ['with a quorum nobody can reach', { quorum: 4 }, 'BadQuorum(4,3)'],
    ['about a model nobody attested', { model: 99 }, 'NotAModel(99)'],
    ['about a key', { model: ONE }, `NotAModel(${ONE})`],
    ['about a channel', { model: CHANNEL }, `NotAModel(${CHANNEL})`],
    ['about nothing', { model: 0 }, 'NotAModel(0)'],
    ['of 8,193 bytes', { input: new Uint8Array(8_193) }, 'InputTooLong(8193)'],
    ['due now', { deadline: NOW }, `BadDeadline(${NOW})`],
    ['due in the past', { deadline: 1 }, 'BadDeadline(1)'],
    ['due in more than 7 days', { deadline: NOW + 604_801 }, `BadDeadline(${NOW + 604_801})`],
    ['with a callback nobody could pay for', { callbackGas: 5_000_001 }, 'CallbackGasTooHigh(5000001)'],
    ['with a fee no receipt can name', { fee: 2n ** 96n }, `FeeOutOfRange(${2n ** 96n})`],
  ])('%s is refused, and no money is kept', async (_name, asked, error) => {
    expect(failure(await world.ask(asked))).toBe(error);
    expect(await world.lane.balance(ORACLE)).toBe(0n);
    expect(await world.status(1)).toBe(0);
  });

  it('may be at all of its bounds', async () => {
    const asked = { providers: PROVIDERS.slice(0, 8), quorum: 8, input: new Uint8Array(8_192), fee: 2n ** 96n - 1n };
    await opened({ ...asked, deadline: NOW + 604_800, callbackGas: 5_000_000 });
    expect(await questionAt(1)).toMatchObject({ providers: PROVIDERS.slice(0, 8), price: (2n ** 96n - 1n) / 8n });
  });

  it('has a number below 2^32', async () => {
    await world.lane.setStorage(ORACLE, COUNT_SLOT, wordHex(2n ** 32n - 2n));
    const last = await world.ask();
    expect(BigInt(last.returned)).toBe(2n ** 32n - 1n);
    expect(failure(await world.ask())).toBe('TooManyQuestions()');
    expect(failure(await world.answer(2 ** 32 - 1, ONE))).toBe('success');
  });

  it('takes no money without a call', async () => {
    expect(await world.lane.send({ from: ALICE, to: ORACLE, value: 1n })).toMatchObject({ isSuccess: false });
  });
});

describe('a quorum', () => {
  it('is paid to whom controls the accounts, in time; the rest goes back', async () => {
    await opened({ fee: 101n });
    expect(names(await world.answer(1, ONE))).toEqual(['Answered']);
    expect(await world.credit(controllerOf(ONE))).toBe(0n);
    const outcome = await world.answer(1, THREE);
    expect(events(outcome)).toMatchObject([
      { eventName: 'Answered', args: { question: 1n, provider: THREE, outputHash: prefixedHex(sha256(OUTPUT)) } },
      { eventName: 'Resolved', args: { question: 1n, model: MODEL, paid: [ONE, THREE], output: prefixedHex(OUTPUT) } },
    ]);
    const paid = await Promise.all([ONE, TWO, THREE].map((provider) => world.credit(controllerOf(provider))));
    expect([...paid, await world.credit(ALICE)]).toEqual([50n, 0n, 50n, 1n]);
    expect(await world.status(1)).toBe(2);
  });

  it('can be one', async () => {
    await opened({ providers: [TWO], quorum: 1 });
    expect(names(await world.answer(1, TWO, { price: 100n }))).toEqual(['Answered', 'Resolved']);
    expect(await world.credit(controllerOf(TWO))).toBe(100n);
  });

  it('does not count an answer that others do not confirm, and does not pay it', async () => {
    await opened();
    await world.answer(1, ONE, { output: WRONG });
    await world.answer(1, TWO);
    expect(await world.status(1)).toBe(1);
    await world.answer(1, THREE);
    expect(await world.credit(controllerOf(ONE))).toBe(0n);
    expect(await world.credit(controllerOf(TWO))).toBe(50n);
  });

  it('means the same execution, too', async () => {
    await opened();
    await world.answer(1, ONE, { execution: 8n as Field });
    await world.answer(1, TWO);
    expect(await world.status(1)).toBe(1);
    const digest = keccak256(
      encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [prefixedHex(sha256(OUTPUT)), 7n]),
    );
    expect(await world.lane.read(ORACLE_ABI, ORACLE, 'answerOf', [1n, TWO])).toBe(digest);
    expect(await world.lane.read(ORACLE_ABI, ORACLE, 'answerOf', [1n, THREE])).toBe(wordHex(0n));
  });

  it('of half the providers: the first camp wins, the other is too late', async () => {
    await opened({ providers: PROVIDERS.slice(0, 4), quorum: 2 });
    await world.answer(1, ONE, { output: WRONG });
    await world.answer(1, TWO);
    await world.answer(1, THREE, { output: WRONG });
    expect(failure(await world.answer(1, 104))).toBe('NotOpen(1)');
    expect(await world.credit(controllerOf(TWO))).toBe(0n);
    expect(await world.credit(controllerOf(THREE))).toBe(50n);
  });

  it('of all eight is paid to each, what cannot be divided goes back', async () => {
    const providers = PROVIDERS.slice(0, 8);
    await opened({ providers, quorum: 8, fee: 8_007n });
    for (const provider of providers) {
      expect(failure(await world.answer(1, provider, { price: 1_000n }))).toBe('success');
    }
    for (const provider of providers) expect(await world.credit(controllerOf(provider))).toBe(1_000n);
    expect(await world.credit(ALICE)).toBe(7n);
  });

  it('works for a fee of nothing, and one too small to divide', async () => {
    await opened({ fee: 0n });
    await opened({ fee: 1n });
    for (const [question, provider] of [
      [1, ONE],
      [1, TWO],
      [2, ONE],
      [2, TWO],
    ] as const) {
      expect(failure(await world.answer(question, provider, { price: 0n }))).toBe('success');
    }
    expect(await world.credit(ALICE)).toBe(1n);
    expect(await world.credit(controllerOf(ONE))).toBe(0n);
  });
});

describe('an answer', () => {
  beforeEach(() => opened());
  const refused = async (error: string, ...args: Parameters<OracleWorld['answer']>) => {
    expect(failure(await world.answer(...args))).toBe(error);
    expect(await world.lane.read(ORACLE_ABI, ORACLE, 'answerOf', [1n, ONE])).toBe(wordHex(0n));
  };

  it('to a question nobody asked is refused', async () => {
    await refused('UnknownQuestion(0)', 0, ONE);
    await refused('UnknownQuestion(2)', 2, ONE);
  });

  it('of a provider that was not asked is refused', async () => {
    await refused('NotAsked(104)', 1, 104);
    await refused('NotAsked(0)', 1, 0);
    await refused(`NotAsked(${MODEL})`, 1, MODEL);
  });

  it('counts once, whatever else the provider signs', async () => {
    await world.answer(1, ONE);
    expect(failure(await world.answer(1, ONE))).toBe(`AlreadyAnswered(${ONE})`);
    expect(failure(await world.answer(1, ONE, { output: WRONG }))).toBe(`AlreadyAnswered(${ONE})`);
    expect(await world.status(1)).toBe(1);
  });

  it('signed by somebody else is refused: nobody answers for another', async () => {
    await refused('ReceiptSignature()', 1, ONE, { by: actor(2) });
    await refused('ReceiptSignature()', 1, ONE, { receipt: world.receipt(1, TWO) });
  });

  it('of another deployment is refused', async () => {
    const receipt = encodeReceipt(
      signReceipt(
        {
          channel: accountIndex(0),
          sequence: 1,
          model: accountIndex(MODEL),
          time: NOW,
          price: 50n,
          inputHash: sha256(INPUT),
          outputHash: sha256(OUTPUT),
          execution: 7n as Field,
        },
        actor(1).seed,
        (TEST_DOMAIN + 1n) as Field,
      ),
    );
    await refused('ReceiptSignature()', 1, ONE, { receipt });
  });

  it('by a receipt of a channel is refused: it was paid by a voucher', async () => {
    const receipt = encodeReceipt(
      signReceipt(
        {
          channel: accountIndex(CHANNEL),
          sequence: 1,
          model: accountIndex(MODEL),
          time: NOW,
          price: 50n,
          inputHash: sha256(INPUT),
          outputHash: sha256(OUTPUT),
          execution: 7n as Field,
        },
        actor(1).seed,
        TEST_DOMAIN,
      ),
    );
    await refused(`NotAnAnswer(${CHANNEL})`, 1, ONE, { receipt });
    await refused('ReceiptMalformed()', 1, ONE, { receipt: receipt.subarray(1) });
  });

  it('that says something else than was asked is refused', async () => {
    await refused('WrongQuestion(1,2)', 1, ONE, { sequence: 2 });
    await refused(`WrongModel(${MODEL},${OTHER_MODEL})`, 1, ONE, { model: accountIndex(OTHER_MODEL) });
    await refused('WrongPrice(50,51)', 1, ONE, { price: 51n });
    await refused('WrongPrice(50,49)', 1, ONE, { price: 49n });
    const inputHash = sha256(WRONG);
    await refused(`WrongInput(${prefixedHex(sha256(INPUT))},${prefixedHex(inputHash)})`, 1, ONE, { inputHash });
    const outputHash = sha256(WRONG);
    await refused(`WrongOutput(${prefixedHex(sha256(OUTPUT))},${prefixedHex(outputHash)})`, 1, ONE, { outputHash });
  });

  it('to another question with the same input is refused, though the price is the same', async () => {
    await opened();
    await refused('WrongQuestion(1,2)', 1, ONE, { receipt: world.receipt(2, ONE) });
  });

  it('of 4,096 bytes is taken, of one more refused', async () => {
    await refused('OutputTooLong(4097)', 1, ONE, { output: new Uint8Array(4_097) });
    expect(failure(await world.answer(1, ONE, { output: new Uint8Array(4_096) }))).toBe('success');
  });

  it('is taken at the deadline, not after it', async () => {
    world.lane.timestamp = BigInt(NOW + 61);
    await refused(`TooLate(${NOW + 60})`, 1, ONE);
    world.lane.timestamp = BigInt(NOW + 60);
    expect(failure(await world.answer(1, ONE))).toBe('success');
  });

  it('after the question is answered is too late, and earns nothing', async () => {
    await world.answer(1, ONE);
    await world.answer(1, TWO);
    expect(failure(await world.answer(1, THREE))).toBe('NotOpen(1)');
    expect(await world.credit(controllerOf(THREE))).toBe(0n);
  });

  it('that somebody brings pays the provider, not him', async () => {
    await world.answer(1, ONE, { from: BOB });
    await world.answer(1, TWO, { from: BOB });
    expect(await world.credit(BOB)).toBe(0n);
    expect(await world.credit(controllerOf(ONE))).toBe(50n);
  });
});

describe('without an answer', () => {
  beforeEach(() => opened());

  it('the whole fee goes back after the deadline, whoever asks for it, once', async () => {
    await world.answer(1, ONE);
    expect(failure(await world.refund(1, BOB))).toBe(`TooEarly(${NOW + 60})`);
    world.lane.timestamp = BigInt(NOW + 60);
    expect(failure(await world.refund(1))).toBe(`TooEarly(${NOW + 60})`);
    world.lane.timestamp = BigInt(NOW + 61);
    expect(names(await world.refund(1, BOB))).toEqual(['Refunded']);
    expect(await world.credit(ALICE)).toBe(100n);
    expect(await world.credit(controllerOf(ONE))).toBe(0n);
    expect(failure(await world.refund(1))).toBe('NotOpen(1)');
    expect(failure(await world.answer(1, TWO))).toBe('NotOpen(1)');
    expect(await world.credit(ALICE)).toBe(100n);
  });

  it('a question that was answered has no refund', async () => {
    await world.answer(1, ONE);
    await world.answer(1, TWO);
    world.lane.timestamp = BigInt(NOW + 61);
    expect(failure(await world.refund(1))).toBe('NotOpen(1)');
    expect(failure(await world.refund(2))).toBe('UnknownQuestion(2)');
  });
});

describe('credit', () => {
  beforeEach(async () => {
    await opened();
    await world.answer(1, ONE);
    await world.answer(1, TWO);
  });

  it('is taken once, to anywhere, by its owner alone', async () => {
    const owner = controllerOf(ONE);
    const outcome = await world.withdraw(owner, BOB);
    expect([failure(outcome), BigInt(outcome.returned)]).toEqual(['success', 50n]);
    expect(await world.lane.balance(BOB)).toBe(50n);
    expect(failure(await world.withdraw(owner, BOB))).toMatch(/^NothingToWithdraw\(/);
    expect(failure(await world.withdraw(BOB))).toMatch(/^NothingToWithdraw\(/);
    expect(await world.lane.balance(ORACLE)).toBe(50n);
  });

  it('is not burnt, nor lost at an address that takes no ETH', async () => {
    const owner = controllerOf(TWO);
    expect(failure(await world.withdraw(owner, `0x${'00'.repeat(20)}`))).toBe('ZeroRecipient()');
    expect(failure(await world.withdraw(owner, ORACLE))).toMatch(/^TransferFailed\(/);
    expect(await world.credit(owner)).toBe(50n);
  });
});
