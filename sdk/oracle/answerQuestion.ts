import { bytesToHex } from 'viem';
import { accountIndex } from '../../protocol/ids.ts';
import { ANSWER_CHANNEL, signAnswer } from '../../protocol/receipts/answer.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { encodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import type { Field } from '../../protocol/types.ts';
import type { LedgerAccount } from '../accounts/ledgerAccount.ts';
import { domainOf } from '../chain.ts';
import { SdkError } from '../errors.ts';
import type { LaneWallet } from '../lane/sendOnLane.ts';
import { sha256Bytes } from '../models/sha256.ts';
import type { AnyClient } from '../request.ts';
import { callOracle, type SentToOracle, sentOf } from './oracleCall.ts';

export interface AnswerParameters {
  readonly question: bigint;
  /** The ledger's index of the model. */
  readonly model: number;
  /** `price` of the question. */
  readonly price: bigint;
  readonly input: Uint8Array;
  /** At most 4,096 bytes. */
  readonly output: Uint8Array;
  /** Commitment to the options of the execution: those of a quorum must be the same. Default 0, none. */
  readonly execution?: Field;
  /** Seconds; default: this machine's clock. */
  readonly time?: number;
}

/**
 * The receipt of an answer, signed by the provider's ledger key for the deployment of the client's chain.
 * @throws SdkError CHAIN_INCOMPLETE; ProtocolError as `signReceipt`
 */
export function signOracleAnswer(
  client: AnyClient,
  account: LedgerAccount,
  {
    question,
    model,
    price,
    input,
    output,
    execution = 0n as Field,
    time = Math.floor(Date.now() / 1000),
  }: AnswerParameters,
): SignedReceipt {
  const answer = {
    sequence: Number(question),
    model: accountIndex(model),
    time,
    price,
    inputHash: sha256Bytes(input),
    outputHash: sha256Bytes(output),
    execution,
  };
  return signAnswer(answer, account.seed, domainOf(client.chain));
}

/**
 * Brings an answer to Oracle; any wallet can. Waits until it is in a block. Where the quorum is above one, the receipt was committed to
 * (`commitAnswer`), and a block has said that it is time (`waitForReveal`): sent earlier, others read it while they can still commit to it.
 * @param provider KEY account that was asked
 * @throws SdkError INVALID_ARGUMENT for a receipt of a channel; as `sendOnLane`
 */
export async function answerQuestion(
  client: LaneWallet,
  {
    provider,
    output,
    receipt,
    gas,
  }: { readonly provider: number; readonly output: Uint8Array; readonly receipt: SignedReceipt; readonly gas?: bigint },
): Promise<SentToOracle> {
  if (receipt.channel !== ANSWER_CHANNEL) {
    throw new SdkError('INVALID_ARGUMENT', 'a receipt of a channel is no answer', { channel: receipt.channel });
  }
  const args = [BigInt(receipt.sequence), provider, bytesToHex(output), bytesToHex(encodeReceipt(receipt))] as const;
  return sentOf(await callOracle(client, 'answer', args, gas === undefined ? {} : { gas }));
}
