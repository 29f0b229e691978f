import type { ReactNode } from 'react';
import { useTexts } from '../../texts/index.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Sentence } from '../../ui/Sentence.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { type EvmStory, evmStories } from '../evm/evmStory.ts';
import type { Log } from '../evm/knownContracts.ts';
import { AccountLink, AddressLink } from '../parts/links.tsx';

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
        sender: <AddressLink address={story.sender} />,
        recipient: <AddressLink address={story.recipient} />,
        amount: <TokenAmount value={story.amount} token={story.token} />,
        account: <AccountLink index={story.account} />,
      };
    case 'attests':
      return {
        owner: <AddressLink address={story.owner} />,
        digest: <Hash value={story.digest} />,
        index: story.index,
      };
    case 'brings':
    case 'bringsPending':
      return {
        to: <AddressLink address={story.to} />,
        amount: <TokenAmount value={story.amount} token={story.token} />,
      };
  }
}
