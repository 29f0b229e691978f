import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { type Deployment, DeploymentContext } from '../app/context.ts';
import { chainOf } from '../app/deployment.ts';
import type { TransferStep } from '../transfers/types.ts';
import { Steps } from './Steps.tsx';

const HASH = `0x${'ab'.repeat(32)}`;
const config: WebConfig = {
  version: 1,
  name: 'Engram',
  rpc: 'http://127.0.0.1:1',
  l1: { chainId: 1, name: 'Ethereum', explorer: 'https://explorer.example', confirmations: 1, blockSeconds: 12 },
  l2: { chainId: 7 },
  rollup: `0x${'22'.repeat(20)}`,
  deployedAt: 0,
  pace: { batchSeconds: 1, proofSeconds: 1 },
};

function markup(steps: readonly TransferStep[]): string {
  const shown: Deployment = { config: { ...config, rpc: '/' }, chain: chainOf(config), node: undefined };
  return renderToStaticMarkup(createElement(DeploymentContext, { value: shown }, createElement(Steps, { steps })));
}

describe('Steps', () => {
  beforeAll(() => void vi.stubGlobal('location', { href: 'http://127.0.0.1/' }));
  afterAll(() => void vi.unstubAllGlobals());

  it('says the state of each step in words, in attributes, and which one is now', () => {
    const html = markup([
      { name: 'sent', state: 'done' },
      { name: 'onL1', state: 'now' },
      { name: 'inBlock', state: 'todo' },
    ]);
    expect(html).toContain('<li data-step="sent" data-state="done">');
    expect(html).toContain('<li data-step="onL1" data-state="now" aria-current="step">');
    expect(html.match(/aria-current/g)).toHaveLength(1);
    for (const words of [': done', ': under way', ': to come']) expect(html).toContain(words);
  });

  it('leads to L1’s explorer in a page of its own that learns nothing of this one', () => {
    const html = markup([{ name: 'onL1', state: 'done', at: 1_700_000_000, link: { chain: 'l1', id: HASH } }]);
    expect(html).toContain(`href="https://explorer.example/tx/${HASH}" target="_blank" rel="noreferrer noopener"`);
    expect(html).toContain('<time dateTime="2023-11-14T22:13:20.000Z"');
  });

  it('makes no link of what a node made up', () => {
    const id = '"><script>alert(1)</script>';
    const html = markup([{ name: 'inBlock', state: 'done', link: { chain: 'ledger', id } }]);
    expect(html).not.toContain('<a');
    expect(html).not.toContain('script');
  });
});
