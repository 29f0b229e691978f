import { queueItemOf } from '../../protocol/applyBatch.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import type { L1Op, QueueItem } from '../../protocol/types.ts';

/** Whether these are the same messages of L1, in the same order. Addresses are in lower case on both sides. */
export function sameMessages(ours: readonly L1Message[], onL1: readonly L1Message[]): boolean {
  return ours.length === onL1.length && ours.every((message, i) => canonical(message) === canonical(onL1[i]));
}

/** Whether an operation of a block is the item of L1's queue. */
export function isItem(op: L1Op, item: QueueItem | undefined): boolean {
  return item !== undefined && isSame(queueItemOf(op), item);
}

/** A forced exit and a deposit into a void account leave what they yield to the ledger: only what L1 fixes is compared. */
function isSame(ours: QueueItem, onL1: QueueItem): boolean {
  return canonical(ours) === canonical(onL1);
}

/** Members in the order of their names. */
function canonical(value: object | undefined): string {
  if (value === undefined) return '';
  const entries = Object.entries(value).map(([name, member]) => [name, String(member)]);
  return JSON.stringify(entries.sort(([x = ''], [y = '']) => (x < y ? -1 : 1)));
}
