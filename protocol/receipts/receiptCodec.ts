import { ByteReader, ByteWriter, bigintToBytes, bytesToBigint } from '../bytes.ts';
import { readSignature, writeSignature } from '../codec/signature.ts';
import { field } from '../field.ts';
import { accountIndex } from '../ids.ts';
import {
  big,
  fieldWord,
  hexBytes,
  index,
  int,
  type Json,
  type JsonCodec,
  list,
  malformed,
  object,
  optional,
  signature,
} from '../json.ts';
import type { Field, SignedVoucher } from '../types.ts';
import { voucherWords } from '../voucher.ts';
import { HASH_BYTES, receiptWords, type SignedReceipt } from './receipt.ts';
import { isProofShape, proofParts, type ReceiptProof } from './receiptTree.ts';

// Byte and JSON forms of docs/receipts.md. Whatever decodes is in range; whether it is signed, or true, is another question.

/** Ranges as the leaf's words need them. */
function checkedReceipt(receipt: SignedReceipt): SignedReceipt {
  receiptWords(receipt);
  return receipt;
}

function checkedVoucher(voucher: SignedVoucher): SignedVoucher {
  voucherWords(voucher);
  return voucher;
}

/** 221 bytes. @throws ProtocolError as `receiptWords`, BAD_SIGNATURE (S over 256 bits), WORD_NOT_CANONICAL (R8) */
export function encodeReceipt(receipt: SignedReceipt): Uint8Array {
  const { channel, sequence, model, time, price, inputHash, outputHash, execution, signature } =
    checkedReceipt(receipt);
  const writer = new ByteWriter();
  writer.write(channel, 4).write(sequence, 4).write(model, 4).write(time, 5).write(price, 12);
  writer.write(bytesToBigint(inputHash), HASH_BYTES).write(bytesToBigint(outputHash), HASH_BYTES).write(execution, 32);
  writeSignature(writer, signature);
  return writer.bytes();
}

/** @throws ProtocolError MALFORMED_BYTES (length), INDEX_OUT_OF_RANGE, WORD_NOT_CANONICAL */
export function decodeReceipt(bytes: Uint8Array): SignedReceipt {
  const reader = new ByteReader(bytes);
  const hash = () => bigintToBytes(reader.big(HASH_BYTES), HASH_BYTES);
  const receipt: SignedReceipt = {
    channel: accountIndex(reader.int(4)),
    sequence: reader.int(4),
    model: accountIndex(reader.int(4)),
    time: reader.int(5),
    price: reader.big(12),
    inputHash: hash(),
    outputHash: hash(),
    execution: field(reader.big(32)),
    signature: readSignature(reader),
  };
  reader.end();
  return receipt;
}

/** 144 bytes. @throws ProtocolError as `voucherMessage`, BAD_SIGNATURE (S over 256 bits) */
export function encodeVoucher(voucher: SignedVoucher): Uint8Array {
  const { channel, total, receiptsRoot, signature } = checkedVoucher(voucher);
  const writer = new ByteWriter();
  writer.write(channel, 4).write(total, 12).write(receiptsRoot, 32);
  writeSignature(writer, signature);
  return writer.bytes();
}

/** @throws ProtocolError MALFORMED_BYTES (length), INDEX_OUT_OF_RANGE, WORD_NOT_CANONICAL */
export function decodeVoucher(bytes: Uint8Array): SignedVoucher {
  const reader = new ByteReader(bytes);
  const voucher: SignedVoucher = {
    channel: accountIndex(reader.int(4)),
    total: reader.big(12),
    receiptsRoot: field(reader.big(32)),
    signature: readSignature(reader),
  };
  reader.end();
  return voucher;
}

/** `position(4) ‖ size(5) ‖ siblings ‖ [before] ‖ after`: the numbers of words follow from position and size. @throws ProtocolError MALFORMED_BYTES */
export function encodeProof(proof: ReceiptProof): Uint8Array {
  if (!isProofShape(proof)) throw malformed('inclusion proof');
  const { position, size, siblings, before, after } = proof;
  const writer = new ByteWriter().write(position, 4).write(size, 5);
  for (const word of [...siblings, ...(before === undefined ? [] : [before]), ...after]) writer.write(field(word), 32);
  return writer.bytes();
}

/** @throws ProtocolError MALFORMED_BYTES (length, no such position), WORD_NOT_CANONICAL */
export function decodeProof(bytes: Uint8Array): ReceiptProof {
  const reader = new ByteReader(bytes);
  const [position, size] = [reader.int(4), reader.int(5)];
  const parts = proofParts(position, size);
  if (parts === undefined) throw malformed('position below size');
  const words = (count: number): Field[] => Array.from({ length: count }, () => field(reader.big(32)));
  const siblings = words(parts.siblings);
  const [before] = words(parts.hasBefore ? 1 : 0);
  const proof = { position, size, siblings, before, after: words(parts.after) };
  reader.end();
  return proof;
}

/** An input's or output's SHA-256. */
export const hashJson = hexBytes(HASH_BYTES);

const receipt = object<SignedReceipt>({
  channel: index,
  sequence: int,
  model: index,
  time: int,
  price: big,
  inputHash: hashJson,
  outputHash: hashJson,
  execution: fieldWord,
  signature,
});

const voucher = object<SignedVoucher>({ channel: index, total: big, receiptsRoot: fieldWord, signature });

const proof = object<ReceiptProof>({
  position: int,
  size: int,
  siblings: list(fieldWord),
  before: optional(fieldWord),
  after: list(fieldWord),
});

/** JSON form of a signed receipt. `decode` @throws ProtocolError MALFORMED_BYTES and as `receiptHash` */
export const receiptJson: JsonCodec<SignedReceipt> = {
  encode: receipt.encode,
  decode: (json) => checkedReceipt(receipt.decode(json)),
};

/** JSON form of a signed voucher. `decode` @throws ProtocolError MALFORMED_BYTES and as `voucherMessage` */
export const voucherJson: JsonCodec<SignedVoucher> = {
  encode: voucher.encode,
  decode: (json) => checkedVoucher(voucher.decode(json)),
};

/** JSON form of an inclusion proof. `decode` @throws ProtocolError MALFORMED_BYTES, WORD_NOT_CANONICAL */
export const proofJson: JsonCodec<ReceiptProof> = {
  encode: proof.encode,
  decode: (json) => {
    const found = proof.decode(json);
    if (!isProofShape(found)) throw malformed('inclusion proof');
    return found;
  },
};

export const receiptToJson = (value: SignedReceipt): Json => receiptJson.encode(value);
export const receiptFromJson = (json: unknown): SignedReceipt => receiptJson.decode(json);
export const voucherToJson = (value: SignedVoucher): Json => voucherJson.encode(value);
export const voucherFromJson = (json: unknown): SignedVoucher => voucherJson.decode(json);
export const proofToJson = (value: ReceiptProof): Json => proofJson.encode(value);
export const proofFromJson = (json: unknown): ReceiptProof => proofJson.decode(json);
