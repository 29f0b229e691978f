/** Operations of a transaction as a user writes them; docs/protocol.md section 3. Amounts are in the token's base units. */
import { NO_ACCOUNT } from '../protocol/ids.ts';
import { type AccountIndex, type Field, type Op, Opcode, type Point } from '../protocol/types.ts';

/** Pays `to`, an account of the same token; up to three memo words travel with it. */
export function transfer(p: {
  from: AccountIndex;
  to: AccountIndex;
  amount: bigint;
  fee?: bigint;
  memo?: readonly Field[];
}): Op {
  const { from, to, amount, fee = 0n, memo = [] } = p;
  return { opcode: Opcode.TRANSFER, from, to, amount, fee, payload: memo };
}

/** Creates an account of `key` and `address` with `amount` of the signer's token; the sequencer chooses its index. */
export function register(p: {
  from: AccountIndex;
  key: Point;
  /** 160-bit Ethereum address, the owner's way out on L1; not 0. */
  address: bigint;
  amount: bigint;
  fee?: bigint;
}): Op {
  const { from, key, address, amount, fee = 0n } = p;
  // below 2^160, so canonical; the protocol checks the range
  return { opcode: Opcode.REGISTER, from, to: NO_ACCOUNT, amount, fee, payload: [key[0], key[1], address as Field] };
}

/** Moves `amount` to L1, where `recipient` (or anyone for it) withdraws it once the batch is proven. */
export function exit(p: { from: AccountIndex; recipient: bigint; amount: bigint; fee?: bigint }): Op {
  const { from, recipient, amount, fee = 0n } = p;
  // as above
  return { opcode: Opcode.EXIT, from, to: NO_ACCOUNT, amount, fee, payload: [recipient as Field] };
}
