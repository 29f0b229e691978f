import type { BlockHeader } from '@ethereumjs/block';
import { INBOX, SYSTEM_SENDER } from '../../protocol/lane/addresses.ts';
import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import type { EvmBatch, Hex } from '../../protocol/lane/types.ts';
import { bloomOf } from '../evm/bloom.ts';
import type { EngramCommon } from '../evm/common.ts';
import { bytesHex, hexBytes, keccakHex, senderOf } from '../evm/crypto.ts';
import { decodeEvmTx, decodeSystemTx } from '../evm/decodeTx.ts';
import { effectiveGasPrice } from '../evm/fees.ts';
import { listRoot } from '../evm/listRoot.ts';
import { createdBy, encodeReceipt } from '../evm/receipts.ts';
import { decodeRlp, type RlpItem, RlpWriter } from '../evm/rlp.ts';
import type { EvmBlockRecord, EvmLog, EvmReceipt } from '../evm/types.ts';
import { invalid } from './invalid.ts';
import type { SnapshotManifest } from './types.ts';

/** List, receipts, receipt, logs, log, topics. */
const RECEIPT_DEPTH = 4;

/** `RLP [evmData, [tx, …], [receipt, …]]`: what the batch posted for the EVM lane, and its last block's transactions and receipts (EIP-2718). */
export function encodeLastBlock(batch: EvmBatch, block: EvmBlockRecord): Uint8Array {
  const writer = new RlpWriter();
  writer.list(() => {
    writer.bytes(batch.data);
    writer.list(() => {
      for (const tx of block.txs) writer.bytes(tx);
    });
    writer.list(() => {
      for (const receipt of block.receipts) writer.bytes(encodeReceipt(receipt));
    });
  });
  return writer.finish();
}

export interface LastBlock {
  /** As it is stored, but for the messages and the mirror: only who has the state before the block could use them. */
  readonly record: EvmBlockRecord;
  readonly batch: EvmBatch;
}

/**
 * The last block again, from what `encodeLastBlock` wrote and a header that was checked. Transactions and receipts are those the header commits to,
 * the data those that were posted.
 * @throws ChainError SNAPSHOT_INVALID, and whatever bytes that are none of these make throw
 */
export function decodeLastBlock(
  bytes: Uint8Array,
  { manifest, header, common }: { manifest: SnapshotManifest; header: BlockHeader; common: EngramCommon },
): LastBlock {
  const [data, txs, receipts, ...rest] = listOf(decodeRlp(bytes, 2));
  const raws = listOf(txs).map(bytesOf);
  const encoded = listOf(receipts).map(bytesOf);
  if (rest.length > 0 || raws.length !== encoded.length) throw invalid('last block');
  if (!isSame(listRoot(raws), header.transactionsTrie)) throw invalid('transactions of the last block');
  if (!isSame(listRoot(encoded), header.receiptTrie)) throw invalid('receipts of the last block');
  const { outboxRoot, outboxCount, inboxCount } = manifest;
  const hash = bytesHex(header.hash());
  const batch = evmBatchOf({ blockHash: hash, outboxRoot, outboxCount, inboxCount }, bytesOf(data).slice());
  if (batch.dataHash !== manifest.dataHash) throw invalid('posted data');
  let gasBefore = 0n;
  const read = raws.map((raw, i) => {
    const receipt = receiptOf(raw, encoded[i] as Uint8Array, { gasBefore, header, common }); // as many as transactions
    gasBefore = receipt.cumulativeGasUsed;
    return receipt;
  });
  const systemTxs = read.filter(({ from }) => from === SYSTEM_SENDER).length;
  const record: EvmBlockRecord = {
    header,
    hash,
    mirror: { leaves: [], claims: [] },
    messages: [],
    txs: raws.map((raw) => raw.slice()),
    systemTxs,
    receipts: read,
    inboxCount,
    outbox: { root: outboxRoot, count: outboxCount },
  };
  return { record, batch };
}

function receiptOf(
  raw: Uint8Array,
  encoded: Uint8Array,
  { gasBefore, header, common }: { gasBefore: bigint; header: BlockHeader; common: EngramCommon },
): EvmReceipt {
  const isSystem = isSystemTx(raw);
  const tx = isSystem ? decodeSystemTx(raw, common) : decodeEvmTx(raw, common);
  const from: Hex = isSystem ? SYSTEM_SENDER : senderOf(tx);
  const to = tx.to === undefined ? undefined : bytesHex(tx.to.bytes);
  const [status, cumulative, , logItems] = listOf(
    decodeRlp(tx.type === 0 ? encoded : encoded.subarray(1), RECEIPT_DEPTH),
  );
  const cumulativeGasUsed = BigInt(`0x0${Buffer.from(bytesOf(cumulative)).toString('hex')}`);
  const logs = listOf(logItems).map(logOf);
  return {
    txHash: keccakHex(raw),
    type: tx.type,
    from,
    to,
    contractAddress: to === undefined ? bytesHex(createdBy(hexBytes(from), tx.nonce)) : undefined,
    status: bytesOf(status).length === 0 ? 0 : 1,
    gasUsed: cumulativeGasUsed - gasBefore,
    cumulativeGasUsed,
    effectiveGasPrice: effectiveGasPrice(tx, header.baseFeePerGas ?? 0n),
    logs,
    logsBloom: bloomOf(logs),
  };
}

/** To Inbox, with a signature of zeros, which no user's transaction can have. */
function isSystemTx(raw: Uint8Array): boolean {
  if (raw[0] !== 2) return false;
  const fields = listOf(decodeRlp(raw.subarray(1), 4));
  const isUnsigned = fields.slice(9).every((field) => field instanceof Uint8Array && field.length === 0);
  return fields.length === 12 && isUnsigned && bytesHex(bytesOf(fields[5])) === INBOX;
}

function logOf(item: RlpItem): EvmLog {
  const [address, topics, data] = listOf(item);
  return {
    address: bytesHex(bytesOf(address)),
    topics: listOf(topics).map((topic) => bytesHex(bytesOf(topic))),
    data: bytesHex(bytesOf(data)),
  };
}

function listOf(item: RlpItem | undefined): readonly RlpItem[] {
  if (item === undefined || item instanceof Uint8Array) throw invalid('last block');
  return item;
}

function bytesOf(item: RlpItem | undefined): Uint8Array {
  if (!(item instanceof Uint8Array)) throw invalid('last block');
  return item;
}

function isSame(x: Uint8Array, y: Uint8Array): boolean {
  return Buffer.compare(x, y) === 0;
}
