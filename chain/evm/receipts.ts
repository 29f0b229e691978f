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

/** A receipt as the EVM returns its parts. */
export interface RawReceipt extends Pick<EvmReceipt, 'type' | 'status' | 'cumulativeGasUsed'> {
  /** Undefined: there are no logs. */
  readonly bloom: Uint8Array | undefined;
  readonly logs: readonly RawLog[];
}

/** EIP-2718 bytes of a receipt. */
export function encodeRawReceipt({ type, status, cumulativeGasUsed, bloom, logs }: RawReceipt): Uint8Array {
  const body = encodeList([
    encodeInteger(BigInt(status)),
    encodeInteger(cumulativeGasUsed),
    bloom === undefined ? ENCODED_EMPTY_BLOOM : encodeBytes(bloom),
    encodeList(
      logs.map(([address, topics, data]) =>
        encodeList([encodeBytes(address), encodeList(topics.map(encodeBytes)), encodeBytes(data)]),
      ),
    ),
  ]);
  if (type === 0) return body;
  const bytes = new Uint8Array(1 + body.length);
  bytes[0] = type;
  bytes.set(body, 1);
  return bytes;
}

/** EIP-2718 bytes of a receipt. */
export function encodeReceipt({ logs, logsBloom, ...rest }: EvmReceipt): Uint8Array {
  return encodeRawReceipt({
    ...rest,
    bloom: logsBloom === EMPTY_BLOOM ? undefined : hexBytes(logsBloom),
    logs: logs.map(({ address, topics, data }) => [hexBytes(address), topics.map(hexBytes), hexBytes(data)]),
  });
}

/** Where a transaction without `to` puts its contract. */
export function createdBy(sender: Uint8Array, nonce: bigint): Uint8Array {
  return keccak(encodeList([encodeBytes(sender), encodeInteger(nonce)])).slice(12);
}
