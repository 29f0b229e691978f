import type { ReactNode } from 'react';
import '../styles/explorer.css';
import type { Place } from '../app/router.ts';
import { useTexts } from '../texts/index.tsx';
import { Notice } from '../ui/Notice.tsx';
import { AccountPage } from './accounts/AccountPage.tsx';
import { AddressPage } from './accounts/AddressPage.tsx';
import { BatchesPage } from './batches/BatchesPage.tsx';
import { BatchPage } from './batches/BatchPage.tsx';
import { BlockPage } from './blocks/BlockPage.tsx';
import { BlocksPage } from './blocks/BlocksPage.tsx';
import { Overview } from './overview/Overview.tsx';
import { Boundary } from './parts/Boundary.tsx';
import { type ExplorerPlace, links, parseExplorer } from './places.ts';
import { SearchBox } from './search/SearchBox.tsx';
import { SearchPage } from './search/SearchPage.tsx';
import { TransactionPage } from './transactions/TransactionPage.tsx';

/** Blocks, transactions, accounts and batches of both lanes: what a node has, live. */
export function ExplorerPage({ place }: { readonly place: Place }): ReactNode {
  const { common } = useTexts();
  const shown = parseExplorer(place.path);
  return (
    <div className="explorer">
      <div className="explorer-head">
        <Tabs shown={shown} />
        <SearchBox initial={shown.page === 'search' ? shown.text : ''} />
      </div>
      {/* by place: an answer about one account is never shown for another */}
      <Boundary key={place.path.join('/')} heading={<h1>{common.explorer}</h1>}>
        <Shown place={shown} />
      </Boundary>
    </div>
  );
}

const TABS = ['overview', 'blocks', 'batches'] as const;

function Tabs({ shown }: { readonly shown: ExplorerPlace }): ReactNode {
  const { explorer } = useTexts();
  return (
    <nav className="explorer-tabs" aria-label={explorer.tabs.label}>
      {TABS.map((name) => (
        <a key={name} href={links[name]()} aria-current={shown.page === name ? 'page' : undefined}>
          {explorer.tabs[name]}
        </a>
      ))}
    </nav>
  );
}

function Shown({ place }: { readonly place: ExplorerPlace }): ReactNode {
  switch (place.page) {
    case 'overview':
      return <Overview />;
    case 'blocks':
      return <BlocksPage />;
    case 'block':
      return <BlockPage block={place.block} />;
    case 'batches':
      return <BatchesPage />;
    case 'batch':
      return <BatchPage batch={place.batch} />;
    case 'transaction':
      return <TransactionPage hash={place.hash} />;
    case 'account':
      return <AccountPage index={place.index} />;
    case 'address':
      return <AddressPage address={place.address} />;
    case 'search':
      return <SearchPage text={place.text} />;
    case 'nothing':
      return <Nowhere />;
  }
}

function Nowhere(): ReactNode {
  const { common, explorer } = useTexts();
  return (
    <>
      <h1>{common.explorer}</h1>
      <Notice tone="warning" title={common.notFound} actions={<a href={links.overview()}>{explorer.tabs.overview}</a>}>
        {common.notFoundNext}
      </Notice>
    </>
  );
}
