/** Where the chain shows what an intent was about. */
import { type Address, type Hex, isAddressEqual } from 'viem';
import type { L1Position } from '../../../../client/types.ts';
import type { OwnerEvents } from '../l1/ownerLogs.ts';
import type { Intent } from '../types.ts';

/** Of the newest events that look like it. */
const LOOKED_AT = 20;

interface Sight {
  readonly l1: L1Position;
}

/** The events that could be an intent's doing, by what it asked for; when they were is not looked at. */
export function sightsOf(intent: Intent, events: OwnerEvents): Sight[] {
  const { kind, token, amount, account, target } = intent;
  // a token may keep a part of what is transferred
  const isAmount = (found: bigint): boolean => found === amount || (token !== 0 && found < (amount ?? 0n));
  switch (kind) {
    case 'deposit':
      return events.queued.filter(({ entry: { item } }) => {
        if (item.opcode === 3 || item.token !== token || !isAmount(item.amount)) return false;
        return item.opcode === 1 ? account === undefined : item.index === account;
      });
    case 'forcedExit':
      return events.queued.filter(({ entry: { item } }) => item.opcode === 3 && item.index === account);
    case 'laneDeposit':
      return events.messages.filter(
        ({ message }) => message.kind === 'deposit' && message.token === token && isAmount(message.amount),
      );
    case 'withdraw':
      return events.withdrawn.filter((event) => event.token === token);
    case 'claim':
      return events.claimed.filter(({ index }) => index.toString() === target);
    case 'escape':
      return events.escaped.filter(({ index }) => index === account);
    default:
      return [];
  }
}

/**
 * The sight that can be the intent's doing: sent by its owner, with a nonce that was free when the wallet was asked. What was there before
 * is not, however like it is.
 */
export async function sightOf(
  intent: Intent,
  { events, taken, senderOf }: { events: OwnerEvents; taken: ReadonlySet<string>; senderOf: SenderOf },
): Promise<L1Position | undefined> {
  const { nonce: first = 0, owner } = intent;
  const sights = sightsOf(intent, events).filter(({ l1 }) => !taken.has(l1.transactionHash));
  let found: L1Position | undefined;
  for (const { l1 } of sights.reverse().slice(0, LOOKED_AT)) {
    const { from, nonce } = await senderOf(l1.transactionHash);
    if (!isAddressEqual(from, owner)) continue;
    // of several the oldest: the others are for intents after it
    if (nonce < first) break;
    found = l1;
  }
  return found;
}

type SenderOf = (hash: Hex) => Promise<{ readonly from: Address; readonly nonce: number }>;
