import { bytesToBigint } from '../../../protocol/bytes.ts';
import { ANSWER_CHANNEL, verifyAnswer as isAnswerOf } from '../../../protocol/receipts/answer.ts';
import { encodeWords } from './abi.ts';
import { GAS } from './gas.ts';
import { indexOf } from './leaves.ts';
import type { Call } from './precompile.ts';
import { decodedReceipt, providerKey, refuse } from './receiptInput.ts';

/** A receipt that answers a contract: of no channel, signed by the key of a KEY account (docs/ai.md section 6). */
export async function verifyAnswer({ input, gas, storage, domain }: Call): Promise<Uint8Array> {
  gas.use(GAS.receipt);
  const provider = indexOf(input.uint(0, 32));
  const receipt = decodedReceipt(input.bytes(1));
  if (receipt.channel !== ANSWER_CHANNEL) refuse('NotAnAnswer(uint32)', receipt.channel);
  const key = provider === undefined ? undefined : await providerKey(storage, provider);
  if (key === undefined || !isAnswerOf(receipt, key, domain)) refuse('ReceiptSignature()');
  const { sequence, model, time, price, inputHash, outputHash, execution } = receipt;
  return encodeWords([
    ...[sequence, model, time].map(BigInt),
    price,
    bytesToBigint(inputHash),
    bytesToBigint(outputHash),
    execution,
  ]);
}
