import { lazy, type ReactNode, Suspense, useEffect, useRef } from 'react';
import { BridgePage } from '../bridge/BridgePage.tsx';
import { useTexts } from '../texts/index.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { Header } from './Header.tsx';
import { NodeNotice } from './NodeNotice.tsx';
import { type Place, type Section, usePlace } from './router.ts';
import { useLive } from './useNode.ts';

const ExplorerPage = lazy(async () => ({ default: (await import('../explorer/ExplorerPage.tsx')).ExplorerPage }));
const MarketPage = lazy(async () => ({ default: (await import('../market/MarketPage.tsx')).MarketPage }));
const SettingsPage = lazy(async () => ({ default: (await import('./SettingsPage.tsx')).SettingsPage }));

/** Header, the page of the place, footer. The bridge is loaded with the page, the rest when it is looked at. */
export function App(): ReactNode {
  const texts = useTexts();
  const place = usePlace();
  useLive();
  const content = useRef<HTMLElement>(null);
  const where = place.section + place.path.join('/');
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${texts.common[place.section]} · ${texts.common.title}`;
  }, [texts, place.section]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `where` is what changes
  useEffect(() => {
    // whoever listens to the page instead of seeing it is told that it changed
    if (!isFirst.current) content.current?.focus();
    isFirst.current = false;
  }, [where]);
  return (
    <>
      <button type="button" className="skip" onClick={() => content.current?.focus()}>
        {texts.common.skip}
      </button>
      <Header section={place.section} />
      <main className="page" id="content" ref={content} tabIndex={-1}>
        <NodeNotice />
        <Suspense fallback={<Spinner label={texts.common.loading} />}>
          <Page place={place} />
        </Suspense>
      </main>
      <footer className="footer">
        <p>{texts.common.footer}</p>
      </footer>
    </>
  );
}

const PAGES: Readonly<Record<Section, (props: { readonly place: Place }) => ReactNode>> = {
  bridge: BridgePage,
  explorer: (props) => <ExplorerPage {...props} />,
  market: (props) => <MarketPage {...props} />,
  settings: () => <SettingsPage />,
};

function Page({ place }: { readonly place: Place }): ReactNode {
  const Shown = PAGES[place.section];
  return <Shown place={place} />;
}
