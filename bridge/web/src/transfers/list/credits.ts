/** What L1 credited an address with, why, and whether it was withdrawn: by L1's logs and posted data alone. */

import type { L1Op } from '../../../../../protocol/types.ts';
import type { L1Position } from '../../../../client/types.ts';
import { inGroups } from '../inGroups.ts';
import type { L1Chain } from '../l1/l1Chain.ts';
import type { OwnerEvents } from '../l1/ownerLogs.ts';
import type { PostedFacts } from '../l1/posted.ts';

export interface Credit {
  readonly token: number;
  readonly amount: bigint;
  readonly l1: L1Position;
  /** The withdrawal that paid it out: the first one of the token behind it. */
  readonly withdrawn?: L1Position;
}

/** A credit of a batch. */
export interface BatchCredit extends Credit {
  readonly batch: number;
}

export interface Credits {
  /** By batch, in log order: first void deposits and forced exits, then EXITs. */
  readonly byBatch: ReadonlyMap<number, readonly BatchCredit[]>;
  readonly byEscape: ReadonlyMap<number, Credit>;
  /** The first of a refund: the deposit, or the fee alone. */
  readonly byRefund: ReadonlyMap<bigint, Credit>;
  /** Credits that nobody asked the cause of, since they were withdrawn long ago. */
  readonly isComplete: boolean;
}

/** Causes are asked for of everything that is not withdrawn, and of the newest besides. */
const NEWEST = 60;
const PARALLEL = 8;

export async function creditsOf(events: OwnerEvents, l1: L1Chain): Promise<Credits> {
  const all = events.credited.map(({ token, amount, l1: at }): Credit => {
    const paid = events.withdrawn.find((event) => event.token === token && isBefore(at, event.l1));
    return { token, amount, l1: at, ...(paid !== undefined && { withdrawn: paid.l1 }) };
  });
  const asked = all.filter(({ withdrawn }, i) => withdrawn === undefined || i >= all.length - NEWEST);
  const byBatch = new Map<number, BatchCredit[]>();
  const byEscape = new Map<number, Credit>();
  const byRefund = new Map<bigint, Credit>();
  await inGroups(asked, PARALLEL, ({ l1: { transactionHash, blockHash } }) => l1.causes(transactionHash, blockHash));
  for (const credit of asked) {
    const cause = (await l1.causes(credit.l1.transactionHash, credit.l1.blockHash)).get(credit.l1.logIndex);
    if (cause?.kind === 'batch') {
      byBatch.set(cause.batch, [...(byBatch.get(cause.batch) ?? []), { ...credit, batch: cause.batch }]);
    } else if (cause?.kind === 'escape') byEscape.set(cause.account, credit);
    else if (cause?.kind === 'refund' && !byRefund.has(cause.queueIndex)) byRefund.set(cause.queueIndex, credit);
  }
  return { byBatch, byEscape, byRefund, isComplete: asked.length === all.length };
}

/** What a posted batch owes an address, in the order in which L1 credits it. */
export interface Owed {
  readonly account: number;
  readonly token: number;
  readonly amount: bigint;
  /** A void deposit or a forced exit. */
  readonly l1Op?: L1Op;
}

/** docs/protocol.md section 3: L1 operations come first. Amounts of 0 are not credited. */
export function owedBy({ l1Ops, exits }: PostedFacts, owner: bigint): Owed[] {
  const ofQueue = l1Ops
    .filter(({ opcode, isVoid, address }) => address === owner && (isVoid ? opcode === 2 : opcode === 3))
    .map((l1Op): Owed => ({ account: l1Op.index, token: l1Op.token, amount: l1Op.amount, l1Op }));
  const ofTxs = exits
    .filter(({ recipient }) => BigInt(recipient) === owner)
    .map(({ account, token, amount }): Owed => ({ account, token, amount }));
  return [...ofQueue, ...ofTxs].filter(({ amount }) => amount > 0n);
}

/**
 * The item of the queue that an operation of a batch was: the oldest that fits, is proven and is nobody else's. L1's data do not number
 * them, and equal ones are worth the same.
 */
export function itemOf(
  op: L1Op,
  { queued, taken, provenQueue }: { queued: OwnerEvents['queued']; taken: ReadonlySet<bigint>; provenQueue: bigint },
): bigint | undefined {
  return queued.find(({ entry: { queueIndex, item } }) => {
    if (queueIndex >= provenQueue || taken.has(queueIndex) || item.opcode !== op.opcode) return false;
    if (item.opcode === 3) return item.index === op.index;
    return item.opcode === 2 && item.index === op.index && item.token === op.token && item.amount === op.amount;
  })?.entry.queueIndex;
}

export function isBefore(a: L1Position, b: L1Position): boolean {
  return a.blockNumber === b.blockNumber ? a.logIndex < b.logIndex : a.blockNumber < b.blockNumber;
}
