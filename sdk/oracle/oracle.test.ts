import {
  type Address,
  createPublicClient,
  custom,
  decodeFunctionData,
  encodeAbiParameters,
  encodeErrorResult,
  encodeEventTopics,
  encodeFunctionResult,
  type Hex,
  keccak256,
  numberToHex,
} from 'viem';
import { describe, expect, it } from 'vitest';
import { ORACLE_ABI } from '../../genesis/predeploys/oracleAbi.ts';
import { LEDGER_READ, ORACLE } from '../../protocol/lane/addresses.ts';
import { verifyAnswer } from '../../protocol/receipts/answer.ts';
import { encodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import { ledgerAccount } from '../accounts/ledgerAccount.ts';
import { domainOf, engramChain } from '../chain.ts';
import { createLedgerClient } from '../client.ts';
import type { LaneWallet } from '../lane/sendOnLane.ts';
import { sha256Bytes } from '../models/sha256.ts';
import { answerQuestion, signOracleAnswer } from './answerQuestion.ts';
import { askedIn } from './askModel.ts';
import { answerHash, getCommittedAt } from './commitment.ts';
import { getQuestion, hasAnswered } from './question.ts';
import { waitForAnswer } from './waitForAnswer.ts';
import { waitForReveal } from './waitForReveal.ts';

const chain = engramChain({
  id: 7171,
  rpcUrl: 'http://127.0.0.1:1',
  l1: { id: 31_337 },
  rollup: `0x${'aa'.repeat(20)}`,
});
const account = ledgerAccount({ seed: new Uint8Array(32).fill(3) });
const SOMEBODY: Address = `0x${'bb'.repeat(20)}`;
const HASH: Hex = `0x${'11'.repeat(32)}`;
const NOTHING: Hex = `0x${'00'.repeat(32)}`;

const stored = {
  status: 2,
  asker: SOMEBODY,
  model: 11,
  quorum: 2,
  deadline: 1_000,
  revealFrom: 900,
  fee: 101n,
  price: 50n,
  callbackGas: 0,
  callback: '0x00000000',
  inputHash: HASH,
  providers: [4, 5, 6],
} as const;

interface Resolved {
  readonly question?: bigint;
  readonly address?: Address;
}

/** A log as a node gives it. */
function resolvedLog({ question = 1n, address = ORACLE }: Resolved) {
  const args = { question, model: 11, asker: SOMEBODY };
  const types = [{ type: 'uint256' }, { type: 'uint32[]' }, { type: 'bytes' }] as const;
  return {
    address,
    topics: encodeEventTopics({ abi: ORACLE_ABI, eventName: 'Resolved', args }),
    data: encodeAbiParameters(types, [7n, [4, 6], '0x1234']),
    blockNumber: '0x5',
    blockHash: HASH,
    transactionHash: HASH,
    transactionIndex: '0x0',
    logIndex: '0x0',
    removed: false,
  };
}

let asked: string[] = [];
/** Blocks come with the looks at them: of 898 s, 899 s, …; those on L1 are two behind. */
function blockAt([tag]: [string]) {
  asked.push(tag);
  const timestamp = 897 + asked.length - (tag === 'safe' ? 2 : 0);
  return { number: '0x9', hash: HASH, timestamp: numberToHex(timestamp), transactions: [] };
}

/** A node whose Oracle has question 1 as `question` says; account 4 and 6 have answered. */
function node(question: Partial<{ -readonly [K in keyof typeof stored]: unknown }> = {}, log: Resolved | null = {}) {
  return createPublicClient({
    chain,
    pollingInterval: 1,
    transport: custom({
      request: async ({ method, params }: { method: string; params?: unknown }) => {
        const [first] = (params ?? []) as { data?: Hex; topics?: Hex[] }[]; // of the methods below
        if (method === 'eth_getBlockByNumber') return blockAt(params as [string]);
        if (method === 'eth_blockNumber') return numberToHex(9n);
        if (method === 'eth_getLogs') {
          const [resolved] = encodeEventTopics({ abi: ORACLE_ABI, eventName: 'Resolved' });
          return first?.topics?.[0] === resolved && log !== null ? [resolvedLog(log)] : [];
        }
        const { functionName, args } = decodeFunctionData({ abi: ORACLE_ABI, data: first?.data ?? '0x' });
        if (functionName === 'committedAt') {
          return encodeFunctionResult({ abi: ORACLE_ABI, functionName, result: args[0] === HASH ? 895n : 0n });
        }
        if (functionName === 'answerOf') {
          const provider = args[1];
          if (provider === 9) {
            const data = encodeErrorResult({ abi: ORACLE_ABI, errorName: 'NotAsked', args: [9] });
            throw Object.assign(new Error('execution reverted'), { code: 3, data });
          }
          return provider === 5 ? NOTHING : HASH;
        }
        const empty = { ...stored, status: 0, providers: [] };
        const result = args?.[0] === 1n ? { ...stored, ...question } : empty;
        return encodeFunctionResult({ abi: ORACLE_ABI, functionName: 'questionAt', result: result as never }); // as changed
      },
    }),
  });
}

describe('a question', () => {
  it('is shown with who has answered so far', async () => {
    expect(await getQuestion(node(), 1n)).toMatchObject({
      question: 1n,
      status: 'answered',
      providers: [4, 5, 6],
      answered: [4, 6],
      deadline: 1_000,
      revealFrom: 900,
      price: 50n,
    });
    expect(await hasAnswered(node(), 1n, 4)).toBe(true);
    expect(await hasAnswered(node(), 1n, 5)).toBe(false);
  });

  it('that nobody asked, and a provider that was not asked, are named', async () => {
    await expect(getQuestion(node(), 2n)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(hasAnswered(node(), 1n, 9)).rejects.toMatchObject({
      code: 'LANE_REVERTED',
      details: { error: 'NotAsked' },
    });
  });

  it('is found in the transaction that asked it, if it did', () => {
    const args = { question: 8n, model: 11, asker: SOMEBODY };
    const types = ['uint32[]', 'uint8', 'uint256', 'uint40', 'uint40', 'uint32', 'bytes'].map((type) => ({ type }));
    const log = {
      ...resolvedLog({}),
      topics: encodeEventTopics({ abi: ORACLE_ABI, eventName: 'Asked', args }),
      data: encodeAbiParameters(types, [[4], 1, 5n, 1_000, 0, 0, '0x']),
    };
    const receipt = (each: object) => ({ transactionHash: HASH, blockNumber: 5n, logs: [each] as never }); // a node's log
    expect(askedIn(receipt(log))).toEqual({ question: 8n, transactionHash: HASH, block: 5n });
    for (const other of [{ ...log, address: LEDGER_READ }, resolvedLog({})]) {
      expect(() => askedIn(receipt(other))).toThrow(expect.objectContaining({ code: 'BAD_ANSWER' }));
    }
  });
});

describe('waiting for an answer', () => {
  it('ends with what the quorum said', async () => {
    expect(await waitForAnswer(node(), 1n)).toEqual({
      question: 1n,
      output: Uint8Array.of(0x12, 0x34),
      execution: 7n,
      paid: [4, 6],
      hasCallbackFailed: false,
      block: 5n,
      transactionHash: HASH,
    });
  });

  it('ends if the fee was given back, or time is over', async () => {
    await expect(waitForAnswer(node({ status: 3 }), 1n)).rejects.toMatchObject({ code: 'NO_ANSWER' });
    await expect(waitForAnswer(node({ status: 1 }), 1n, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
    });
  });

  it('is not satisfied with another question’s answer, another contract’s, or none', async () => {
    for (const log of [{ question: 2n }, { address: SOMEBODY }, null]) {
      await expect(waitForAnswer(node({}, log), 1n)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
    }
  });
});

describe('time to show answers', () => {
  it.each([
    ['latest', 3],
    ['safe', 5],
  ] as const)('has come when the %s block says so', async (finality, looks) => {
    asked = [];
    await waitForReveal(node(), 1n, { finality });
    expect(asked).toEqual(Array.from({ length: looks }, () => finality));
  });

  it('comes at once where nothing was committed to, and may take too long', async () => {
    asked = [];
    await waitForReveal(node({ revealFrom: 0 }), 1n);
    expect(asked).toEqual(['latest']);
    const never = waitForReveal(node({ revealFrom: 2 ** 39 }), 1n, { timeoutMs: 20 });
    await expect(never).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
  });
});

describe('a commitment', () => {
  it('is the hash of the receipt’s 221 bytes', () => {
    const said = { question: 3n, model: 11, price: 50n, input: Uint8Array.of(1), output: Uint8Array.of(2), time: 99 };
    const receipt = signOracleAnswer(createLedgerClient({ chain, account }), account, said);
    expect(answerHash(receipt)).toBe(keccak256(encodeReceipt(receipt)));
    expect(answerHash({ ...receipt, time: 98 })).not.toBe(answerHash(receipt));
  });

  it('has a time, or was not made', async () => {
    expect(await getCommittedAt(node(), HASH)).toBe(895);
    expect(await getCommittedAt(node(), NOTHING)).toBeUndefined();
  });
});

describe('an answer', () => {
  const client = createLedgerClient({ chain, account });
  const said = { question: 3n, model: 11, price: 50n, input: Uint8Array.of(1), output: Uint8Array.of(2), time: 99 };

  it('is signed for the deployment that the chain names', () => {
    const receipt = signOracleAnswer(client, account, said);
    expect(receipt).toMatchObject({ channel: 0, sequence: 3, model: 11, price: 50n, time: 99, execution: 0n });
    expect(receipt.inputHash).toEqual(sha256Bytes(said.input));
    expect(verifyAnswer(receipt, account.key, domainOf(chain))).toBe(true);
  });

  it('is no receipt of a channel', async () => {
    const receipt = { ...signOracleAnswer(client, account, said), channel: 30 as never }; // an index
    const sending = answerQuestion(node() as unknown as LaneWallet, { provider: 4, output: said.output, receipt }); // never asked
    await expect(sending).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
