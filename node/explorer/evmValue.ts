import { decodeRlp } from '../../chain/evm/rlp.ts';
import { bytesToBigint } from '../../protocol/bytes.ts';

/** A transaction's fields, its access list, an entry of that, its slots. */
const MAX_DEPTH = 4;
/** Where `value` is, by transaction type. */
const VALUE_FIELD: Readonly<Record<number, number>> = { 0: 4, 1: 5, 2: 6, 4: 6 };

/** Wei that a stored transaction of the EVM lane carries, without the cost of making a transaction of it. Others than stored ones: 0. */
export function evmValueOf(raw: Uint8Array): bigint {
  const isLegacy = (raw[0] ?? 0) >= 0xc0;
  const type = isLegacy ? 0 : (raw[0] ?? 0);
  const fields: unknown = decodeRlp(isLegacy ? raw : raw.subarray(1), MAX_DEPTH);
  const value: unknown = Array.isArray(fields) ? fields[VALUE_FIELD[type] ?? -1] : undefined;
  return value instanceof Uint8Array ? bytesToBigint(value) : 0n;
}
