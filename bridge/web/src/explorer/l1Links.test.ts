import { describe, expect, it } from 'vitest';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { l1TransactionLink } from './l1Links.ts';

const HASH = `0x${'ab'.repeat(32)}`;

function config(explorer?: string): WebConfig {
  return {
    version: 1,
    name: 'Test',
    l1: { chainId: 1, name: 'L1', ...(explorer !== undefined && { explorer }), confirmations: 1, blockSeconds: 12 },
    l2: { chainId: 7171 },
    rollup: `0x${'aa'.repeat(20)}`,
    deployedAt: 0,
    pace: { batchSeconds: 60, proofSeconds: 60 },
  };
}

describe('links to L1', () => {
  it('lead to the configured explorer', () => {
    expect(l1TransactionLink(config('https://l1.example'), HASH)).toBe(`https://l1.example/tx/${HASH}`);
  });
  it('are none without one', () => expect(l1TransactionLink(config(), HASH)).toBeUndefined());
  it.each(['javascript:alert(1)//', 'data:text/html,', 'https://u:p@l1.example'])('are none to %s', (explorer) =>
    expect(l1TransactionLink(config(explorer), HASH)).toBeUndefined(),
  );
  it.each(['0x12', '../../x', `${HASH}?x`, ''])('are none for %j, which a node may call a hash', (hash) =>
    expect(l1TransactionLink(config('https://l1.example'), hash)).toBeUndefined(),
  );
});
