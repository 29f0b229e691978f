import type { TypedTransaction } from '@ethereumjs/tx';
import { SYSTEM_SENDER } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { addressOf } from './address.ts';

const SENDER_ADDRESS = addressOf(SYSTEM_SENDER);
const ZERO = { value: 0n };

// The casts below: all that is not replaced is the prototype's.

/** A transaction that says who sent it instead of recovering it: that was done when it came in. */
export function withSender(tx: TypedTransaction, sender: Hex): TypedTransaction {
  const address = sender === SYSTEM_SENDER ? SENDER_ADDRESS : addressOf(sender);
  return Object.create(tx, { getSenderAddress: { value: () => address } }) as TypedTransaction;
}

/** A system transaction: EthereumJS takes a signature of zeros for none, and then knows neither hash nor sender. */
export function asSystemTx(tx: TypedTransaction): TypedTransaction {
  const properties = { v: ZERO, r: ZERO, s: ZERO, getSenderAddress: { value: () => SENDER_ADDRESS } };
  return Object.create(tx, properties) as TypedTransaction;
}
