import { type Hex, hexToBytes, isAddressEqual } from 'viem';
import { getBlockNumber, getContractEvents } from 'viem/actions';
import { ORACLE_ABI } from '../../genesis/predeploys/oracleAbi.ts';
import { ORACLE } from '../../protocol/lane/addresses.ts';
import { SdkError } from '../errors.ts';
import { laneError } from '../lane/sendOnLane.ts';
import type { AnyClient } from '../request.ts';
import type { WaitOptions } from '../wait.ts';
import { watch } from '../watch.ts';
import { ORACLE_ERRORS } from './oracleCall.ts';
import { getQuestion } from './question.ts';

/** What a quorum of providers said. */
export interface ModelAnswer {
  readonly question: bigint;
  readonly output: Uint8Array;
  /** Commitment to the options of the execution. */
  readonly execution: bigint;
  /** The providers of the quorum, who were paid. */
  readonly paid: readonly number[];
  /** Whether the asker's callback failed; the answer stands. */
  readonly hasCallbackFailed: boolean;
  readonly block: bigint;
  readonly transactionHash: Hex;
}

/** Blocks that a node searches at once. */
const WINDOW = 50_000n;

/**
 * Resolves once a quorum has answered a question, asking at the client's pace.
 * @throws SdkError NOT_FOUND (no such question), NO_ANSWER (refunded); WaitTimeoutError, the signal's reason, NodeUnavailableError
 */
export async function waitForAnswer(
  client: AnyClient,
  question: bigint,
  options: Pick<WaitOptions, 'timeoutMs' | 'signal' | 'awayMs'> = {},
): Promise<ModelAnswer> {
  return watch(
    client,
    { what: `answer to question ${question}`, ...options },
    {
      ask: async () => {
        const { status } = await getQuestion(client, question);
        if (status === 'refunded') {
          throw new SdkError('NO_ANSWER', `question ${question} had no answer in time; its fee was given back`, {
            question,
          });
        }
        return status === 'answered' ? getAnswer(client, question) : undefined;
      },
    },
  );
}

/** The answer of a question that has one, from its log. @throws SdkError BAD_ANSWER; RpcFailedError; NodeUnavailableError */
export async function getAnswer(client: AnyClient, question: bigint): Promise<ModelAnswer> {
  try {
    let toBlock = await getBlockNumber(client, { cacheTime: 0 });
    for (;;) {
      const fromBlock = toBlock < WINDOW ? 0n : toBlock - WINDOW + 1n;
      const found = await resolvedIn(client, question, { fromBlock, toBlock });
      if (found !== undefined) return found;
      if (fromBlock === 0n) break;
      toBlock = fromBlock - 1n;
    }
  } catch (error) {
    throw laneError(error, ORACLE_ERRORS);
  }
  throw new SdkError('BAD_ANSWER', `no block has the answer to question ${question}`, { question });
}

async function resolvedIn(
  client: AnyClient,
  question: bigint,
  range: { readonly fromBlock: bigint; readonly toBlock: bigint },
): Promise<ModelAnswer | undefined> {
  const events = { address: ORACLE, abi: ORACLE_ABI, args: { question }, strict: true } as const;
  const [log] = await getContractEvents(client, { ...events, ...range, eventName: 'Resolved' });
  if (log === undefined) return undefined;
  const { args, blockNumber: block, transactionHash } = log;
  if (args.question !== question || !isAddressEqual(log.address, ORACLE)) {
    throw new SdkError('BAD_ANSWER', 'the node has another answer than was asked for', { question });
  }
  const at = { fromBlock: block, toBlock: block };
  const failed = await getContractEvents(client, { ...events, ...at, eventName: 'CallbackFailed' });
  return {
    question,
    output: hexToBytes(args.output),
    execution: args.execution,
    paid: args.paid,
    hasCallbackFailed: failed.length > 0,
    block,
    transactionHash,
  };
}
