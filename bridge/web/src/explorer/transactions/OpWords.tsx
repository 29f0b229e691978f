import type { ReactNode } from 'react';
import type { OpView } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { useDeployment } from '../../app/context.ts';
import { useTexts } from '../../texts/index.tsx';
import { Sentence } from '../../ui/Sentence.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { AccountLink, AddressInText, ChannelLink } from '../parts/links.tsx';
import { subtypeText } from '../subtype.ts';
import { opSentence } from './opSentence.ts';

/** One op in plain words: who paid whom what. */
export function OpWords({ op, token }: { readonly op: Wire<OpView>; readonly token: number }): ReactNode {
  const { explorer } = useTexts();
  const { config } = useDeployment();
  const sentence = opSentence(op, config.evmLane);
  const values: Record<string, ReactNode> = {
    from: <AccountLink index={sentence.from} />,
    channel: <ChannelLink index={sentence.say.startsWith('OPEN') && 'to' in sentence ? sentence.to : sentence.from} />,
    amount: <TokenAmount value={op.amount} token={token} />,
    ...('to' in sentence && { to: <AccountLink index={sentence.to} /> }),
    ...('address' in sentence && { address: <AddressInText address={sentence.address} /> }),
    ...('recipient' in sentence && { recipient: <AddressInText address={sentence.recipient} /> }),
    ...('provider' in sentence && { provider: <AccountLink index={sentence.provider} /> }),
    ...('subtype' in sentence && { kind: subtypeText(explorer.subtypes, sentence.subtype) }),
    ...('royalty' in sentence && { royalty: <TokenAmount value={sentence.royalty} token={token} /> }),
  };
  return <Sentence text={explorer.sentences[sentence.say]} values={values} />;
}
