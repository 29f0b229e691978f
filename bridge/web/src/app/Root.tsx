import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { WagmiProvider } from 'wagmi';
import { TextsProvider, useTexts } from '../texts/index.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { App } from './App.tsx';
import { loadConfig } from './config.ts';
import { type Deployment, DeploymentContext } from './context.ts';
import { chainOf, nodeClient } from './deployment.ts';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { troubleText } from './troubleText.ts';
import { walletConfig } from './wallet.ts';

const queries = new QueryClient({
  defaultOptions: { queries: { retry: 1, retryDelay: 500, staleTime: 500, networkMode: 'always' } },
});

/** Texts, configuration, wallet and queries, in this order; then the page. */
export function Root(): ReactNode {
  return (
    <ErrorBoundary>
      <QueryClientProvider client={queries}>
        <TextsProvider>
          <Configured />
        </TextsProvider>
      </QueryClientProvider>
    </ErrorBoundary>
  );
}

function Configured(): ReactNode {
  const texts = useTexts();
  const {
    data: config,
    error,
    refetch,
  } = useQuery({ queryKey: ['config'], queryFn: () => loadConfig(), staleTime: Number.POSITIVE_INFINITY });
  const parts = useMemo(() => {
    if (config === undefined) return undefined;
    const deployment: Deployment = { config, chain: chainOf(config), node: nodeClient(config) };
    return { deployment, wallet: walletConfig(config) };
  }, [config]);
  if (error !== null && parts === undefined) {
    const { what, next } = troubleText(texts, error);
    return (
      <main className="page">
        <Notice tone="danger" title={what} onRetry={() => void refetch()}>
          {next}
        </Notice>
      </main>
    );
  }
  if (parts === undefined) return <Spinner label={texts.common.loading} />;
  return (
    <DeploymentContext value={parts.deployment}>
      <WagmiProvider config={parts.wallet}>
        <App />
      </WagmiProvider>
    </DeploymentContext>
  );
}
