/** Where the chain shows what an intent was about. */
import type { L1Position } from '../../../../client/types.ts';
import type { OwnerEvents } from '../l1/ownerLogs.ts';
import type { Intent } from '../types.ts';

/** Clocks of this computer and of L1 may differ by so much, seconds. */
const SLACK = 120;

/** An event of an intent's kind. `at`: seconds, if known. */
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

/** The first sight since the wallet was asked that is nobody else's. `timeOf`: seconds of an L1 block. */
export async function sightOf(
  intent: Intent,
  {
    events,
    taken,
    timeOf,
  }: { events: OwnerEvents; taken: ReadonlySet<string>; timeOf: (l1: L1Position) => Promise<number> },
): Promise<L1Position | undefined> {
  const sights = sightsOf(intent, events).filter(({ l1 }) => !taken.has(l1.transactionHash));
  // the youngest are the likely ones, and the oldest of those that are young enough is it
  let found: L1Position | undefined;
  for (const { l1 } of sights.reverse()) {
    if ((await timeOf(l1)) < intent.at - SLACK) break;
    found = l1;
  }
  return found;
}
