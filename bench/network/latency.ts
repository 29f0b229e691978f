import type { Hex } from 'viem';
import type { NetworkNode } from '../../node/devnet/network/networkNode.ts';
import { BenchRpc } from '../evm/rpc.ts';
import type { Arrivals } from './arrivals.ts';
import type { EvmPayer, LedgerPayer, Sent } from './payers.ts';

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly samples: number;
}

/** All in milliseconds. */
export interface Latency {
  /** From the call of the RPC until every validator has executed and stored the block with the transaction in it. */
  readonly everywhere: Quantiles;
  /** From the call until the node that builds has the block: the pool, and waiting for the next block. */
  readonly untilBuilt: Quantiles;
  /** From there to each validator: the wire, checks, execution, storage. */
  readonly hop: Quantiles;
  /** From there to the last of them. */
  readonly lastHop: Quantiles;
}

/** Where transactions are handed in, who builds, and who must have them. */
export interface Stage {
  readonly at: NetworkNode;
  readonly builder: NetworkNode;
  readonly validators: readonly NetworkNode[];
  readonly arrivals: Arrivals;
}

interface Inclusion extends Sent {
  readonly block: number;
}

/** One payment after the other, at times that have nothing to do with those of blocks. */
export async function evmLatency(samples: number, payer: EvmPayer, stage: Stage): Promise<Latency> {
  const rpc = new BenchRpc(stage.at.rpcUrl, 2);
  const sent: Inclusion[] = [];
  try {
    for (let i = 0; i < samples; i += 1) {
      const payment = await payer.pay(rpc);
      const block = await asked(async () => {
        const receipt = await rpc.call<{ blockNumber: Hex } | null>('eth_getTransactionReceipt', [payment.hash]);
        return receipt === null ? undefined : Number(receipt.blockNumber);
      });
      sent.push({ ...payment, block });
      await pause(Math.random() * PAUSE_MS);
    }
  } finally {
    rpc.close();
  }
  return latencyOf(sent, stage);
}

export async function ledgerLatency(samples: number, payer: LedgerPayer, stage: Stage): Promise<Latency> {
  const sent: Inclusion[] = [];
  for (let i = 0; i < samples; i += 1) {
    const payment = await payer.pay(stage.at);
    const block = await asked(async () => {
      const status = await stage.at.rpc.request('engram_getTransactionStatus', [payment.hash]);
      return status.block === undefined ? undefined : Number(status.block);
    });
    sent.push({ ...payment, block });
    await pause(Math.random() * PAUSE_MS);
  }
  return latencyOf(sent, stage);
}

const PAUSE_MS = 250;
const LOOK_MS = 20;

async function latencyOf(sent: readonly Inclusion[], { builder, validators, arrivals }: Stage): Promise<Latency> {
  const [everywhere, untilBuilt, hops, lastHops]: number[][] = [[], [], [], []];
  for (const { atMs, block } of sent) {
    const times = await arrivals.everywhere(block);
    const built = times.get(builder.name) ?? Number.NaN;
    const arrived = validators.map(({ name }) => times.get(name) ?? Number.NaN);
    const last = Math.max(...arrived);
    everywhere?.push(last - atMs);
    untilBuilt?.push(built - atMs);
    hops?.push(...arrived.map((time) => time - built));
    lastHops?.push(last - built);
  }
  return {
    everywhere: quantiles(everywhere ?? []),
    untilBuilt: quantiles(untilBuilt ?? []),
    hop: quantiles(hops ?? []),
    lastHop: quantiles(lastHops ?? []),
  };
}

export function quantiles(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
  return { p50: at(0.5), p99: at(0.99), max: round(sorted.at(-1)), samples: sorted.length };
}

function round(value: number | undefined): number {
  return Number((value ?? Number.NaN).toFixed(1));
}

export async function asked<T>(ask: () => Promise<T | undefined>, pauseMs = LOOK_MS): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(pauseMs);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
