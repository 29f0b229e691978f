import type { OutboxLeaf } from '../../genesis/predeploys/outbox.ts';
import { packState, unpackState } from '../../protocol/account.ts';
import { bigintToBytes, bytesToBigint } from '../../protocol/bytes.ts';
import { field } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Account, AccountIndex } from '../../protocol/types.ts';
import { bytesHex, hexBytes } from '../evm/crypto.ts';
import { invalid } from './invalid.ts';

export const ACCOUNT_BYTES = 4 + 4 * 32;
export const WITHDRAWAL_BYTES = 20 + 2 + 32 + 20 + 4;
const LENGTH_BYTES = 4;

/** `index(4) ‖ state(32) ‖ a(32) ‖ b(32) ‖ c(32)`. */
export function encodeAccountItem(index: AccountIndex, account: Account): Uint8Array {
  const { a, b, c } = account;
  return Buffer.concat([
    bigintToBytes(BigInt(index), 4),
    ...[packState(account), a, b, c].map((word) => bigintToBytes(word, 32)),
  ]);
}

/** @throws ProtocolError: not the leaf of a live account */
export function decodeAccountItem(bytes: Uint8Array): readonly [AccountIndex, Account] {
  const word = (i: number): bigint => bytesToBigint(bytes.subarray(4 + 32 * i, 36 + 32 * i));
  const index = accountIndex(Number(bytesToBigint(bytes.subarray(0, 4))));
  return [index, { ...unpackState(word(0)), a: field(word(1)), b: field(word(2)), c: field(word(3)) }];
}

/** `sender(20) ‖ token(2) ‖ amount(32) ‖ recipient(20) ‖ account(4)`; its index is its place. */
export function encodeWithdrawalItem({ sender, token, amount, recipient, account }: OutboxLeaf): Uint8Array {
  return Buffer.concat([
    hexBytes(sender),
    bigintToBytes(BigInt(token), 2),
    bigintToBytes(amount, 32),
    hexBytes(recipient),
    bigintToBytes(BigInt(account), 4),
  ]);
}

export function decodeWithdrawalItem(bytes: Uint8Array, index: bigint): OutboxLeaf {
  const address = (at: number): Hex => bytesHex(bytes.subarray(at, at + 20));
  const number = (from: number, to: number): bigint => bytesToBigint(bytes.subarray(from, to));
  return {
    index,
    sender: address(0),
    token: Number(number(20, 22)),
    amount: number(22, 54),
    recipient: address(54),
    account: Number(number(74, 78)),
  };
}

/** A node or a code behind its length. */
export function encodeStateItem(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bigintToBytes(BigInt(bytes.length), LENGTH_BYTES), bytes]);
}

/** Items of one size. @throws ChainError SNAPSHOT_INVALID */
export function* fixedItems(payload: Uint8Array, size: number): Generator<Uint8Array> {
  if (payload.length === 0 || payload.length % size !== 0) throw invalid('length of a chunk');
  for (let at = 0; at < payload.length; at += size) yield payload.subarray(at, at + size);
}

/** @throws ChainError SNAPSHOT_INVALID */
export function* stateItems(payload: Uint8Array): Generator<Uint8Array> {
  if (payload.length === 0) throw invalid('length of a chunk');
  for (let at = 0; at < payload.length; ) {
    const start = at + LENGTH_BYTES;
    at = start + Number(bytesToBigint(payload.subarray(at, start)));
    if (start > payload.length || at > payload.length) throw invalid('length of an item');
    yield payload.subarray(start, at);
  }
}
