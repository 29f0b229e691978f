import { AMOUNT_LIMIT } from '../account.ts';
import { bytesToBigint } from '../bytes.ts';
import { sign, verify } from '../crypto/eddsa.ts';
import { poseidon } from '../crypto/poseidon.ts';
import { derivedDomain } from '../derivedDomain.ts';
import { ProtocolError } from '../errors.ts';
import { field } from '../field.ts';
import { accountIndex } from '../ids.ts';
import type { AccountIndex, Field, Point, Signature } from '../types.ts';

export const SEQUENCE_LIMIT = 2 ** 32;
export const TIME_LIMIT = 2 ** 40;
export const HASH_BYTES = 32;

/** What a provider says it did for a price (docs/receipts.md). */
export interface Receipt {
  readonly channel: AccountIndex;
  /** Number of the receipt in its channel, from 0 without gaps; below 2^32. It is also the receipt's position in the tree. */
  readonly sequence: number;
  /** The ATTEST account of the model; 0 if the channel names none. */
  readonly model: AccountIndex;
  /** Seconds (Unix time, 40 bits), the provider's clock. */
  readonly time: number;
  /** In the channel's token, below 2^96. */
  readonly price: bigint;
  /** SHA-256 of the input and output, 32 bytes each. */
  readonly inputHash: Uint8Array;
  readonly outputHash: Uint8Array;
  /** Commitment to the options of the execution; 0 for none. */
  readonly execution: Field;
}

export interface SignedReceipt extends Receipt {
  readonly signature: Signature;
}

function uint(name: string, value: number, limit: number): bigint {
  if (!Number.isInteger(value) || value < 0 || value >= limit) {
    throw new ProtocolError('AMOUNT_OUT_OF_RANGE', { [name]: value });
  }
  return BigInt(value);
}

function halves(hash: Uint8Array): [high: bigint, low: bigint] {
  if (hash.length !== HASH_BYTES) throw new ProtocolError('MALFORMED_BYTES', { hashBytes: hash.length });
  return [bytesToBigint(hash.subarray(0, 16)), bytesToBigint(hash.subarray(16))];
}

/** `channel(32) | sequence(32) | model(32) | time(40) | price(96)`, lowest bits first. */
function packHead(receipt: Receipt): bigint {
  const { channel, sequence, model, time, price } = receipt;
  if (price < 0n || price >= AMOUNT_LIMIT) throw new ProtocolError('AMOUNT_OUT_OF_RANGE', { price });
  return (
    BigInt(accountIndex(channel)) |
    (uint('sequence', sequence, SEQUENCE_LIMIT) << 32n) |
    (BigInt(accountIndex(model)) << 64n) |
    (uint('time', time, TIME_LIMIT) << 96n) |
    (price << 136n)
  );
}

/**
 * The words of a receipt's leaf, all in range.
 * @throws ProtocolError INDEX_OUT_OF_RANGE, AMOUNT_OUT_OF_RANGE (price, sequence, time), MALFORMED_BYTES (hashes),
 * WORD_NOT_CANONICAL (execution)
 */
export function receiptWords(receipt: Receipt): bigint[] {
  return [packHead(receipt), ...halves(receipt.inputHash), ...halves(receipt.outputHash), field(receipt.execution)];
}

/** The receipt's leaf in the tree; every bit of it counts. @throws ProtocolError as `receiptWords` */
export function receiptHash(receipt: Receipt): Field {
  return poseidon(receiptWords(receipt));
}

const domainOf = derivedDomain(2n);

/** First word of every receipt's message. */
export function receiptDomain(domain: Field): Field {
  return domainOf(domain);
}

/** What the provider's key signs for a leaf. @throws ProtocolError WORD_NOT_CANONICAL */
export function receiptMessage(leaf: Field, domain: Field): Field {
  return poseidon([receiptDomain(domain), leaf]);
}

/** @throws ProtocolError as `receiptHash`, and INVALID_ARGUMENT unless the seed has 32 bytes */
export function signReceipt(receipt: Receipt, seed: Uint8Array, domain: Field): SignedReceipt {
  return { ...receipt, signature: sign(seed, receiptMessage(receiptHash(receipt), domain)) };
}

/** Whether `key` signed exactly this receipt for this deployment. @throws ProtocolError as `receiptHash` */
export function verifyReceiptSignature(receipt: SignedReceipt, key: Point, domain: Field): boolean {
  return verify(key, receiptMessage(receiptHash(receipt), domain), receipt.signature);
}
