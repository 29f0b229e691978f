import type { ReactNode } from 'react';
import type { ServiceView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { safeText } from '../../ui/safeText.ts';
import { type Column, Table } from '../../ui/Table.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { marketHref } from '../places.ts';
import { SourceLegend } from '../SourceTag.tsx';
import { EpochProgress } from './EpochProgress.tsx';

/** Services: what they pay, what their pool holds, which epoch runs. */
export function ServicesPage(): ReactNode {
  const { market } = useTexts();
  const services = useNode('engram_getServices', []);
  return (
    <>
      <div className="head">
        <h1>{market.services.title}</h1>
        <p className="quiet">{market.services.lead}</p>
      </div>
      <Card>
        <Asked query={services} lines={6}>
          {(list) => <ServiceTable services={list} empty={market.services.empty} />}
        </Asked>
      </Card>
      <p className="quiet">{market.servicePage.trust}</p>
      <SourceLegend sources={['settled', 'computed']} />
    </>
  );
}

interface ServiceTableProps {
  readonly services: readonly Wire<ServiceView>[];
  readonly empty: string;
}

export function ServiceTable({ services, empty }: ServiceTableProps): ReactNode {
  const { market } = useTexts();
  const columns: Column<Wire<ServiceView>>[] = [
    {
      name: market.services.name,
      cell: ({ service, terms }) => (
        <span className="stack">
          <a href={marketHref(['services', service])}>
            {terms === undefined ? (
              fill(market.services.unnamed, { index: service })
            ) : (
              <bdi>{safeText(terms.name)}</bdi>
            )}
          </a>
          {terms !== undefined && <span className="small">{fill(market.services.unnamed, { index: service })}</span>}
        </span>
      ),
    },
    { name: market.services.epoch, cell: (service) => <EpochProgress service={service} /> },
    {
      name: market.services.reward,
      isNumber: true,
      cell: ({ terms, token }) =>
        terms === undefined ? (
          <span className="quiet">{market.services.noDocument}</span>
        ) : (
          <TokenAmount token={token} value={terms.reward} />
        ),
    },
    {
      name: market.services.pool,
      isNumber: true,
      cell: ({ token, pool }) => <TokenAmount token={token} value={pool} />,
    },
  ];
  return (
    <Table
      caption={market.services.caption}
      columns={columns}
      rows={services}
      rowKey={({ service }) => service}
      empty={empty}
    />
  );
}
