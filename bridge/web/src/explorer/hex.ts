import { wordHex } from '../../../../protocol/bytes.ts';

/** A word of the ledger that the node sends in decimal, as 0x and 64 digits: as it stands in transactions, and as people compare it. */
export function fieldHex(decimal: string): string {
  return wordHex(BigInt(decimal));
}
