import { parseAmount } from '../transfers/amounts.ts';
import { toTrouble } from '../transfers/trouble.ts';
import type { Token, Trouble } from '../transfers/types.ts';

export interface AmountInput {
  /** Base units; absent: not an amount, or too much. */
  readonly amount?: bigint;
  readonly trouble?: Trouble;
}

/**
 * What is typed, against what is there: said at once, before any wallet is asked.
 * @param available base units that can be moved, fees left out; undefined: not known
 */
export function readAmount(text: string, { id, decimals }: Token, available: bigint | undefined): AmountInput {
  try {
    const amount = parseAmount(text, decimals);
    if (available !== undefined && amount > available) {
      return { trouble: { code: 'INSUFFICIENT_FUNDS', data: { need: amount, have: available, token: id } } };
    }
    return { amount };
  } catch (error) {
    return { trouble: toTrouble(error) };
  }
}
