/** JSON answers of a provider about channels and receipts, from the wire into domain types. */
import { sha256 } from '@noble/hashes/sha2.js';
import { z } from 'zod';
import { bytesToHex } from '../../protocol/bytes.ts';
import { field, isCanonical } from '../../protocol/field.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { proofFromJson, receiptFromJson, voucherFromJson } from '../../protocol/receipts/receiptCodec.ts';
import type { ReceiptProof } from '../../protocol/receipts/receiptTree.ts';
import type { Field, SignedVoucher } from '../../protocol/types.ts';
import { ConsumerError } from './consumerError.ts';

/** The provider's book of a channel: for who lost an answer. */
export interface ChannelReport {
  /** What its receipts cost in all, base units. */
  readonly issued: bigint;
  readonly receipts: number;
  readonly root: Field;
  readonly lastVoucher?: SignedVoucher;
  readonly lastReceipt?: SignedReceipt;
  /** Of `lastReceipt`: its SHA-256 was compared. */
  readonly lastOutput?: Uint8Array;
}

/** A public receipt with what it is about: both hashes were compared, signature and proof are the caller's to check. */
export interface Sample {
  readonly receipt: SignedReceipt;
  readonly proof: ReceiptProof;
  readonly input: Uint8Array;
  readonly output: Uint8Array;
}

const base64 = z
  .string()
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/)
  .transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
const decimal = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/)
  .transform(BigInt);

const channelSchema = z.object({
  issued: decimal,
  receipts: z
    .number()
    .int()
    .nonnegative()
    .max(2 ** 32),
  root: decimal.refine(isCanonical).transform(field),
  lastVoucher: z.unknown().optional(),
  lastReceipt: z.unknown().optional(),
  lastOutput: base64.nullish(),
});

const sampleSchema = z.object({ receipt: z.unknown(), proof: z.unknown(), input: base64, output: base64 });

function bad(what: string, cause?: unknown): ConsumerError {
  return new ConsumerError('BAD_ANSWER', `${what}: not of the form of the protocol`, { what }, { cause });
}

/** @throws ConsumerError BAD_ANSWER */
export function decoded<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw cause instanceof ConsumerError ? cause : bad(what, cause);
  }
}

export function isHashOf(hash: Uint8Array, bytes: Uint8Array): boolean {
  return bytesToHex(hash) === bytesToHex(sha256(bytes));
}

/** @throws ConsumerError BAD_ANSWER */
export function parseChannelReport(json: unknown, channel: number): ChannelReport {
  return decoded('channel', () => {
    const { issued, receipts, root, lastVoucher, lastReceipt, lastOutput } = channelSchema.parse(json);
    const receipt = lastReceipt == null ? undefined : receiptFromJson(lastReceipt);
    const voucher = lastVoucher == null ? undefined : voucherFromJson(lastVoucher);
    for (const item of [receipt, voucher]) if (item !== undefined && item.channel !== channel) throw bad('channel');
    if (receipt !== undefined && receipts !== receipt.sequence + 1) throw bad('receipts');
    if (lastOutput != null && (receipt === undefined || !isHashOf(receipt.outputHash, lastOutput))) throw bad('output');
    return {
      ...{ issued, receipts, root },
      ...(voucher !== undefined && { lastVoucher: voucher }),
      ...(receipt !== undefined && { lastReceipt: receipt }),
      ...(lastOutput != null && { lastOutput }),
    };
  });
}

/** @throws ConsumerError BAD_ANSWER: malformed, another receipt than was asked for, or bytes that it does not name */
export function parseSample(json: unknown, asked: { channel: number; sequence: number; size: number }): Sample {
  return decoded('sample', () => {
    const found = sampleSchema.parse(json);
    const { input, output } = found;
    const [receipt, proof] = [receiptFromJson(found.receipt), proofFromJson(found.proof)];
    const isAsked = receipt.channel === asked.channel && receipt.sequence === asked.sequence;
    if (!isAsked || proof.position !== asked.sequence || proof.size !== asked.size) throw bad('sample');
    if (!isHashOf(receipt.inputHash, input) || !isHashOf(receipt.outputHash, output)) throw bad('sample');
    return { receipt, proof, input, output };
  });
}
