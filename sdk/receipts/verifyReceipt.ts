import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { proofToJson, receiptToJson } from '../../protocol/receipts/receiptCodec.ts';
import type { ReceiptProof } from '../../protocol/receipts/receiptTree.ts';
import { parse } from '../parse.ts';
import { type AnyClient, request } from '../request.ts';
import type { Hex, ReceiptVerdict } from '../rpcTypes.ts';

export interface VerifyReceiptParameters {
  readonly receipt: SignedReceipt;
  /** `ReceiptLog.proof` for the root of a claim. */
  readonly proof: ReceiptProof;
  /** Transaction of the claim; default: the channel's claims are searched, newest first. */
  readonly claim?: Hex;
}

/**
 * Asks the node whether a receipt was settled, and what it proves. It is the node's word: `verifyReceiptOnL1` needs none.
 * @throws LedgerRefusedError with the statement that fails: RECEIPT_SIGNATURE, RECEIPT_NOT_INCLUDED, RECEIPT_MODEL …
 */
export async function verifyReceipt(client: AnyClient, parameters: VerifyReceiptParameters): Promise<ReceiptVerdict> {
  const { receipt, proof, claim } = parameters;
  const question = {
    receipt: receiptToJson(receipt),
    proof: proofToJson(proof),
    ...(claim !== undefined && { claim }),
  };
  return parse<ReceiptVerdict>(await request(client, 'engram_verifyReceipt', [question]));
}
