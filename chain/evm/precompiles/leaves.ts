import { unpackState } from '../../../protocol/account.ts';
import { ACCOUNT_LIMIT, accountIndex } from '../../../protocol/ids.ts';
import { LEDGER_READ } from '../../../protocol/lane/addresses.ts';
import type { Account, AccountIndex, Field } from '../../../protocol/types.ts';
import { leafSlot, settledSlot, settledTotal } from './layout.ts';
import type { MeteredStorage } from './storage.ts';

/** The ledger's accounts as the mirror wrote them. */

/** An index of the tree; undefined for anything larger, where there is no account. */
export function indexOf(value: bigint): AccountIndex | undefined {
  return value < BigInt(ACCOUNT_LIMIT) ? accountIndex(Number(value)) : undefined;
}

/** The `state` word: one read. */
export function readState(storage: MeteredStorage, index: AccountIndex): Promise<bigint> {
  return storage.read(LEDGER_READ, leafSlot(index));
}

/** `a`, `b` or `c` of an account that is live: one read. */
export async function readWord(storage: MeteredStorage, index: AccountIndex, word: 'a' | 'b' | 'c'): Promise<Field> {
  const offset = { a: 1n, b: 2n, c: 3n }[word];
  // The ledger's words are canonical, and only the mirror writes here.
  return (await storage.read(LEDGER_READ, leafSlot(index) + offset)) as Field;
}

/** The whole leaf: one read if there is none, four otherwise. */
export async function readAccount(storage: MeteredStorage, index: AccountIndex): Promise<Account | undefined> {
  const state = await readState(storage, index);
  if (state === 0n) return undefined;
  const [a, b, c] = [
    await readWord(storage, index, 'a'),
    await readWord(storage, index, 'b'),
    await readWord(storage, index, 'c'),
  ];
  return { ...unpackState(state), a, b, c };
}

/** What the channel had paid in all with its latest claim of this root; undefined if there is none. One read. */
export async function readSettled(
  storage: MeteredStorage,
  channel: AccountIndex,
  receiptsRoot: Field,
): Promise<bigint | undefined> {
  return settledTotal(await storage.read(LEDGER_READ, settledSlot(channel, receiptsRoot)));
}
