import type { Hex } from '../../../protocol/lane/types.ts';

/** A number as Ethereum's JSON-RPC writes it: no leading zeros. */
export function quantity(value: bigint | number): Hex {
  return `0x${value.toString(16)}`;
}
