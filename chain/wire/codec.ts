import { ProtocolError } from '../../protocol/errors.ts';
import { field } from '../../protocol/field.ts';
import type { L1Message, LaneMessage } from '../../protocol/lane/types.ts';
import type { BatchClose } from '../../protocol/network/digests.ts';
import { SHAPES, shapeById } from '../../protocol/shapes.ts';
import type { Block } from '../block.ts';
import { ChainError } from '../errors.ts';
import { EvmError } from '../evm/errors.ts';
import { RlpCursor, RlpWriter } from '../evm/rlp.ts';
import { readBlock, writeBlock } from './blockCodec.ts';
import { bad, readBig, readWord, writeBig, writeWord } from './fields.ts';
import { SIGNATURE_BYTES } from './signatures.ts';
import type { ChainItem, WireBlock } from './types.ts';

export { isUnsigned, unsignedTx } from './unsignedTx.ts';

/** Bytes of an item at most, unpacked (docs/protocol.md section 16). */
export const MAX_ITEM_BYTES = 4 * 2 ** 20;

/** `RLP [0, block, signature]` or `RLP [1, close, signature]`. The caller's values are in range, or it throws what the parts throw. */
export function encodeItem(item: ChainItem): Uint8Array {
  const writer = new RlpWriter();
  writer.list(() => {
    writer.integer(item.kind === 'block' ? 0 : 1);
    if (item.kind === 'block') writeBlock(writer, item.block);
    else writeClose(writer, item.close);
    writer.bytes(item.signature);
  });
  return writer.finish();
}

/**
 * Exactly one encoding of each item is read; time and memory are bounded by the length of the bytes. EVM transactions are views of them.
 * @throws ChainError BAD_WIRE {reason}
 */
export function decodeItem(bytes: Uint8Array): ChainItem {
  if (bytes.length > MAX_ITEM_BYTES) throw bad('too long');
  try {
    return readItem(new RlpCursor(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)));
  } catch (cause) {
    if (cause instanceof EvmError) throw new ChainError('BAD_WIRE', { reason: String(cause.data.reason) }, { cause });
    if (cause instanceof ProtocolError) throw new ChainError('BAD_WIRE', { reason: cause.code }, { cause });
    throw cause;
  }
}

/** A stored block as others execute it. */
export function wireBlockOf(block: Block, batchTimestamp: number): WireBlock {
  const { number, parentHash, hash, timestamp, batch, l1, txs, feeAccounts, evm, ledgerRoot } = block;
  return {
    ...{ number, parentHash, hash, timestamp, batch, batchTimestamp, l1, txs, feeAccounts, ledgerRoot },
    l1Messages: evm.messages.filter(isFromL1),
    evmTxs: evm.txs.slice(evm.systemTxs),
    beneficiary: evm.header.coinbase.toString(),
  };
}

function isFromL1(message: LaneMessage): message is L1Message {
  return message.kind !== 'fromLedger';
}

function readItem(all: RlpCursor): ChainItem {
  const cursor = all.list();
  all.end();
  const kind = cursor.integer(1);
  if (kind === 0) {
    const block = readBlock(cursor);
    return { kind: 'block', block, signature: readSignature(cursor) };
  }
  const close = readClose(cursor);
  return { kind: 'close', close, signature: readSignature(cursor) };
}

/** The item's last part. */
function readSignature(cursor: RlpCursor): Uint8Array {
  const signature = cursor.bytes();
  if (signature.length !== 0 && signature.length !== SIGNATURE_BYTES) throw bad('signature');
  cursor.end();
  return signature;
}

function writeClose(writer: RlpWriter, { number, lastBlock, shape, c, evmCommitment }: BatchClose): void {
  writer.list(() => {
    writer.integer(number);
    writeBig(writer, lastBlock);
    writer.integer(SHAPES[shape].id);
    writeWord(writer, c);
    writeWord(writer, evmCommitment);
  });
}

function readClose(from: RlpCursor): BatchClose {
  const cursor = from.list();
  const number = cursor.integer(Number.MAX_SAFE_INTEGER);
  if (number === 0) throw bad('batch number');
  const lastBlock = readBig(cursor, 8);
  const shape = shapeById(cursor.integer(255)).name;
  const close = { number, lastBlock, shape, c: field(readWord(cursor)), evmCommitment: readWord(cursor) };
  cursor.end();
  return close;
}
