import type { ReactNode } from 'react';
import { useTexts } from '../../texts/index.tsx';
import { shortHash } from '../../ui/Hash.tsx';
import { Sentence } from '../../ui/Sentence.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { type EvmStory, evmStories } from '../evm/evmStory.ts';
import type { Log } from '../evm/knownContracts.ts';
import { AccountLink, AddressInText } from '../parts/links.tsx';

/** What it did by the protocol's own contracts, in words; nothing if it did nothing there. */
export function EvmStories({ logs }: { readonly logs: readonly Log[] }): ReactNode {
  const { explorer } = useTexts();
  const stories = evmStories(logs);
  if (stories.length === 0) return null;
  return (
    <ul className="stories">
      {stories.map((story, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two may be the same
        <li key={i}>
          <Sentence text={explorer.stories[story.say]} values={valuesOf(story)} />
        </li>
      ))}
    </ul>
  );
}

function valuesOf(story: EvmStory): Record<string, ReactNode> {
  switch (story.say) {
    case 'withdraws':
    case 'withdrawsToAccount':
      return {
        sender: <AddressInText address={story.sender} />,
        recipient: <AddressInText address={story.recipient} />,
        amount: <TokenAmount value={story.amount} token={story.token} />,
        account: <AccountLink index={story.account} />,
      };
    case 'attests':
      return {
        owner: <AddressInText address={story.owner} />,
        digest: <code title={story.digest}>{shortHash(story.digest)}</code>,
        index: story.index,
      };
    case 'brings':
    case 'bringsPending':
      return {
        to: <AddressInText address={story.to} />,
        amount: <TokenAmount value={story.amount} token={story.token} />,
      };
  }
}
