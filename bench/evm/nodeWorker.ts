/** The node under test in a process of its own: a devnet whose batches need no proof, so that a prover does not take the cores. */
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { EvmLaneClient } from '../../bridge/client/evmLaneClient.ts';
import type { Hex } from '../../bridge/client/types.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { devAccount } from '../../node/devnet/accounts.ts';
import { type InstantDevnet, startInstantDevnet } from '../../test/e2e/support/instantDevnet.ts';
import { type AreaShare, areaShares } from './profile.ts';

export type NodeRequest =
  | { readonly id: number; readonly type: 'start'; readonly blockMs: number; readonly threads: number }
  | { readonly id: number; readonly type: 'fund'; readonly to: Hex; readonly wei: string }
  | { readonly id: number; readonly type: 'profileStart' }
  | { readonly id: number; readonly type: 'profileStop'; readonly path: string }
  | { readonly id: number; readonly type: 'usage' }
  | { readonly id: number; readonly type: 'stop' };

export interface NodeUsage {
  readonly peakMemoryMB: number;
  /** Resident now. */
  readonly memoryMB: number;
  readonly cpuSeconds: number;
}

const POOL = 400_000;
let devnet: InstantDevnet | undefined;
let session: Session | undefined;

process.on('message', (message) => {
  const request = message as NodeRequest; // from our parent alone
  answer(request).then(
    (result) => process.send?.({ id: request.id, result }),
    (error) => process.send?.({ id: request.id, error: error instanceof Error ? error.stack : String(error) }),
  );
});
/** Its parent is gone, or the terminal ends all of us: L1 is a process of its own and must not be left behind. */
const end = (): void => {
  Promise.resolve(devnet?.stop()).finally(() => process.exit(0));
};
process.once('disconnect', end);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);

async function answer(request: NodeRequest): Promise<unknown> {
  switch (request.type) {
    case 'start':
      devnet = await startInstantDevnet({
        flags: {
          '--sequencer-block-ms': request.blockMs,
          '--sequencer-batch-ms': 10_000,
          '--evm-beneficiary': devAccount('fees').l1.address,
          '--evm-batch-bytes': 1_000_000,
          '--evm-pool-txs': POOL,
          '--evm-pool-account-txs': 20_000,
          '--evm-recover-threads': request.threads,
          '--rpc-requests-per-minute': 10_000_000,
        },
      });
      return devnet.rpcUrl;
    case 'fund':
      return deposit(request.to, BigInt(request.wei));
    case 'profileStart':
      session = new Session();
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: 500 });
      await session.post('Profiler.start');
      return undefined;
    case 'profileStop':
      return stopProfile(request.path);
    case 'usage':
      return usage();
    case 'stop':
      await devnet?.stop();
      devnet = undefined;
      return undefined;
  }
}

function live(): InstantDevnet {
  if (devnet === undefined) throw new RangeError('the node was not started');
  return devnet;
}

async function deposit(to: Hex, amount: bigint): Promise<void> {
  const { l1, evmLane, deployedAt } = live();
  const clients = localClients(l1);
  const { publicClient } = clients;
  const wallet = clients.walletClient(devAccount('alice').l1);
  const lane = await EvmLaneClient.open({ address: evmLane, deployedAt }, { publicClient, wallet });
  await lane.depositEvm({ to, amount });
}

async function stopProfile(path: string): Promise<readonly AreaShare[]> {
  if (session === undefined) throw new RangeError('no profile runs');
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  session = undefined;
  await writeFile(path, JSON.stringify(profile));
  return areaShares(profile);
}

async function usage(): Promise<NodeUsage> {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  return {
    peakMemoryMB: Math.round(maxRSS / 1024),
    memoryMB: Math.round(process.memoryUsage.rss() / 2 ** 20),
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
  };
}
