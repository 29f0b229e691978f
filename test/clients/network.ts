/** The network under test: a devnet of ours, or a plain anvil to compare with (`ENGRAM_CLIENTS_TARGET=anvil`). */
import { createTestClient, http, keccak256, parseEther, stringToBytes } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import type { Hex } from '../../bridge/client/types.ts';
import { type LocalL1, localClients, startLocalL1 } from '../../bridge/deploy/localL1.ts';
import { startSuiteDevnet } from './suiteDevnet.ts';

export interface Network {
  readonly target: 'devnet' | 'anvil';
  readonly url: string;
  readonly wsUrl: string;
  readonly chainId: number;
  /** Ends with the test. */
  readonly signal: AbortSignal;
  /** Later blocks are at least so much later. */
  passTime(seconds: number): Promise<void>;
  /** Money on the lane; returns when it is there. */
  fund(addresses: readonly Hex[], wei: bigint): Promise<void>;
  stop(): Promise<void>;
}

export const RICH = parseEther('100');

/** Somebody of the suite, the same in every run. */
export function person(name: string): { readonly key: Hex; readonly account: PrivateKeyAccount } {
  const key = keccak256(stringToBytes(`engram client suite: ${name}`));
  return { key, account: privateKeyToAccount(key) };
}

export async function startNetwork(target = process.env.ENGRAM_CLIENTS_TARGET ?? 'devnet'): Promise<Network> {
  return target === 'anvil' ? startAnvil() : startSuiteDevnet();
}

async function startAnvil(): Promise<Network> {
  const chainId = 7171;
  const l1: LocalL1 = await startLocalL1({ chainId });
  const { testClient } = localClients(l1);
  // A block a second, as a rollup makes them: transactions wait a moment in the pool.
  await testClient.setAutomine(false);
  await testClient.setIntervalMining({ interval: 1 });
  const abort = new AbortController();
  return {
    target: 'anvil',
    url: l1.url,
    wsUrl: l1.wsUrl,
    chainId,
    signal: abort.signal,
    passTime: async (seconds) => {
      await testClient.increaseTime({ seconds });
      await testClient.mine({ blocks: 1 });
    },
    fund: async (addresses, value) => {
      const client = createTestClient({ mode: 'anvil', chain: l1.chain, transport: http(l1.url) });
      for (const address of addresses) await client.setBalance({ address, value });
    },
    stop: async () => {
      abort.abort();
      await l1.stop();
    },
  };
}
