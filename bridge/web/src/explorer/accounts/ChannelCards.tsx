import type { ReactNode } from 'react';
import type { AccountView, ChannelView, Wire } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Pill, type PillTone } from '../../ui/Pill.tsx';
import { Time } from '../../ui/Time.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { AccountLink } from '../parts/links.tsx';
import { ChannelClaims } from './ChannelClaims.tsx';
import { channelLife, spentShare } from './channelLife.ts';
import { originFacts } from './originFacts.tsx';

export const CHANNEL_TONES: Readonly<Record<ChannelView['state'], PillTone>> = {
  open: 'success',
  expired: 'warning',
  over: 'neutral',
};

/** A payment channel: terms, where it is in its life, what it paid. */
export function ChannelCards({ account: { index, token } }: { readonly account: Wire<AccountView> }): ReactNode {
  const { explorer } = useTexts();
  const query = useNode('engram_getChannel', [index]);
  return (
    <>
      <Card>
        <Asked query={query} lines={10}>
          {(channel) => <Terms channel={channel} />}
        </Asked>
      </Card>
      <Card title={explorer.titles.claims}>
        <ChannelClaims channel={index} token={token} />
      </Card>
    </>
  );
}

function Terms({ channel }: { readonly channel: Wire<ChannelView> }): ReactNode {
  const { explorer, common } = useTexts();
  const { language } = useLanguage();
  const { facts, channel: texts } = explorer;
  const share = spentShare(channel);
  const percent = share.toLocaleString(language, { style: 'percent', maximumFractionDigits: 1 });
  return (
    <>
      <div className="row">
        <Pill tone={CHANNEL_TONES[channel.state]}>{texts.states[channel.state]}</Pill>
        <span className="quiet">{texts.means[channel.state]}</span>
      </div>
      <ol className="life">
        {channelLife(channel).map(({ name, at, isPast }) => (
          <li key={name} className={isPast ? 'done' : 'todo'}>
            <span className="head-name">{texts.life[name]}</span>
            <Time at={at} />
          </li>
        ))}
      </ol>
      <div className="spent">
        <meter min={0} max={1} value={share} aria-label={texts.spent}>
          {percent}
        </meter>
        <p className="row spread">
          <span>
            {texts.paid} <TokenAmount value={channel.claimed} token={channel.token} /> ({percent})
          </span>
          <span>
            {texts.left} <TokenAmount value={channel.balance} token={channel.token} />
          </span>
        </p>
      </div>
      <Facts
        facts={[
          [facts.payer, <AccountLink key="payer" index={channel.payer} />],
          [facts.provider, <AccountLink key="provider" index={channel.provider} />],
          [facts.model, channel.model === 0 ? common.none : <AccountLink key="model" index={channel.model} />],
          [facts.royalty, channel.model !== 0 && fill(explorer.percent, { value: channel.royaltyBps / 100 })],
          [facts.claims, String(channel.claims)],
          [facts.voucherKey, <Hash key="key" value={channel.voucherKey.packed} isWhole />],
          ...originFacts(facts, channel.created),
        ]}
      />
    </>
  );
}
