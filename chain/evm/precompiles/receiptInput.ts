import { ProtocolError } from '../../../protocol/errors.ts';
import type { SignedReceipt } from '../../../protocol/receipts/receipt.ts';
import { decodeReceipt } from '../../../protocol/receipts/receiptCodec.ts';
import { type AccountIndex, Kind, type Point } from '../../../protocol/types.ts';
import { CallReverted } from './abi.ts';
import { kindOf } from './layout.ts';
import { readState, readWord } from './leaves.ts';
import type { MeteredStorage } from './storage.ts';

/** What the functions that check receipts share. */

/** @throws CallReverted */
export function refuse(signature: string, ...words: (bigint | number)[]): never {
  throw new CallReverted(signature, words.map(BigInt));
}

/** @throws CallReverted with `signature` for what cannot be decoded */
export function parsed<T>(signature: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ProtocolError) refuse(signature);
    throw error;
  }
}

/** @throws CallReverted ReceiptMalformed */
export function decodedReceipt(bytes: Uint8Array): SignedReceipt {
  return parsed('ReceiptMalformed()', () => decodeReceipt(bytes));
}

/** undefined unless the provider is a KEY account: OPEN takes any index, and `a`, `b` of others are no keys. */
export async function providerKey(storage: MeteredStorage, index: AccountIndex): Promise<Point | undefined> {
  if (kindOf(await readState(storage, index)) !== Kind.KEY) return undefined;
  return [await readWord(storage, index, 'a'), await readWord(storage, index, 'b')];
}
