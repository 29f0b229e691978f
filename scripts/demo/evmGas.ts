import type { Hex, PublicClient } from 'viem';
import { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import type { Lane } from './evmLane.ts';

/** L1 gas of the lane's transactions, the least of each kind: first ones open slots that later ones find open. */
export interface LaneGas {
  readonly depositEth: number;
  readonly depositToken: number;
  /** With the signatures of all attestors of a devnet. */
  readonly attest: number;
  readonly claimEth: number;
  readonly claimToken: number;
  readonly claimToLedger: number;
}

/** From the contract's events and their transactions' receipts. */
export async function laneGas({ world }: Lane): Promise<LaneGas> {
  const { l1, evmLane, deployedAt } = world.devnet;
  const publicClient = localClients(l1).publicClient as PublicClient;
  const reader = await EvmLaneReader.connect({ address: evmLane, deployedAt }, publicClient);
  const events = await reader.readEvents(deployedAt, await publicClient.getBlockNumber());
  const least: Partial<Record<keyof LaneGas, number>> = {};
  for (const event of events) {
    const kind = kindOf(event);
    if (kind === undefined) continue;
    const gas = await gasOf(publicClient, event.l1.transactionHash);
    least[kind] = Math.min(least[kind] ?? gas, gas);
  }
  const { depositEth = 0, depositToken = 0, attest = 0, claimEth = 0, claimToken = 0, claimToLedger = 0 } = least;
  return { depositEth, depositToken, attest, claimEth, claimToken, claimToLedger };
}

type Event = Awaited<ReturnType<EvmLaneReader['readEvents']>>[number];

function kindOf(event: Event): keyof LaneGas | undefined {
  if (event.type === 'attested') return 'attest';
  if (event.type === 'claimed') {
    if (event.account !== 0) return 'claimToLedger';
    return event.token === 0 ? 'claimEth' : 'claimToken';
  }
  if (event.type !== 'message' || event.message.kind !== 'deposit') return undefined;
  return event.message.token === 0 ? 'depositEth' : 'depositToken';
}

async function gasOf(publicClient: PublicClient, hash: Hex): Promise<number> {
  return Number((await publicClient.getTransactionReceipt({ hash })).gasUsed);
}
