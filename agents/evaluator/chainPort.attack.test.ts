/** A node that wants reveals early: whoever builds blocks can still put commitments before what it reads. */
import { describe, expect, test } from 'vitest';
import { wordHex } from '../../protocol/bytes.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { domainOf, engramChain } from '../../sdk/chain.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import { nodePort } from './chainPort.ts';

const ROLLUP = '0x00000000000000000000000000000000000000aa';
const REVEALS = 1_000;

/** Says that a batch of the reveals is on L1 while its own open batch began before them. */
function lyingNode(): LedgerClient {
  const chain = engramChain({ id: 7, rpcUrl: 'http://node', l1: { id: 1 }, rollup: ROLLUP });
  const answers: Readonly<Record<string, (params: readonly unknown[]) => unknown>> = {
    engram_getBatch: ([which]) => (which === 'committed' ? { timestamp: REVEALS + 5 } : null),
    engram_getBlock: () => ({ number: '9', batch: 1, timestamp: REVEALS - 1 }),
    engram_chainInfo: () => ({
      ...{ domain: wordHex(domainOf(chain)), l1ChainId: '1', rollup: ROLLUP, time: REVEALS + 9 },
    }),
  };
  const request = async ({ method, params }: { method: string; params: readonly unknown[] }) =>
    answers[method]?.(params);
  return { chain, request } as unknown as LedgerClient; // what the port uses of it
}

describe('a node that says too early what L1 has', () => {
  const account = ledgerAccount({ seed: actor(5).seed });

  test('is believed by who asks nobody else', async () => {
    expect((await nodePort(lyingNode(), account).batchTimes()).committed).toBe(REVEALS + 5);
  });

  test('is not by who asks L1, too', async () => {
    const port = nodePort(lyingNode(), account, { committedTime: async () => REVEALS - 60 });
    expect(await port.batchTimes()).toEqual({ next: REVEALS - 1, newest: REVEALS - 1, committed: REVEALS - 60 });
  });
});
