import { bytesToHex, encodeFunctionData, type Hex, hexToBytes, TransactionReceiptNotFoundError } from 'viem';
import {
  getBlock,
  getContractEvents,
  getGasPrice,
  getTransaction,
  getTransactionReceipt,
  readContract,
  sendTransaction,
} from 'viem/actions';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { encodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import { LEDGER_READ, LEDGER_READ_ABI, ORACLE, ORACLE_ABI } from '../../sdk/lane/contracts.ts';
import type { LaneWallet } from '../../sdk/lane/sendOnLane.ts';
import { getCommittedAt } from '../../sdk/oracle/commitment.ts';
import { getQuestion, type QuestionView } from '../../sdk/oracle/question.ts';
import { COMMIT_GAS } from './answerGas.ts';

/** A question as its log tells it. */
export interface AskedLog {
  readonly question: bigint;
  readonly providers: readonly number[];
  readonly quorum: number;
  /** Wei. */
  readonly fee: bigint;
  /** Seconds. */
  readonly deadline: number;
  /** Seconds; 0: without commitments. */
  readonly revealFrom: number;
  readonly callbackGas: number;
  readonly input: Uint8Array;
}

/** `unknown`: in no block and in no pool. */
export type SendOutcome = 'included' | 'failed' | 'pending' | 'unknown';

export interface AnswerToSend {
  readonly provider: number;
  readonly output: Uint8Array;
  readonly receipt: SignedReceipt;
  readonly gas: bigint;
}

/** What an answerer needs of the EVM lane. */
export interface OraclePort {
  /** The newest block, or the newest that is committed on L1; its timestamp in seconds. */
  head(tag?: 'latest' | 'safe'): Promise<{ readonly number: bigint; readonly hash: Hex; readonly timestamp: number }>;
  /** Wei a unit of gas that a transaction would pay now. */
  gasPrice(): Promise<bigint>;
  /** Questions about a model in these blocks (inclusive), in their order. */
  asked(model: number, range: { readonly fromBlock: bigint; readonly toBlock: bigint }): Promise<readonly AskedLog[]>;
  /** @throws SdkError NOT_FOUND */
  question(question: bigint): Promise<QuestionView>;
  /** Words of a ledger account; kind 0: there is none. */
  account(index: number): Promise<{ readonly kind: number; readonly a: bigint; readonly b: bigint }>;
  /** When a receipt was committed to, seconds. */
  committedAt(receiptHash: Hex): Promise<number | undefined>;
  /** Sends a commitment, without waiting for it. */
  commit(receiptHash: Hex): Promise<Hex>;
  /** Sends an answer, without waiting for it. */
  send(answer: AnswerToSend): Promise<Hex>;
  outcome(hash: Hex): Promise<SendOutcome>;
}

/** Through a wallet of the EVM lane, which pays for the gas. */
export function oraclePort(client: LaneWallet): OraclePort {
  const { account, chain = null } = client;
  const transact = (data: Hex, gas: bigint): Promise<Hex> =>
    sendTransaction(client, { account, chain, to: ORACLE, data, gas });
  return {
    head: async (blockTag = 'latest') => {
      const { number, hash, timestamp } = await getBlock(client, { blockTag });
      return { number, hash, timestamp: Number(timestamp) };
    },
    gasPrice: () => getGasPrice(client),
    asked: async (model, range) => {
      const logs = await getContractEvents(client, {
        address: ORACLE,
        abi: ORACLE_ABI,
        eventName: 'Asked',
        args: { model },
        strict: true,
        ...range,
      });
      return logs.map(({ args: { input, ...args } }) => {
        return { ...args, input: hexToBytes(input) };
      });
    },
    question: (question) => getQuestion(client, question),
    account: (index) =>
      readContract(client, { address: LEDGER_READ, abi: LEDGER_READ_ABI, functionName: 'account', args: [index] }),
    committedAt: (receiptHash) => getCommittedAt(client, receiptHash),
    commit: (receiptHash) =>
      transact(encodeFunctionData({ abi: ORACLE_ABI, functionName: 'commitAnswer', args: [receiptHash] }), COMMIT_GAS),
    send: ({ provider, output, receipt, gas }) => {
      const args = [
        BigInt(receipt.sequence),
        provider,
        bytesToHex(output),
        bytesToHex(encodeReceipt(receipt)),
      ] as const;
      return transact(encodeFunctionData({ abi: ORACLE_ABI, functionName: 'answer', args }), gas);
    },
    outcome: async (hash) => {
      try {
        return (await getTransactionReceipt(client, { hash })).status === 'success' ? 'included' : 'failed';
      } catch (error) {
        if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
      }
      return getTransaction(client, { hash }).then(
        () => 'pending',
        (error: unknown) => {
          if (error instanceof Error && error.name === 'TransactionNotFoundError') return 'unknown';
          throw error;
        },
      );
    },
  };
}
