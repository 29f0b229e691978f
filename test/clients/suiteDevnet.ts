import { EvmLaneClient } from '../../bridge/client/evmLaneClient.ts';
import type { Hex } from '../../bridge/client/types.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { devAccount } from '../../node/devnet/accounts.ts';
import { startInstantDevnet } from '../e2e/support/instantDevnet.ts';
import { until } from './check.ts';
import type { Network } from './network.ts';

/** Each depositor has 10,000 ETH on L1. */
const DEPOSITORS = ['alice', 'bob', 'carol', 'dave'] as const;

/** A whole network of ours. Money reaches the lane as everybody's does: by a deposit on L1. */
export async function startSuiteDevnet(): Promise<Network> {
  const devnet = await startInstantDevnet({
    flags: {
      '--sequencer-block-ms': 250,
      '--sequencer-batch-ms': 2_000,
      '--evm-beneficiary': devAccount('fees').l1.address,
      '--evm-batch-bytes': 1_000_000,
      '--rpc-body-limit-bytes': 2 ** 22,
    },
  });
  const abort = new AbortController();
  const ask = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(devnet.rpcUrl, { method: 'POST', headers, body });
    const { result } = (await response.json()) as { result: unknown }; // JSON-RPC
    return result;
  };
  const clients = localClients(devnet.l1);
  const { publicClient } = clients;
  let turn = 0;
  const fund = async (addresses: readonly Hex[], wei: bigint): Promise<void> => {
    const name = DEPOSITORS[turn++ % DEPOSITORS.length] ?? 'alice';
    const wallet = clients.walletClient(devAccount(name).l1);
    const options = { address: devnet.evmLane, deployedAt: devnet.deployedAt };
    const lane = await EvmLaneClient.open(options, { publicClient, wallet });
    for (const to of addresses) await lane.depositEvm({ to, amount: wei });
    for (const to of addresses) {
      await until(async () => (BigInt(String(await ask('eth_getBalance', [to, 'latest']))) >= wei ? true : undefined));
    }
  };
  return {
    target: 'devnet',
    url: devnet.rpcUrl,
    wsUrl: devnet.rpcUrl.replace('http', 'ws'),
    chainId: Number(BigInt(String(await ask('eth_chainId', [])))),
    signal: abort.signal,
    passTime: async (seconds) => {
      await ask('engram_devAdvanceTime', [seconds]);
    },
    fund,
    stop: async () => {
      abort.abort();
      await devnet.stop();
    },
  };
}
