/** What a transaction of the EVM lane did by the protocol's own contracts, from its logs. Pure; the words are in the texts. */
import { decodeLog, type Log } from './knownContracts.ts';

export type EvmStory =
  | {
      readonly say: 'withdraws' | 'withdrawsToAccount';
      readonly sender: string;
      readonly recipient: string;
      readonly token: number;
      readonly amount: string;
      /** A ledger account; 0: L1 pays the recipient. */
      readonly account: number;
    }
  | { readonly say: 'attests'; readonly owner: string; readonly digest: string; readonly index: string }
  | {
      readonly say: 'brings' | 'bringsPending';
      readonly to: string;
      readonly token: number;
      readonly amount: string;
    };

/** At most this many: a contract may do thousands in one transaction. */
const MOST = 20;

/** Only the protocol's contracts are believed: anybody's contract can write the same log. */
export function evmStories(logs: readonly Log[]): EvmStory[] {
  const stories: EvmStory[] = [];
  for (const log of logs) {
    if (stories.length >= MOST) break;
    const decoded = decodeLog(log);
    if (decoded?.isCertain !== true) continue;
    const story = storyOf(decoded.name, Object.fromEntries(decoded.args));
    if (story !== undefined) stories.push(story);
  }
  return stories;
}

function storyOf(event: string, values: Readonly<Record<string, string>>): EvmStory | undefined {
  const { amount = '0', token = '0' } = values;
  switch (event) {
    case 'Withdrawal': {
      const account = Number(values.account ?? 0);
      const { sender = '', recipient = '' } = values;
      const say = account === 0 ? 'withdraws' : 'withdrawsToAccount';
      return { say, sender, recipient, amount, token: Number(token), account };
    }
    case 'Attested': {
      const { owner = '', digest = '', index = '' } = values;
      return { say: 'attests', owner, digest, index };
    }
    case 'MessageDelivered': {
      // a message that only names a token brings nothing
      if (amount === '0') return undefined;
      const say = values.success === 'false' ? 'bringsPending' : 'brings';
      return { say, to: values.to ?? '', amount, token: Number(token) };
    }
    default:
      return undefined;
  }
}
