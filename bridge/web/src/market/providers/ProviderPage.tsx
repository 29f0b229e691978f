import type { ReactNode } from 'react';
import type { ProviderView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { safeText } from '../../ui/safeText.ts';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { AccountLink, ArtefactLink } from '../Links.tsx';
import { counted, percent } from '../numbers.ts';
import { marketHref } from '../places.ts';
import { SourceLegend, SourceTag } from '../SourceTag.tsx';
import { ChannelsCard } from './ChannelsCard.tsx';
import { Endpoints } from './Endpoints.tsx';
import { Earned } from './ProviderTable.tsx';
import { UptimeStrip } from './UptimeStrip.tsx';

type Provider = Wire<ProviderView>;

/** One provider: what it announces, what the ledger settled for it, what evaluators found. */
export function ProviderPage({ owner }: { readonly owner: number }): ReactNode {
  const { market } = useTexts();
  const list = useNode('engram_getProviders', []);
  const { providerPage } = market;
  const provider = list.data?.find((one) => one.owner === owner);
  return (
    <>
      <h1>{fill(market.provider, { index: owner })}</h1>
      <Asked query={list} lines={12}>
        {() =>
          provider === undefined ? (
            <Notice title={fill(providerPage.missing, { index: owner })}>{providerPage.missingNext}</Notice>
          ) : (
            <Known provider={provider} />
          )
        }
      </Asked>
      <ChannelsCard owner={owner} />
      <SourceLegend sources={['settled', 'announced', 'computed']} />
    </>
  );
}

function Known({ provider }: { readonly provider: Provider }): ReactNode {
  const { market } = useTexts();
  const { providerPage } = market;
  const isSilent = provider.agent === undefined;
  return (
    <>
      <div className="grid">
        <Card title={providerPage.settled} aside={<SourceTag source="settled" />}>
          <SettledFacts provider={provider} />
        </Card>
        <Card title={providerPage.facts} aside={<SourceTag source="announced" />}>
          {isSilent ? <p className="empty">{providerPage.silent}</p> : <AnnouncedFacts provider={provider} />}
        </Card>
      </div>
      {!isSilent && (
        <div className="grid">
          <Card title={providerPage.models} aside={<SourceTag source="announced" />}>
            <Offers models={provider.models} />
          </Card>
          <Card title={providerPage.endpoints} aside={<SourceTag source="announced" />}>
            <Endpoints endpoints={provider.endpoints} />
          </Card>
        </div>
      )}
    </>
  );
}

function SettledFacts({
  provider: { owner, service, settled, uptime, score },
}: {
  readonly provider: Provider;
}): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { providerPage, providers, counts } = market;
  const { claims, channels, payers, earned, since, last } = settled;
  return (
    <Facts
      facts={[
        [providerPage.owner, <AccountLink key="owner" index={owner} />],
        [providers.earned, <Earned key="earned" earned={earned} />],
        [
          providers.use,
          [
            counted(payers, counts.payers, language),
            counted(channels, counts.channels, language),
            counted(claims, counts.claims, language),
          ].join(' · '),
        ],
        [providerPage.uptime, <UptimeStrip key="uptime" uptime={uptime} />],
        [providerPage.since, since !== undefined && <Time at={since} />],
        [providerPage.last, last !== undefined && <Time at={last} />],
        [
          providerPage.service,
          service !== undefined && (
            <a href={marketHref(['services', service])}>{fill(market.services.unnamed, { index: service })}</a>
          ),
        ],
        [
          providerPage.score,
          score === undefined ? (
            providers.noScore
          ) : (
            <span key="score">
              <SourceTag source="computed" />{' '}
              {fill(providerPage.scoreText, {
                share: percent(score.incentive, language),
                epoch: score.epoch,
                place: fill(providers.rank, { rank: score.rank, among: score.among }),
              })}
            </span>
          ),
        ],
      ]}
    />
  );
}

function AnnouncedFacts({ provider }: { readonly provider: Provider }): ReactNode {
  const { market } = useTexts();
  const { providerPage } = market;
  const { agent, name, announcedUntil } = provider;
  return (
    <Facts
      facts={[
        [providerPage.name, name !== undefined && <bdi>{safeText(name)}</bdi>],
        [providerPage.agent, agent !== undefined && <ArtefactLink index={agent} kind="agent" />],
        [providerPage.until, announcedUntil !== undefined && <Time at={announcedUntil} />],
      ]}
    />
  );
}

function Offers({ models }: { readonly models: Provider['models'] }): ReactNode {
  const { market } = useTexts();
  const { providerPage } = market;
  const columns: Column<Provider['models'][number]>[] = [
    { name: providerPage.model, cell: ({ model }) => <ArtefactLink index={model} kind="model" /> },
    {
      name: providerPage.price,
      isNumber: true,
      cell: ({ token, price }) => <TokenAmount token={token} value={price} />,
    },
  ];
  return (
    <Table
      caption={providerPage.models}
      columns={columns}
      rows={models}
      rowKey={({ model, token, price }) => `${model}/${token}/${price}`}
      empty={providerPage.noModels}
    />
  );
}
