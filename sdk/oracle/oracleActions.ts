import type { Address, Hex } from 'viem';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import type { LaneWallet } from '../lane/sendOnLane.ts';
import type { AnyClient } from '../request.ts';
import type { WaitOptions } from '../wait.ts';
import { answerQuestion } from './answerQuestion.ts';
import { type AskedQuestion, type AskModelParameters, askModel } from './askModel.ts';
import { commitAnswer, getCommittedAt } from './commitment.ts';
import type { SentToOracle } from './oracleCall.ts';
import { getOracleCredit, getQuestion, type QuestionView } from './question.ts';
import { refundQuestion, withdrawOracleCredit } from './settle.ts';
import { type ModelAnswer, waitForAnswer } from './waitForAnswer.ts';
import { waitForReveal } from './waitForReveal.ts';

export type OracleActions = {
  /** See `getQuestion`. */
  readonly getQuestion: (question: bigint) => Promise<QuestionView>;
  /** See `getOracleCredit`. */
  readonly getOracleCredit: (owner: Address) => Promise<bigint>;
  /** See `getCommittedAt`. */
  readonly getCommittedAt: (receiptHash: Hex) => Promise<number | undefined>;
  /** See `waitForReveal`. */
  readonly waitForReveal: (question: bigint, options?: Parameters<typeof waitForReveal>[2]) => Promise<void>;
  /** See `waitForAnswer`. */
  readonly waitForAnswer: (
    question: bigint,
    options?: Pick<WaitOptions, 'timeoutMs' | 'signal' | 'awayMs'>,
  ) => Promise<ModelAnswer>;
};

/** For `extend` of any viem client of an Engram chain. */
export function oracleActions(client: AnyClient): OracleActions {
  return {
    getQuestion: (question) => getQuestion(client, question),
    getOracleCredit: (owner) => getOracleCredit(client, owner),
    getCommittedAt: (receiptHash) => getCommittedAt(client, receiptHash),
    waitForReveal: (question, options) => waitForReveal(client, question, options),
    waitForAnswer: (question, options) => waitForAnswer(client, question, options),
  };
}

export type OracleWalletActions = {
  /** See `askModel`. */
  readonly askModel: (parameters: AskModelParameters) => Promise<AskedQuestion>;
  /** See `commitAnswer`. */
  readonly commitAnswer: (receipt: SignedReceipt) => Promise<SentToOracle>;
  /** See `answerQuestion`. */
  readonly answerQuestion: (parameters: Parameters<typeof answerQuestion>[1]) => Promise<SentToOracle>;
  /** See `refundQuestion`. */
  readonly refundQuestion: (question: bigint) => Promise<Hex>;
  /** See `withdrawOracleCredit`. */
  readonly withdrawOracleCredit: (parameters?: {
    readonly to?: Address;
  }) => Promise<{ readonly amount: bigint; readonly transactionHash: Hex }>;
};

/** For `extend` of a viem wallet client of the EVM lane. */
export function oracleWalletActions(client: LaneWallet): OracleWalletActions {
  return {
    askModel: (parameters) => askModel(client, parameters),
    commitAnswer: (receipt) => commitAnswer(client, receipt),
    answerQuestion: (parameters) => answerQuestion(client, parameters),
    refundQuestion: (question) => refundQuestion(client, question),
    withdrawOracleCredit: (parameters) => withdrawOracleCredit(client, parameters),
  };
}
