import { describe, expect, it } from 'vitest';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { expectedSeconds, type Way } from './expected.ts';
import { TABS, targetOf } from './MoveMoney.tsx';
import { stepLink } from './stepLink.ts';
import { walletLooks } from './walletLooks.ts';

const HASH = `0x${'ab'.repeat(32)}`;
const l1: WebConfig['l1'] = {
  ...{ chainId: 1, name: 'Ethereum', confirmations: 2, blockSeconds: 12 },
  explorer: 'https://explorer.example',
};

describe('walletLooks', () => {
  it('shows pictures that are in the announcement itself', () => {
    const icon = 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>';
    expect(walletLooks({ name: 'Good', icon }, 'Wallet')).toEqual({ name: 'Good', icon });
  });

  it.each([
    'https://tracker.example/pixel.png',
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    `data:image/png;base64,${'A'.repeat(100_000)}`,
    undefined,
  ])('loads nothing from elsewhere and runs nothing: %.40s', (icon) => {
    expect(walletLooks({ name: 'Odd', icon }, 'Wallet')).toEqual({ name: 'Odd' });
  });

  it('shows a name as one line of plain text', () => {
    expect(walletLooks({ name: `\u202eevil${'x'.repeat(99)}` }, 'Wallet').name).toMatch(/^evilx+…$/);
    expect(walletLooks({ name: '\u200b' }, 'Wallet').name).toBe('Wallet');
  });
});

describe('stepLink', () => {
  const config = { l1, rpc: '/' };
  it('leads to the explorers', () => {
    expect(stepLink(config, { link: { chain: 'l1', id: HASH } })).toBe(`https://explorer.example/tx/${HASH}`);
    expect(stepLink(config, { link: { chain: 'batch', id: '7' } })).toBe('#/explorer/batch/7');
    expect(stepLink(config, { link: { chain: 'lane', id: HASH } })).toBe(`#/explorer/tx/${HASH}`);
  });

  it('leads nowhere where there is no explorer', () => {
    const { explorer: _, ...bare } = l1;
    expect(stepLink({ l1: bare, rpc: '/' }, { link: { chain: 'l1', id: HASH } })).toBeUndefined();
    expect(stepLink({ l1 }, { link: { chain: 'batch', id: '7' } })).toBeUndefined();
  });

  it.each(['../../evil', 'javascript:alert(1)', `${HASH}?x`, '', '0x12'])(
    'makes no link of %j, whoever says it',
    (id) => {
      for (const chain of ['l1', 'ledger', 'lane', 'batch'] as const) {
        expect(stepLink(config, { link: { chain, id } })).toBeUndefined();
      }
    },
  );
});

describe('expectedSeconds', () => {
  const config = { l1, pace: { batchSeconds: 60, proofSeconds: 120 } };
  it('a deposit waits for L1, a withdrawal for its proof, a forced exit for both', () => {
    const of = (way: Way) => expectedSeconds(way, config);
    expect(of('deposit')).toBe(12 + 36);
    expect(of('exit')).toBe(180 + 72);
    expect(of('forcedExit')).toBe(of('deposit') + of('exit'));
  });
});

describe('tabs', () => {
  it('are gone through with arrow keys, around the ends', () => {
    expect(targetOf('deposit', 'ArrowRight')).toBe('withdraw');
    expect(targetOf('gone', 'ArrowRight')).toBe('deposit');
    expect(targetOf('deposit', 'ArrowLeft')).toBe('gone');
    expect(targetOf('withdraw', 'Home')).toBe(TABS[0]);
    expect(targetOf('withdraw', 'End')).toBe('gone');
    expect(targetOf('withdraw', 'a')).toBeUndefined();
  });
});
