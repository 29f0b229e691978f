import { RLP } from '@ethereumjs/rlp';
import { hexBytes } from '../../../chain/evm/crypto.ts';
import type { EvmBlockRecord, EvmReceipt } from '../../../chain/evm/types.ts';

/** A block in RLP, as peers of Ethereum exchange them. */
export function rawBlock({ header, txs }: EvmBlockRecord): Uint8Array {
  const items = txs.map((raw) => ((raw[0] ?? 0) >= 0xc0 ? RLP.decode(raw) : raw));
  return RLP.encode([header.raw(), items, [], []]);
}

/** A receipt as the receipts' trie holds it (EIP-2718). */
export function rawReceipt({ type, status, cumulativeGasUsed, logsBloom, logs }: EvmReceipt): Uint8Array {
  const body = RLP.encode([
    status,
    cumulativeGasUsed,
    hexBytes(logsBloom),
    logs.map(({ address, topics, data }) => [hexBytes(address), topics.map(hexBytes), hexBytes(data)]),
  ]);
  return type === 0 ? body : Uint8Array.of(type, ...body);
}
