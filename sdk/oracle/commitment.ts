import { type Hex, keccak256 } from 'viem';
import { readContract } from 'viem/actions';
import { ORACLE_ABI } from '../../genesis/predeploys/oracleAbi.ts';
import { ORACLE } from '../../protocol/lane/addresses.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { encodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import { type LaneWallet, laneError } from '../lane/sendOnLane.ts';
import type { AnyClient } from '../request.ts';
import { callOracle, ORACLE_ERRORS, type SentToOracle, sentOf } from './oracleCall.ts';

/** What is committed to: keccak256 of the receipt's 221 bytes. It says nothing about the answer to who has not seen the receipt. */
export function answerHash(receipt: SignedReceipt): Hex {
  return keccak256(encodeReceipt(receipt));
}

/**
 * Commits to an answer, where the quorum is above one; it must be in a block before `revealFrom` of its question. Any wallet can; nothing
 * happens if somebody did already. Waits until it is in a block.
 * @throws as `sendOnLane`
 */
export async function commitAnswer(client: LaneWallet, receipt: SignedReceipt): Promise<SentToOracle> {
  return sentOf(await callOracle(client, 'commitAnswer', [answerHash(receipt)]));
}

/** When a receipt was committed to, seconds; undefined: never. @throws RpcFailedError; NodeUnavailableError */
export async function getCommittedAt(client: AnyClient, receiptHash: Hex): Promise<number | undefined> {
  try {
    const args = [receiptHash] as const;
    const time = await readContract(client, { address: ORACLE, abi: ORACLE_ABI, functionName: 'committedAt', args });
    return time === 0n ? undefined : Number(time);
  } catch (error) {
    throw laneError(error, ORACLE_ERRORS);
  }
}
