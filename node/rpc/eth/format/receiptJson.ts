import type { EvmBlockRecord, EvmLog, EvmReceipt } from '../../../../chain/evm/types.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { quantity } from '../quantity.ts';

export interface LogPlace {
  readonly blockHash: Hex;
  readonly blockNumber: Hex;
  readonly blockTimestamp: Hex;
  readonly transactionHash: Hex;
  readonly transactionIndex: Hex;
}

export interface LogJson extends EvmLog, LogPlace {
  readonly logIndex: Hex;
  readonly removed: false;
}

/** @param index position among the logs of the block */
export function logJson({ address, topics, data }: EvmLog, place: LogPlace, index: number): LogJson {
  return { address, topics, data, ...place, logIndex: quantity(index), removed: false };
}

function placeIn({ header, hash }: EvmBlockRecord, txHash: Hex, position: number): LogPlace {
  return {
    blockNumber: quantity(header.number),
    transactionHash: txHash,
    transactionIndex: quantity(position),
    blockHash: hash,
    blockTimestamp: quantity(header.timestamp),
  };
}

export function receiptJson(block: EvmBlockRecord, position: number): Readonly<Record<string, unknown>> | undefined {
  const receipt = block.receipts[position];
  if (receipt === undefined) return undefined;
  const before = block.receipts.slice(0, position).reduce((sum, { logs }) => sum + logs.length, 0);
  return oneReceipt(block, receipt, { position, before });
}

/** Of all transactions of a block. */
export function receiptsJson(block: EvmBlockRecord): Readonly<Record<string, unknown>>[] {
  let before = 0;
  return block.receipts.map((receipt, position) => {
    const json = oneReceipt(block, receipt, { position, before });
    before += receipt.logs.length;
    return json;
  });
}

/** @param before logs of the transactions before it */
function oneReceipt(
  block: EvmBlockRecord,
  receipt: EvmReceipt,
  { position, before }: { position: number; before: number },
): Readonly<Record<string, unknown>> {
  const place = placeIn(block, receipt.txHash, position);
  return {
    blockHash: place.blockHash,
    blockNumber: place.blockNumber,
    contractAddress: receipt.contractAddress ?? null,
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: quantity(receipt.effectiveGasPrice),
    from: receipt.from,
    gasUsed: quantity(receipt.gasUsed),
    logs: receipt.logs.map((log, i) => logJson(log, place, before + i)),
    logsBloom: receipt.logsBloom,
    status: quantity(receipt.status),
    to: receipt.to ?? null,
    transactionHash: receipt.txHash,
    transactionIndex: place.transactionIndex,
    type: quantity(receipt.type),
  };
}

/** All logs of a block that `matches` takes, in order. */
export function logsOf(block: EvmBlockRecord, matches: (log: EvmLog) => boolean): LogJson[] {
  const found: LogJson[] = [];
  let index = 0;
  block.receipts.forEach(({ txHash, logs }, position) => {
    for (const log of logs) {
      if (matches(log)) found.push(logJson(log, placeIn(block, txHash, position), index));
      index += 1;
    }
  });
  return found;
}
