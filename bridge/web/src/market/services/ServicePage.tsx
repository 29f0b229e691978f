import type { ReactNode } from 'react';
import type { EpochSummary, ServiceView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { safeText } from '../../ui/safeText.ts';
import { type Column, Table } from '../../ui/Table.tsx';
import { durationText, Time } from '../../ui/Time.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { AccountLink, ArtefactLink } from '../Links.tsx';
import { counted } from '../numbers.ts';
import { marketHref } from '../places.ts';
import { ProviderTable } from '../providers/ProviderTable.tsx';
import { SourceLegend } from '../SourceTag.tsx';
import { EpochAsked } from './EpochAsked.tsx';
import { EpochProgress } from './EpochProgress.tsx';
import { StatePill } from './StatePill.tsx';
import { useEpochQuery } from './useEpochQuery.ts';

const NEWEST = 25;

/** One service: its terms, its pool, its epochs, who provides. */
export function ServicePage({ service }: { readonly service: number }): ReactNode {
  const { market } = useTexts();
  const services = useNode('engram_getServices', []);
  const found = services.data?.find((one) => one.service === service);
  const name = found?.terms?.name;
  return (
    <>
      <div className="head">
        <h1>{name === undefined ? fill(market.services.unnamed, { index: service }) : <bdi>{safeText(name)}</bdi>}</h1>
        {name !== undefined && <p className="quiet">{fill(market.services.unnamed, { index: service })}</p>}
      </div>
      <Asked query={services} lines={10}>
        {() =>
          found === undefined ? (
            <Notice title={fill(market.servicePage.missing, { index: service })}>
              {market.servicePage.missingNext}
            </Notice>
          ) : (
            <Found service={found} />
          )
        }
      </Asked>
    </>
  );
}

function Found({ service }: { readonly service: Wire<ServiceView> }): ReactNode {
  const { market } = useTexts();
  const epochs = useEpochQuery('engram_getEpochs', [service.service, { limit: NEWEST }]);
  const providers = useNode('engram_getProviders', [{ service: service.service }]);
  const { servicePage } = market;
  return (
    <>
      <Card
        title={servicePage.facts}
        aside={<a href={marketHref(['models', service.service])}>{market.artefactPage.lineage}</a>}
      >
        <Terms service={service} />
      </Card>
      <EpochAsked service={service.service} query={epochs}>
        {(list) => (
          <Card title={servicePage.epochs}>
            {list.length === NEWEST && <p className="quiet">{fill(servicePage.ofNewest, { n: NEWEST })}</p>}
            <EpochTable service={service} epochs={list} />
          </Card>
        )}
      </EpochAsked>
      <Card title={servicePage.providers}>
        <Asked query={providers}>
          {(list) => <ProviderTable providers={list} token={service.token} empty={market.providers.empty} />}
        </Asked>
      </Card>
      <p className="quiet">{servicePage.trust}</p>
      <SourceLegend sources={['settled', 'announced', 'computed']} />
    </>
  );
}

function Terms({ service }: { readonly service: Wire<ServiceView> }): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { servicePage } = market;
  const { keeper, token, pool, document, terms, currentEpoch } = service;
  return (
    <Facts
      facts={[
        [market.services.epoch, currentEpoch !== undefined && <EpochProgress service={service} />],
        [servicePage.pool, <TokenAmount key="pool" token={token} value={pool} />],
        [servicePage.reward, terms && <TokenAmount token={token} value={terms.reward} />],
        [servicePage.length, terms && durationText(terms.epochSeconds, language)],
        [servicePage.starts, terms && <Time at={terms.startsAt} />],
        [servicePage.keeper, <AccountLink key="keeper" index={keeper} />],
        [
          servicePage.models,
          terms && terms.models.length > 0 && (
            <span className="row">
              {terms.models.map((model) => (
                <ArtefactLink key={model} index={model} kind="model" />
              ))}
            </span>
          ),
        ],
        [servicePage.document, document && <Hash value={document} isWhole />],
      ]}
    />
  );
}

interface EpochTableProps {
  readonly service: Wire<ServiceView>;
  readonly epochs: readonly Wire<EpochSummary>[];
}

function EpochTable({ service: { service, token }, epochs }: EpochTableProps): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { servicePage, counts } = market;
  const columns: Column<Wire<EpochSummary>>[] = [
    {
      name: servicePage.number,
      cell: ({ epoch }) => <a href={marketHref(['services', service, epoch])}>{fill(market.epoch.title, { epoch })}</a>,
    },
    { name: servicePage.when, cell: ({ to }) => <Time at={to} /> },
    { name: servicePage.state, cell: ({ state }) => <StatePill state={state} /> },
    {
      name: servicePage.due,
      isNumber: true,
      cell: ({ due, state }) => (state === 'open' ? '–' : <TokenAmount token={token} value={due} />),
    },
    {
      name: servicePage.paid,
      isNumber: true,
      cell: ({ paid, state }) => (state === 'open' ? '–' : <TokenAmount token={token} value={paid} />),
    },
    {
      name: servicePage.people,
      cell: ({ providers, evaluators }) => (
        <span className="stack">
          <span>{counted(providers, counts.providers, language)}</span>
          <span className="small">{counted(evaluators, counts.evaluators, language)}</span>
        </span>
      ),
    },
  ];
  return (
    <Table
      caption={servicePage.epochs}
      columns={columns}
      rows={epochs}
      rowKey={({ epoch }) => epoch}
      empty={servicePage.noEpochs}
    />
  );
}
