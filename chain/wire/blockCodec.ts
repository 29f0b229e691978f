import { ByteReader } from '../../protocol/bytes.ts';
import { decodeTx, encodeTx, VALID_UNTIL_LIMIT } from '../../protocol/codec/tx.ts';
import { field } from '../../protocol/field.ts';
import { accountIndex, batchNumber } from '../../protocol/ids.ts';
import { MAX_L1_MESSAGES } from '../../protocol/lane/constants.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import { type AccountIndex, type L1Op, L1Opcode, type SignedTx } from '../../protocol/types.ts';
import { encodeL1Op, L1_OP_BYTES } from '../block.ts';
import { bytesHex, hexBytes } from '../evm/crypto.ts';
import { MIN_TX_BYTES } from '../evm/evmData.ts';
import type { RlpCursor, RlpWriter } from '../evm/rlp.ts';
import { bad, readBig, readWord, writeBig, writeWord } from './fields.ts';
import { messageOfText, messageText } from './messageText.ts';
import type { WireBlock } from './types.ts';

/** Lanes of a batch. */
const MAX_LANES = 4;
/** What the header's 16 bits count. */
const MAX_L1_OPS = 65_535;

/** `block` of docs/protocol.md section 16. */
export function writeBlock(writer: RlpWriter, block: WireBlock): void {
  writer.list(() => {
    writeBig(writer, block.number);
    writeWord(writer, block.parentHash);
    writer.integer(block.timestamp);
    writer.integer(block.batch);
    writer.integer(block.batchTimestamp);
    writeBig(writer, block.l1.firstQueueIndex);
    writer.list(() => {
      for (const op of block.l1.ops) writer.bytes(encodeL1Op(op));
    });
    writer.list(() => {
      for (const index of block.feeAccounts) writer.integer(index);
    });
    writer.list(() => {
      for (const tx of block.txs) writer.bytes(encodeTx(tx));
    });
    writer.list(() => {
      for (const message of block.l1Messages) writer.bytes(Buffer.from(messageText(message)));
    });
    writer.list(() => {
      for (const tx of block.evmTxs) writer.bytes(tx);
    });
    writer.bytes(hexBytes(block.beneficiary));
    writeWord(writer, block.ledgerRoot);
    writeWord(writer, block.hash);
  });
}

/** @throws ChainError BAD_WIRE, EvmError BAD_EVM_DATA, ProtocolError: it is no such block */
export function readBlock(from: RlpCursor): WireBlock {
  const cursor = from.list();
  const number = readBig(cursor, 8);
  const parentHash = readWord(cursor);
  const timestamp = cursor.integer(VALID_UNTIL_LIMIT - 1);
  const batch = batchNumber(cursor.integer(Number.MAX_SAFE_INTEGER));
  const batchTimestamp = cursor.integer(VALID_UNTIL_LIMIT - 1);
  const firstQueueIndex = readBig(cursor, 8);
  const ops = readList(cursor, MAX_L1_OPS, readL1Op);
  const feeAccounts = readList(cursor, MAX_LANES, readFeeAccount);
  const txs = readList(cursor, Number.POSITIVE_INFINITY, readTx);
  const l1Messages = readList(cursor, MAX_L1_MESSAGES, readMessage);
  const evmTxs = readList(cursor, Number.POSITIVE_INFINITY, readEvmTx);
  const beneficiary = cursor.bytes();
  if (beneficiary.length !== 20) throw bad('beneficiary');
  const ledgerRoot = field(readWord(cursor));
  const hash = readWord(cursor);
  cursor.end();
  return {
    ...{ number, parentHash, hash, timestamp, batch, batchTimestamp, l1: { firstQueueIndex, ops }, txs, feeAccounts },
    ...{ l1Messages, evmTxs, beneficiary: bytesHex(beneficiary), ledgerRoot },
  };
}

function readList<T>(cursor: RlpCursor, limit: number, read: (cursor: RlpCursor) => T): T[] {
  const list = cursor.list();
  const items: T[] = [];
  while (!list.isAtEnd) {
    if (items.length === limit) throw bad('too many items');
    items.push(read(list));
  }
  return items;
}

/** As `encodeL1Op` writes it. */
function readL1Op(cursor: RlpCursor): L1Op {
  const bytes = cursor.bytes();
  if (bytes.length !== L1_OP_BYTES) throw bad('L1 operation');
  const reader = new ByteReader(bytes);
  const opcode = reader.int(1);
  const flag = reader.int(1);
  const index = accountIndex(reader.int(4));
  const token = reader.int(4);
  const [amount, x, y, address] = [reader.big(12), field(reader.big(32)), field(reader.big(32)), reader.big(20)];
  if (opcode !== L1Opcode.DEPOSIT_NEW && opcode !== L1Opcode.DEPOSIT_TO && opcode !== L1Opcode.FORCED_EXIT) {
    throw bad('L1 operation');
  }
  if (flag > 1 || token >= 2 ** 16) throw bad('L1 operation');
  return { opcode, isVoid: flag === 1, index, token, amount, x, y, address };
}

function readFeeAccount(cursor: RlpCursor): AccountIndex {
  const index = accountIndex(cursor.integer(2 ** 24 - 1));
  if (index === 0) throw bad('fee account');
  return index;
}

function readTx(cursor: RlpCursor): SignedTx {
  return decodeTx(cursor.bytes(), { isAssigned: true });
}

function readMessage(cursor: RlpCursor): L1Message {
  // Bytes that are no UTF-8 become a text that is not canonical, or whose message does not encode to them again.
  const bytes = Buffer.from(cursor.bytes());
  const text = bytes.toString();
  const message = messageOfText(text);
  if (message === undefined || !Buffer.from(text).equals(bytes)) throw bad('message');
  return message;
}

function readEvmTx(cursor: RlpCursor): Uint8Array {
  const tx = cursor.bytes();
  // None that is shorter can be posted (docs/protocol.md section 11).
  if (tx.length < MIN_TX_BYTES) throw bad('transaction too short');
  return tx;
}
