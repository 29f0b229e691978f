import '../styles/market.css';
import '../styles/epochs.css';
import { type ReactNode, useEffect, useRef } from 'react';
import { href, type Place } from '../app/router.ts';
import { useTexts } from '../texts/index.tsx';
import { Notice } from '../ui/Notice.tsx';
import { CheckPage } from './check/CheckPage.tsx';
import { ArtefactPage } from './models/ArtefactPage.tsx';
import { ModelsPage } from './models/ModelsPage.tsx';
import { OverviewPage } from './overview/OverviewPage.tsx';
import { accountIn, epochIn } from './places.ts';
import { ProviderPage } from './providers/ProviderPage.tsx';
import { ProvidersPage } from './providers/ProvidersPage.tsx';
import { EpochPage } from './services/EpochPage.tsx';
import { ServicePage } from './services/ServicePage.tsx';
import { ServicesPage } from './services/ServicesPage.tsx';

const PARTS = ['overview', 'models', 'check', 'providers', 'services'] as const;
type Part = (typeof PARTS)[number];

/** The AI market: `#/market`, `/models[/n]`, `/check`, `/providers[/n]`, `/services[/n[/epoch]]`. */
export function MarketPage({ place }: { readonly place: Place }): ReactNode {
  const { market } = useTexts();
  const [first = 'overview'] = place.path;
  const nav = useRef<HTMLElement>(null);
  // on a narrow screen the part that is shown may be beyond the edge
  // biome-ignore lint/correctness/useExhaustiveDependencies: `first` is what changes
  useEffect(() => {
    const box = nav.current;
    const link = box?.querySelector<HTMLElement>('[aria-current]');
    if (box && link) box.scrollLeft = link.offsetLeft - box.offsetLeft - (box.clientWidth - link.offsetWidth) / 2;
  }, [first]);
  return (
    <>
      <nav className="parts" ref={nav} aria-label={market.parts}>
        {PARTS.map((part) => (
          <a
            key={part}
            href={part === 'overview' ? href('market') : href('market', part)}
            aria-current={part === first ? 'page' : undefined}
          >
            {market.places[part]}
          </a>
        ))}
      </nav>
      {pageOf(place) ?? <NotFound />}
    </>
  );
}

/** Undefined: there is no such place. Pages of one thing are made anew for another: what one said is never shown as the other's. */
function pageOf({ path, query }: Place): ReactNode | undefined {
  const [part = 'overview', first, second, ...rest] = path;
  if (rest.length > 0 || !isPart(part)) return undefined;
  const index = accountIn(first);
  if (first !== undefined && index === undefined) return undefined;
  if (second !== undefined && part !== 'services') return undefined;
  const epoch = epochIn(second);
  if (second !== undefined && epoch === undefined) return undefined;
  if (part === 'models') {
    return index === undefined ? <ModelsPage query={query} /> : <ArtefactPage key={index} {...{ index, query }} />;
  }
  if (part === 'providers') {
    return index === undefined ? <ProvidersPage query={query} /> : <ProviderPage key={index} owner={index} />;
  }
  if (part === 'services') {
    if (index === undefined) return <ServicesPage />;
    if (epoch === undefined) return <ServicePage key={index} service={index} />;
    return <EpochPage key={`${index}/${epoch}`} service={index} epoch={epoch} />;
  }
  if (first !== undefined) return undefined;
  return part === 'check' ? <CheckPage query={query} /> : <OverviewPage />;
}

function isPart(part: string): part is Part {
  return PARTS.some((known) => known === part);
}

function NotFound(): ReactNode {
  const { common, market } = useTexts();
  return (
    <>
      <h1>{market.overview.title}</h1>
      <Notice title={common.notFound}>{common.notFoundNext}</Notice>
    </>
  );
}
