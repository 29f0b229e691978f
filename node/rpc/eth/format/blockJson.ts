import type { BlockHeader } from '@ethereumjs/block';
import { bytesHex } from '../../../../chain/evm/crypto.ts';
import type { EvmBlockRecord, EvmTx } from '../../../../chain/evm/types.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { quantity } from '../quantity.ts';
import { type TransactionPlace, transactionJson } from './transactionJson.ts';

export type BlockJson = Record<string, unknown>;

function optionalHash(bytes: Uint8Array | undefined): Hex | undefined {
  return bytes === undefined ? undefined : bytesHex(bytes);
}

export function headerJson(header: BlockHeader, hash: Hex): BlockJson {
  return {
    number: quantity(header.number),
    hash,
    parentHash: bytesHex(header.parentHash),
    nonce: bytesHex(header.nonce),
    mixHash: bytesHex(header.mixHash),
    sha3Uncles: bytesHex(header.uncleHash),
    logsBloom: bytesHex(header.logsBloom),
    stateRoot: bytesHex(header.stateRoot),
    miner: bytesHex(header.coinbase.bytes),
    difficulty: quantity(header.difficulty),
    extraData: bytesHex(header.extraData),
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(header.timestamp),
    transactionsRoot: bytesHex(header.transactionsTrie),
    receiptsRoot: bytesHex(header.receiptTrie),
    baseFeePerGas: quantity(header.baseFeePerGas ?? 0n),
    withdrawalsRoot: optionalHash(header.withdrawalsRoot),
    blobGasUsed: quantity(header.blobGasUsed ?? 0n),
    excessBlobGas: quantity(header.excessBlobGas ?? 0n),
    parentBeaconBlockRoot: optionalHash(header.parentBeaconBlockRoot),
    requestsHash: optionalHash(header.requestsHash),
  };
}

function rlpLength(content: number, isSingleByte = false): number {
  if (isSingleByte) return 1;
  if (content < 56) return content + 1;
  return content + 1 + Math.ceil(Math.log2(content + 1) / 8);
}

/** Bytes of the block in RLP: header, transactions, no uncles, no withdrawals. */
export function blockSize(headerBytes: number, txs: readonly Uint8Array[]): number {
  // a legacy transaction is a list of its own; a typed one is a byte string
  const body = txs.reduce((sum, raw) => sum + ((raw[0] ?? 0) >= 0xc0 ? raw.length : rlpLength(raw.length)), 0);
  return rlpLength(headerBytes + rlpLength(body) + 1 + 1);
}

export function placeOf({ header, hash }: EvmBlockRecord, position: number): TransactionPlace {
  return {
    blockHash: hash,
    blockNumber: header.number,
    timestamp: header.timestamp,
    baseFee: header.baseFeePerGas ?? 0n,
    position,
  };
}

/** @param txs the block's transactions decoded, for full ones; undefined: their hashes */
export function blockJson(block: EvmBlockRecord, txs: readonly EvmTx[] | undefined): BlockJson {
  return {
    ...headerJson(block.header, block.hash),
    size: quantity(blockSize(block.header.serialize().length, block.txs)),
    transactions:
      txs === undefined
        ? block.receipts.map(({ txHash }) => txHash)
        : txs.map((tx, position) => transactionJson(tx, placeOf(block, position))),
    uncles: [],
    withdrawals: [],
  };
}

/** The block that comes next, as far as it is known: empty, on top of `parent`. */
export function pendingBlockJson(parent: EvmBlockRecord, nextBaseFee: bigint): BlockJson {
  return {
    ...headerJson(parent.header, parent.hash),
    number: quantity(parent.header.number + 1n),
    parentHash: parent.hash,
    hash: null,
    nonce: null,
    miner: null,
    logsBloom: `0x${'00'.repeat(256)}`,
    gasUsed: '0x0',
    transactionsRoot: EMPTY_TRIE,
    receiptsRoot: EMPTY_TRIE,
    baseFeePerGas: quantity(nextBaseFee),
    size: quantity(blockSize(parent.header.serialize().length, [])),
    transactions: [],
    uncles: [],
    withdrawals: [],
  };
}

const EMPTY_TRIE = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
