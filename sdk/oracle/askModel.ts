import { bytesToHex, type Hex, parseEventLogs } from 'viem';
import { ORACLE_ABI } from '../../genesis/predeploys/oracleAbi.ts';
import { ORACLE } from '../../protocol/lane/addresses.ts';
import { SdkError } from '../errors.ts';
import type { LaneWallet } from '../lane/sendOnLane.ts';
import { callOracle } from './oracleCall.ts';

export interface AskModelParameters {
  /** ATTEST account of the ledger. */
  readonly model: number;
  /** 1 to 8 KEY accounts of the ledger. */
  readonly providers: readonly number[];
  /** How many must agree; default: more than half. */
  readonly quorum?: number;
  /** At most 8,192 bytes. */
  readonly input: Uint8Array;
  /** Wei, all of it; an answer of the quorum earns `fee / quorum`. */
  readonly fee: bigint;
  /** Seconds, at most 7 days ahead. */
  readonly deadline: number;
}

export interface AskedQuestion {
  readonly question: bigint;
  readonly transactionHash: Hex;
  /** Of the EVM lane. */
  readonly block: bigint;
}

/**
 * Asks Oracle in the wallet's name. A contract that wants to be called back asks by itself (examples/contracts/AskModel.sol).
 * @throws as `sendOnLane`
 */
export async function askModel(client: LaneWallet, parameters: AskModelParameters): Promise<AskedQuestion> {
  const { model, providers, quorum = Math.floor(providers.length / 2) + 1, input, fee, deadline } = parameters;
  const args = [model, providers, quorum, bytesToHex(input), deadline, 0, '0x00000000'] as const;
  const receipt = await callOracle(client, 'ask', args, { value: fee });
  return askedIn(receipt);
}

/** The question that a transaction asked, its own or a contract's. @throws SdkError BAD_ANSWER if it asked none */
export function askedIn(receipt: {
  readonly logs: Parameters<typeof parseEventLogs>[0]['logs'];
  readonly transactionHash: Hex;
  readonly blockNumber: bigint;
}): AskedQuestion {
  const logs = parseEventLogs({ abi: ORACLE_ABI, eventName: 'Asked', logs: receipt.logs });
  const asked = logs.find(({ address }) => address.toLowerCase() === ORACLE);
  if (asked === undefined) {
    throw new SdkError('BAD_ANSWER', `transaction ${receipt.transactionHash} asked nothing`);
  }
  return {
    question: asked.args.question,
    transactionHash: receipt.transactionHash,
    block: receipt.blockNumber,
  };
}
