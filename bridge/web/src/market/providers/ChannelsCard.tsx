import { type ReactNode, useState } from 'react';
import type { ChannelView, ClaimView, Wire } from '../../../../../sdk/rpcTypes.ts';
import { href } from '../../app/router.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Pill, type PillTone } from '../../ui/Pill.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { AccountLink, ArtefactLink } from '../Links.tsx';
import { SourceTag } from '../SourceTag.tsx';

const NEWEST = 50;
const CLAIMS = 25;
const TONES: Readonly<Record<ChannelView['state'], PillTone>> = {
  open: 'success',
  expired: 'warning',
  over: 'neutral',
};
const SURE: Readonly<Record<ClaimView['state'], PillTone>> = {
  included: 'neutral',
  committed: 'info',
  proven: 'success',
};

/** Channels that pay a provider, and the claims of one. Who pays itself is marked: it proves nothing. */
export function ChannelsCard({ owner }: { readonly owner: number }): ReactNode {
  const { market } = useTexts();
  const { providerPage } = market;
  const [chosen, setChosen] = useState<Wire<ChannelView>>();
  const channels = useNode('engram_getChannels', [{ provider: owner, limit: NEWEST }]);
  const columns: Column<Wire<ChannelView>>[] = [
    { name: providerPage.channel, cell: ({ index }) => <a href={href('explorer', 'account', index)}>{index}</a> },
    {
      name: providerPage.payer,
      cell: ({ payer }) => (
        <span>
          <AccountLink index={payer} /> {payer === owner && <Pill tone="warning">{providerPage.self}</Pill>}
        </span>
      ),
    },
    {
      name: providerPage.model,
      cell: ({ model }) => (model === 0 ? '–' : <ArtefactLink index={model} kind="model" />),
    },
    {
      name: providerPage.claimed,
      isNumber: true,
      cell: ({ token, claimed }) => <TokenAmount token={token} value={claimed} />,
    },
    {
      name: providerPage.state,
      cell: ({ state }) => <Pill tone={TONES[state] ?? 'neutral'}>{providerPage.states[state] ?? state}</Pill>,
    },
    {
      name: providerPage.claims,
      cell: (channel) => (
        <Button
          aria-pressed={chosen?.index === channel.index}
          disabled={channel.claims === 0}
          onClick={() => setChosen(chosen?.index === channel.index ? undefined : channel)}
        >
          {channel.claims}
          <span className="visually-hidden">: {fill(providerPage.showClaims, { index: channel.index })}</span>
        </Button>
      ),
    },
  ];
  return (
    <Card title={providerPage.channels} aside={<SourceTag source="settled" />}>
      <Asked query={channels}>
        {(list) => (
          <>
            {list.length === NEWEST && <p className="quiet">{fill(providerPage.channelsText, { n: NEWEST })}</p>}
            <Table
              caption={providerPage.channels}
              columns={columns}
              rows={list}
              rowKey={({ index }) => index}
              empty={providerPage.noChannels}
            />
          </>
        )}
      </Asked>
      <div aria-live="polite">{chosen !== undefined && <Claims key={chosen.index} channel={chosen} />}</div>
    </Card>
  );
}

function Claims({ channel: { index, token } }: { readonly channel: Wire<ChannelView> }): ReactNode {
  const { market } = useTexts();
  const { providerPage } = market;
  const claims = useNode('engram_getClaims', [index, { limit: CLAIMS }]);
  const columns: Column<Wire<ClaimView>>[] = [
    {
      name: providerPage.when,
      cell: ({ transaction, timestamp }) => (
        <a href={href('explorer', 'tx', transaction)}>
          <Time at={timestamp} />
        </a>
      ),
    },
    { name: providerPage.amount, isNumber: true, cell: ({ delta }) => <TokenAmount token={token} value={delta} /> },
    {
      name: providerPage.royalty,
      isNumber: true,
      cell: ({ royalty }) => <TokenAmount token={token} value={royalty} />,
    },
    {
      name: providerPage.finality,
      cell: ({ state }) => <Pill tone={SURE[state] ?? 'neutral'}>{providerPage.surety[state] ?? state}</Pill>,
    },
  ];
  const title = fill(providerPage.showClaims, { index });
  return (
    <>
      <h3>{title}</h3>
      <Asked query={claims}>
        {(list) => (
          <Table
            caption={title}
            columns={columns}
            rows={list}
            rowKey={({ transaction, total }) => `${transaction}/${total}`}
            empty={providerPage.noClaims}
          />
        )}
      </Asked>
    </>
  );
}
