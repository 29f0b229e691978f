import type { TypedTransaction } from '@ethereumjs/tx';
import type { GasNeeded } from './intrinsicGas.ts';

export interface Transfer {
  readonly to: Uint8Array;
  readonly value: bigint;
  readonly gasUsed: bigint;
}

export const MAX_BALANCE = 2n ** 256n - 1n;

/** What a transaction does if its recipient has no code. Ethereum's precompiles have none, but are at addresses that start with zeros. */
export function transferOf(tx: TypedTransaction, { intrinsic, floor }: GasNeeded): Transfer | undefined {
  if (tx.to === undefined || tx.type === 4) return undefined;
  const to = tx.to.bytes;
  if (to[0] === 0 && to[1] === 0) return undefined;
  return { to, value: tx.value, gasUsed: intrinsic > floor ? intrinsic : floor };
}
