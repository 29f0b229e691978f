import type { Address, Hex } from 'viem';
import { readContract } from 'viem/actions';
import { ORACLE_ABI } from '../../genesis/predeploys/oracleAbi.ts';
import { ORACLE } from '../../protocol/lane/addresses.ts';
import { SdkError } from '../errors.ts';
import { laneError } from '../lane/sendOnLane.ts';
import type { AnyClient } from '../request.ts';
import { ORACLE_ERRORS } from './oracleCall.ts';

export type QuestionStatus = 'open' | 'answered' | 'refunded';

/** A question to attested models, as the contract has it. */
export interface QuestionView {
  readonly question: bigint;
  readonly status: QuestionStatus;
  readonly asker: Address;
  /** ATTEST account of the ledger. */
  readonly model: number;
  /** KEY accounts of the ledger. */
  readonly providers: readonly number[];
  /** Those of them that answered so far, whatever they said. */
  readonly answered: readonly number[];
  readonly quorum: number;
  /** Seconds. */
  readonly deadline: number;
  /** Seconds; from then on answers are shown that were committed to before. 0: a quorum of one, without commitments. */
  readonly revealFrom: number;
  /** Wei. */
  readonly fee: bigint;
  /** Wei for each of the quorum. */
  readonly price: bigint;
  readonly callbackGas: number;
  readonly callback: Hex;
  /** SHA-256. */
  readonly inputHash: Hex;
}

const STATUSES = [undefined, 'open', 'answered', 'refunded'] as const;
const NO_ANSWER = `0x${'00'.repeat(32)}`;
const at = { address: ORACLE, abi: ORACLE_ABI } as const;

/** @throws SdkError NOT_FOUND; RpcFailedError; NodeUnavailableError */
export async function getQuestion(client: AnyClient, question: bigint): Promise<QuestionView> {
  try {
    const found = await readContract(client, { ...at, functionName: 'questionAt', args: [question] });
    const { status: number, deadline, providers, ...rest } = found;
    const status = STATUSES[number];
    if (status === undefined) throw new SdkError('NOT_FOUND', `there is no question ${question}`, { question });
    const answers = await Promise.all(providers.map((provider) => digestOf(client, question, provider)));
    const answered = providers.filter((_, i) => answers[i] !== NO_ANSWER);
    return { question, status, deadline: Number(deadline), providers, answered, ...rest };
  } catch (error) {
    throw laneError(error, ORACLE_ERRORS);
  }
}

/** Whether a provider has answered. @throws SdkError LANE_REVERTED if it was not asked; RpcFailedError; NodeUnavailableError */
export async function hasAnswered(client: AnyClient, question: bigint, provider: number): Promise<boolean> {
  try {
    return (await digestOf(client, question, provider)) !== NO_ANSWER;
  } catch (error) {
    throw laneError(error, ORACLE_ERRORS);
  }
}

function digestOf(client: AnyClient, question: bigint, provider: number): Promise<Hex> {
  return readContract(client, { ...at, functionName: 'answerOf', args: [question, provider] });
}

/** Wei that an address may withdraw from Oracle. @throws RpcFailedError; NodeUnavailableError */
export async function getOracleCredit(client: AnyClient, owner: Address): Promise<bigint> {
  try {
    return await readContract(client, { ...at, functionName: 'credit', args: [owner] });
  } catch (error) {
    throw laneError(error, ORACLE_ERRORS);
  }
}
