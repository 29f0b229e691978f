import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement, type ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { engramChain } from '../../../../../sdk/chain.ts';
import type { WebConfig } from '../../../../../sdk/webConfig.ts';
import { DeploymentContext } from '../../app/context.ts';

export const EVM_LANE = `0x${'ee'.repeat(20)}` as const;

const CONFIG: WebConfig = {
  version: 1,
  name: 'Test',
  l1: { chainId: 1, name: 'L1', explorer: 'https://l1.example', confirmations: 1, blockSeconds: 12 },
  l2: { chainId: 7171 },
  rollup: `0x${'aa'.repeat(20)}`,
  deployedAt: 0,
  evmLane: EVM_LANE,
  pace: { batchSeconds: 60, proofSeconds: 60 },
};

/** What a part of the page looks like before anything is asked, as HTML. */
export function markup(part: ReactNode): string {
  const chain = engramChain({ id: 7171, rpcUrl: '', l1: { id: 1 }, rollup: CONFIG.rollup });
  const deployment = { config: CONFIG, chain, node: undefined };
  const inside = createElement(DeploymentContext, { value: deployment }, part);
  return renderToStaticMarkup(createElement(QueryClientProvider, { client: new QueryClient() }, inside));
}

/** The same as people read it. */
export function words(part: ReactNode): string {
  return markup(part)
    .replace(/<[^>]*>/g, '')
    .replace(/&#x27;|&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/\s+/g, ' ')
    .trim();
}
