import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement, type ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { engramChain } from '../../../../sdk/chain.ts';
import type { EpochView } from '../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../sdk/rpcTypes.ts';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { type Deployment, DeploymentContext } from '../app/context.ts';
import { LineageGraph } from './lineage/LineageGraph.tsx';
import { LineageList } from './lineage/LineageList.tsx';
import { lineageTree } from './lineage/lineageTree.ts';
import { Endpoints } from './providers/Endpoints.tsx';
import { ProviderTable } from './providers/ProviderTable.tsx';
import { EarnersCard } from './services/EarnersCard.tsx';
import { JudgesCard } from './services/JudgesCard.tsx';
import { WeightsCard } from './services/WeightsCard.tsx';

const config: WebConfig = {
  ...{ version: 1, name: 'test', l1: { chainId: 1, name: 'L1', confirmations: 0, blockSeconds: 12 } },
  ...{ l2: { chainId: 2 }, rollup: `0x${'11'.repeat(20)}`, deployedAt: 0, pace: { batchSeconds: 1, proofSeconds: 1 } },
};
const deployment: Deployment = {
  config,
  chain: engramChain({ id: 2, name: 'test', rpcUrl: '', l1: { id: 1 }, rollup: config.rollup, rollupDeployedAt: 0n }),
  node: undefined,
};

/** Within the page, without a node. */
function html(node: ReactNode): string {
  const client = new QueryClient();
  const page = createElement(DeploymentContext, { value: deployment }, node);
  return renderToStaticMarkup(createElement(QueryClientProvider, { client }, page));
}

/** What is read: no tags. */
const text = (node: ReactNode): string => html(node).replace(/<[^>]*>/g, '|');

const view: Wire<EpochView> = {
  ...{ service: 30, token: 0, epoch: 3, from: 0, to: 3_600, state: 'wrong', due: '100', paid: '110' },
  ...{ providers: 2, evaluators: 3, resultHash: '0xab' },
  earners: [
    { account: 10, agent: 31, consensus: 0.5, rank: 0.4, incentive: 0.9, due: '90', paid: '100' },
    { account: 11, agent: 32, consensus: 0, rank: 0, incentive: 0, due: '0', paid: '0' },
  ],
  judges: [
    {
      ...{ account: 20, stake: '300', hasRevealed: true, dividend: 1, due: '10', paid: '10' },
      weights: [
        { provider: 10, weight: 0.8 },
        { provider: 11, weight: 0.2 },
      ],
      clipped: [{ provider: 10, weight: 0.3 }],
    },
    {
      ...{ account: 21, stake: '100', hasRevealed: false, dividend: 0, due: '0', paid: '0' },
      ignored: '<img src=x onerror=alert(1)>',
      weights: [],
      clipped: [],
    },
    {
      ...{ account: 22, stake: '100', hasRevealed: false, dividend: 0, due: '0', paid: '0' },
      weights: [],
      clipped: [],
    },
  ],
};

describe('an epoch, in words', () => {
  it('says who earned what and why, and that one got too much', () => {
    const said = text(createElement(EarnersCard, { view }));
    expect(said).toContain(
      'Provider 10 earned 90% of what goes to providers because 1 evaluator with 60% of the stake',
    );
    expect(said).toContain('What 1 evaluator gave beyond that was cut.');
    expect(said).toContain('too much');
    expect(said).toContain('Provider 11 earned nothing: 1 evaluator with 60% of the stake gave it weight');
  });

  it('says why scores do not count; a reason nobody knows is not shown as it is', () => {
    const said = html(createElement(JudgesCard, { view }));
    expect(said).toContain('They did not count (?).');
    expect(said).not.toContain('<img');
    expect(said).toContain('It revealed no scores in time');
  });

  it('marks what was cut not by colour alone', () => {
    const said = text(createElement(WeightsCard, { view }));
    expect(said).toContain('cut: 30%');
    expect(said).toContain('✂ 30%');
  });

  it('claims nothing of one that runs', () => {
    const open = { ...view, state: 'open' as const };
    expect(text(createElement(EarnersCard, { view: open }))).toContain('Nothing is computed before the epoch is over.');
    expect(text(createElement(EarnersCard, { view: open }))).not.toContain('90%');
    expect(text(createElement(WeightsCard, { view: open }))).not.toContain('Consensus|');
  });
});

describe('what a provider says of itself', () => {
  it('is a link only if it is the address of a web page', () => {
    const endpoints = ['https://a.example/', 'javascript:alert(1)', 'https://bank@evil.example/', '/ip4/1.2.3.4/tcp/1'];
    const said = html(createElement(Endpoints, { endpoints }));
    expect(said.match(/<a /g)).toHaveLength(1);
    expect(said).toContain('href="https://a.example/" target="_blank" rel="noreferrer noopener"');
    expect(said).toContain('javascript:alert(1)</code>');
  });

  it('is text, whatever its name plays at', () => {
    const said = html(
      createElement(ProviderTable, {
        empty: '',
        providers: [
          {
            ...{ owner: 10, name: `<script>x</script>\u202Etxt\u202C${'y'.repeat(500)}`, endpoints: [], models: [] },
            settled: { claims: 0, channels: 0, payers: 0, earned: [] },
            uptime: { hours: [true, false], active: 1, of: 2 },
          },
        ],
      }),
    );
    expect(said).not.toContain('<script>');
    expect(said).not.toContain('\u202E');
    expect(said).not.toContain('y'.repeat(60));
    expect(said).toContain('Account 10');
    expect(said).toContain('settled in 1 of 2 hours');
  });
});

describe('the lineage', () => {
  const item = (index: number, parent: number) =>
    ({ index, parent, kind: 'model', owner: 4, royaltyBps: 250 }) as const;
  const tree = lineageTree({
    attestation: item(2, 1),
    ancestors: [item(1, 0)],
    descendants: Array.from({ length: 9 }, (_, i) => item(3 + i, 2)),
  });
  const shown = { tree, open: new Set<number>(), current: 2 };

  it('is the same as a graph and as a list: links in the same order', () => {
    const links = (node: ReactNode, pattern: RegExp) => [...html(node).matchAll(pattern)].map(([, to]) => to);
    const ofMarket = /href="(#\/market\/[^"]*)"/g;
    const graph = links(createElement(LineageGraph, shown), ofMarket);
    expect(graph).toEqual(links(createElement(LineageList, shown), ofMarket));
    expect(graph).toHaveLength(9);
    expect(graph.at(-1)).toBe('#/market/models/2?open=2');
  });

  it('names each node by what is seen, and describes how it hangs together', () => {
    const said = html(createElement(LineageGraph, shown));
    expect(said).toMatch(
      /<a [^>]*href="#\/market\/models\/2"[^>]*aria-describedby="([^"]+)"[^>]*><desc id="\1">this one, made from 1, royalty 2.5%<\/desc>/,
    );
    expect(said).toContain('aria-label="Show 3 more made from it"');
  });
});
