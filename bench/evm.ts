/**
 * The EVM lane through the whole node beside anvil: `npm run bench -- evm [--json] [--profile]`. Signed transactions go in by JSON-RPC
 * (HTTP, connections that stay open, batches), the clock stops when all are in blocks and the last receipt is there. The load comes from
 * a process of its own that signs before the clock starts; both targets get the same bytes from the same client, in turns, on the same machine.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Hex } from 'viem';
import { ANVIL_FLAGS, startBenchAnvil } from './evm/anvil.ts';
import type { LoadResult } from './evm/load.ts';
import type { LoadRequest } from './evm/loadWorker.ts';
import type { NodeRequest, NodeUsage } from './evm/nodeWorker.ts';
import type { AreaShare } from './evm/profile.ts';
import { BenchRpc } from './evm/rpc.ts';
import { funder, moneyFor, prepareTarget, token } from './evm/stage.ts';
import { Worker } from './evm/worker.ts';
import type { Kind, RoundPlan } from './evm/workload.ts';

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    senders: { type: 'string', default: '128' },
    transfers: { type: 'string', default: '16000' },
    erc20: { type: 'string', default: '8000' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '8' },
    batch: { type: 'string', default: '50' },
    'block-ms': { type: 'string', default: '1000' },
    threads: { type: 'string', default: '1' },
    anvil: { type: 'string', default: ANVIL_FLAGS.join(' ') },
    only: { type: 'string', default: '' },
  },
});
const senders = Number(args.senders);
const rounds = Number(args.rounds);
const COUNT: Readonly<Record<Kind, number>> = { transfer: Number(args.transfers), erc20: Number(args.erc20) };
const load = { connections: Number(args.connections), batch: Number(args.batch) };

interface Target {
  readonly name: 'engram' | 'anvil';
  readonly url: string;
  /** So far; what else the machine does shows less in it than in the clock. */
  cpuSeconds(): Promise<number | undefined>;
}

interface Row extends LoadResult {
  readonly target: Target['name'];
  readonly kind: Kind;
  readonly round: number;
  readonly perSecond: number;
  /** CPU seconds of the target's process in this round. */
  readonly cpuSeconds?: number;
  /** Resident memory of our node after the round. */
  readonly memoryMB?: number;
}

const progress = (message: string): boolean => process.stderr.write(`${message}\n`);

async function main(): Promise<void> {
  const node = new Worker<NodeRequest>('nodeWorker.ts');
  const loader = new Worker<LoadRequest>('loadWorker.ts');
  const cleanup: (() => Promise<void>)[] = [async () => loader.stop(), async () => node.stop()];
  try {
    progress('starting the node');
    const url = await node.ask<string>({
      type: 'start',
      blockMs: Number(args['block-ms']),
      threads: Number(args.threads),
    });
    cleanup.unshift(() => node.ask({ type: 'stop' }));
    const rpc = new BenchRpc(url, 1);
    const chainId = Number(await rpc.call<Hex>('eth_chainId', []));
    const { gasLimit } = await rpc.call<{ gasLimit: Hex }>('eth_getBlockByNumber', ['latest', false]);
    await node.ask({ type: 'fund', to: funder.address, wei: String(moneyFor(senders)) });
    await until(async () => BigInt(await rpc.call<Hex>('eth_getBalance', [funder.address, 'latest'])) > 0n);
    rpc.close();

    progress(`starting anvil ${args.anvil}`);
    const anvil = await startBenchAnvil(chainId, Number(gasLimit), args.anvil.split(' '));
    cleanup.unshift(() => anvil.stop());
    const other = new BenchRpc(anvil.url, 1);
    await other.call('anvil_setBalance', [funder.address, `0x${moneyFor(senders).toString(16)}`]);
    other.close();

    const both: readonly Target[] = [
      { name: 'engram', url, cpuSeconds: async () => (await node.ask<NodeUsage>({ type: 'usage' })).cpuSeconds },
      { name: 'anvil', url: anvil.url, cpuSeconds: async () => anvil.cpuSeconds() },
    ];
    const targets = both.filter(({ name }) => args.only === '' || args.only === name);
    for (const target of targets) {
      progress(`accounts on ${target.name}`);
      await prepareTarget(target.url, { chainId, senders });
    }
    const profiles: Partial<Record<Kind, readonly AreaShare[]>> = {};
    const rows = await measure(targets, { node, loader, chainId, profiles });
    const usage = await node.ask<NodeUsage>({ type: 'usage' });
    report(rows, { usage, profiles });
  } finally {
    for (const step of cleanup) await step().catch((error: unknown) => progress(String(error)));
  }
}

interface Stage {
  readonly node: Worker<NodeRequest>;
  readonly loader: Worker<LoadRequest>;
  readonly chainId: number;
  readonly profiles: Partial<Record<Kind, readonly AreaShare[]>>;
}

/** One round more than asked for: the first warms everybody up and does not count. */
async function measure(targets: readonly Target[], { node, loader, chainId, profiles }: Stage): Promise<Row[]> {
  const rows: Row[] = [];
  let nonce = 0;
  for (let round = 0; round <= rounds; round += 1) {
    for (const kind of ['transfer', 'erc20'] as const) {
      const each = Math.ceil((round === 0 ? COUNT[kind] / 4 : COUNT[kind]) / senders);
      const plan: RoundPlan = { kind, chainId, senders, each, nonce, token, round };
      await loader.ask({ type: 'sign', plan });
      nonce += each;
      // In turns, so that neither always has the warmer machine.
      for (const target of round % 2 === 0 ? targets : [...targets].reverse()) {
        const isOurs = target.name === 'engram';
        const isProfiled = args.profile && isOurs && round === rounds;
        if (isProfiled) await node.ask({ type: 'profileStart' });
        const before = await target.cpuSeconds();
        const result = await loader.ask<LoadResult>({ type: 'send', options: { url: target.url, ...load } });
        const after = await target.cpuSeconds();
        if (isProfiled) {
          const path = join(tmpdir(), `engram-evm-${kind}.cpuprofile`);
          profiles[kind] = await node.ask({ type: 'profileStop', path });
          progress(`profile written to ${path}`);
        }
        const memoryMB = isOurs ? (await node.ask<NodeUsage>({ type: 'usage' })).memoryMB : undefined;
        const perSecond = Math.round(result.transactions / result.seconds);
        const cpuSeconds =
          before === undefined || after === undefined ? undefined : Number((after - before).toFixed(2));
        progress(`round ${round} ${kind} ${target.name}: ${perSecond}/s ${JSON.stringify(result)}`);
        if (result.failed > 0 || Object.keys(result.refused).length > 0)
          throw new RangeError('not every transaction succeeded');
        if (round > 0)
          rows.push({
            target: target.name,
            kind,
            round,
            perSecond,
            ...result,
            ...(cpuSeconds !== undefined && { cpuSeconds }),
            ...(memoryMB !== undefined && { memoryMB }),
          });
      }
    }
  }
  return rows;
}

function report(rows: readonly Row[], { usage, profiles }: { usage: NodeUsage; profiles: Stage['profiles'] }): void {
  const rate = (target: Target['name'], kind: Kind): number =>
    median(rows.filter((row) => row.target === target && row.kind === kind).map(({ perSecond }) => perSecond));
  const ratio = (kind: Kind): number => Number((rate('engram', kind) / rate('anvil', kind)).toFixed(3));
  const cpuMicroseconds = (target: Target['name'], kind: Kind): number => {
    const own = rows.filter((row) => row.target === target && row.kind === kind);
    return Math.round(median(own.map((row) => ((row.cpuSeconds ?? Number.NaN) * 1e6) / row.transactions)));
  };
  const phases = (kind: Kind) => {
    const own = rows.filter((row) => row.target === 'engram' && row.kind === kind);
    return {
      intakePerSecond: Math.round(median(own.map((row) => row.transactions / row.intakeSeconds))),
      afterIntakeSeconds: Number(median(own.map((row) => row.seconds - row.intakeSeconds)).toFixed(2)),
      cpuMicrosecondsPerTransaction: cpuMicroseconds('engram', kind),
      anvilCpuMicrosecondsPerTransaction: cpuMicroseconds('anvil', kind),
      blocks: median(own.map((row) => row.blocks)),
      largestBlock: median(own.map((row) => row.largestBlock)),
    };
  };
  const result = {
    transfersPerSecond: rate('engram', 'transfer'),
    erc20PerSecond: rate('engram', 'erc20'),
    ratioTransfers: ratio('transfer'),
    ratioErc20: ratio('erc20'),
    peakMemoryMB: usage.peakMemoryMB,
    anvil: { transfersPerSecond: rate('anvil', 'transfer'), erc20PerSecond: rate('anvil', 'erc20'), flags: args.anvil },
    phases: { transfer: phases('transfer'), erc20: phases('erc20') },
    workload: { senders, ...COUNT, rounds, ...load, blockMs: Number(args['block-ms']), threads: Number(args.threads) },
    ...(args.profile && { profiles }),
    rows,
  };
  if (args.json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const { rows: _rows, profiles: _profiles, ...shown } = result;
  console.dir(shown, { depth: null });
  console.table(rows.map(({ refused: _refused, failed: _failed, ...row }) => row));
  for (const [kind, areas] of Object.entries(profiles)) {
    console.log(`main thread, ${kind}`);
    console.table(areas.map(({ area, percent, ms }) => ({ area, percent, ms })));
    for (const { area, top } of areas.slice(0, 6)) console.log(`${area}: ${top.join(', ')}`);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 50));
}

// Ends through `exit`, where anvil is ended too; the workers end with the connection to us.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await main();
