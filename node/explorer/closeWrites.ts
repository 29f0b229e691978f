/** What the close of a batch credits: fees and royalties of its blocks (docs/protocol.md section 3). Pure. */

import type { AccountIndex } from '../../protocol/types.ts';
import type { BlockWritesDeps, Placed } from './blockWrites.ts';
import { ExplorerError } from './errors.ts';
import { Phase, placeText } from './places.ts';
import type { BlockEntry, HistoryRecord } from './records.ts';
import { merge, sumFees } from './statsBuckets.ts';

/** @param blocks of the batch, in order. @throws ExplorerError ACCOUNT_UNKNOWN */
export function closeCredits(
  blocks: readonly BlockEntry[],
  { batch, lastBlock }: { readonly batch: number; readonly lastBlock: bigint },
  account: BlockWritesDeps['account'],
): Placed<HistoryRecord>[] {
  const last = blocks.at(-1);
  if (last === undefined) return [];
  const fees = new Map(sumFees(blocks.flatMap((block) => block.fees)).map(({ token, amount }) => [token, amount]));
  const credits: { kind: 'FEES' | 'ROYALTY'; of: number; amount: bigint }[] = [];
  for (const of of last.feeAccounts) {
    // An index that the chain named as an account
    const found = account(of as AccountIndex);
    if (found === undefined) throw new ExplorerError('ACCOUNT_UNKNOWN', { index: of });
    const amount = fees.get(found.token);
    if (amount !== undefined) credits.push({ kind: 'FEES', of, amount });
  }
  const royalties = merge(
    blocks.flatMap((block) => block.royalties),
    (royalty) => royalty.account,
    (x, y) => ({ ...x, amount: x.amount + y.amount }),
  );
  for (const { account: of, amount } of royalties) credits.push({ kind: 'ROYALTY', of, amount });
  return credits.map(({ kind, of, amount }, position) => ({
    of,
    place: placeText({ block: lastBlock, phase: Phase.CLOSE, position, op: 0 }),
    entry: {
      ...{ kind, batch, timestamp: last.timestamp, change: amount },
      ...{ transaction: undefined, queueIndex: undefined, other: undefined, isVoid: false },
    },
  }));
}
