import type { ReactNode } from 'react';
import type { ListedAttestation } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { href } from '../../app/router.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { ArtefactTable } from '../models/ModelsPage.tsx';
import { ProviderTable } from '../providers/ProviderTable.tsx';
import { sortProviders, tokensOf } from '../providers/sortProviders.ts';
import { SourceLegend } from '../SourceTag.tsx';
import { ServiceTable } from '../services/ServicesPage.tsx';
import { MarketCharts } from './MarketCharts.tsx';

const TOP = 5;
/** Models that the most paid ones are among: asked again with every block, so not all there are. */
const NEWEST = 100;

/** The market at a glance. */
export function OverviewPage(): ReactNode {
  const { market } = useTexts();
  const { overview } = market;
  const models = useNode('engram_getAttestations', [{ kind: 'model', limit: NEWEST }]);
  const providers = useNode('engram_getProviders', []);
  const services = useNode('engram_getServices', []);
  return (
    <>
      <div className="head">
        <h1>{overview.title}</h1>
        <p className="quiet">{overview.lead}</p>
      </div>
      <MarketCharts />
      <Card title={overview.epochs} aside={<More part="services" about={overview.epochs} />}>
        <Asked query={services} lines={5}>
          {(list) => <ServiceTable services={list.slice(0, TOP)} empty={overview.noServices} />}
        </Asked>
      </Card>
      <Card title={overview.topProviders} aside={<More part="providers" about={overview.topProviders} />}>
        <Asked query={providers} lines={9}>
          {(list) => (
            <ProviderTable
              providers={sortProviders(list, { order: 'earned', token: tokensOf(list)[0] ?? 0 }).slice(0, TOP)}
              empty={overview.noProviders}
            />
          )}
        </Asked>
      </Card>
      <Card title={overview.topModels} aside={<More part="models" about={overview.topModels} />}>
        <Asked query={models} lines={9}>
          {({ items, next }) => (
            <>
              {next !== undefined && <p className="quiet">{fill(overview.ofNewest, { n: NEWEST })}</p>}
              {items.length === 0 ? (
                <p className="empty">{overview.noModels}</p>
              ) : (
                <ArtefactTable artefacts={mostPaid(items)} />
              )}
            </>
          )}
        </Asked>
      </Card>
      <SourceLegend sources={['settled', 'announced', 'computed', 'estimate']} />
    </>
  );
}

function More({ part, about }: { readonly part: string; readonly about: string }): ReactNode {
  const { market } = useTexts();
  return (
    <a href={href('market', part)}>
      {market.overview.all}
      <span className="visually-hidden">: {about}</span>
    </a>
  );
}

/** By what was paid, within the token most of them are in: amounts of different tokens cannot be compared. */
function mostPaid(models: readonly Wire<ListedAttestation>[]): readonly Wire<ListedAttestation>[] {
  return [...models]
    .sort((x, y) => x.token - y.token || compare(BigInt(y.settled.paid), BigInt(x.settled.paid)) || x.index - y.index)
    .slice(0, TOP);
}

function compare(x: bigint, y: bigint): number {
  return x === y ? 0 : x < y ? -1 : 1;
}
