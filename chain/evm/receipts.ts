import { BLOOM_BYTES, EMPTY_BLOOM } from './bloom.ts';
import { bytesHex, hexBytes, keccak } from './crypto.ts';
import { encodeBytes, encodeInteger, encodeList } from './state/rlpWriter.ts';
import type { EvmLog, EvmReceipt } from './types.ts';

/** A log as the EVM returns it. */
export type RawLog = readonly [address: Uint8Array, topics: readonly Uint8Array[], data: Uint8Array];

export function logOf([address, topics, data]: RawLog): EvmLog {
  return { address: bytesHex(address), topics: topics.map(bytesHex), data: bytesHex(data) };
}

const ENCODED_EMPTY_BLOOM = encodeBytes(new Uint8Array(BLOOM_BYTES));

/** EIP-2718 bytes of a receipt. */
export function encodeReceipt(receipt: EvmReceipt): Uint8Array {
  const logs = receipt.logs.map(({ address, topics, data }) =>
    encodeList([
      encodeBytes(hexBytes(address)),
      encodeList(topics.map((topic) => encodeBytes(hexBytes(topic)))),
      encodeBytes(hexBytes(data)),
    ]),
  );
  const body = encodeList([
    encodeInteger(BigInt(receipt.status)),
    encodeInteger(receipt.cumulativeGasUsed),
    receipt.logsBloom === EMPTY_BLOOM ? ENCODED_EMPTY_BLOOM : encodeBytes(hexBytes(receipt.logsBloom)),
    encodeList(logs),
  ]);
  if (receipt.type === 0) return body;
  const bytes = new Uint8Array(1 + body.length);
  bytes[0] = receipt.type;
  bytes.set(body, 1);
  return bytes;
}

/** Where a transaction without `to` puts its contract. */
export function createdBy(sender: Uint8Array, nonce: bigint): Uint8Array {
  return keccak(encodeList([encodeBytes(sender), encodeInteger(nonce)])).slice(12);
}
