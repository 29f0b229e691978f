/**
 * `npm run bench -- network [--json --samples 200 --load 3000]`: four validators and a sequencer as processes on this machine, joined by TCP on the loopback
 * address. How long from the RPC until every validator has the block, what a transaction weighs on the wire, how fast an empty node catches up.
 */
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../chain/clock.ts';
import { silentLogger } from '../chain/logger.ts';
import type { DevNetwork, Flags } from '../node/devnet/network/options.ts';
import { startNetwork } from '../node/devnet/network/startNetwork.ts';
import { Network } from '../node/p2p/network.ts';
import type { Field } from '../protocol/types.ts';
import { BenchRpc } from './evm/rpc.ts';
import { Arrivals } from './network/arrivals.ts';
import { asked, evmLatency, ledgerLatency, pause, type Stage } from './network/latency.ts';
import { EvmPayer, LedgerPayer } from './network/payers.ts';
import { syncSpeed } from './network/syncing.ts';
import { blockBytes, sentBytes } from './network/wire.ts';

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    samples: { type: 'string', default: '200' },
    'ledger-samples': { type: 'string', default: '60' },
    /** EVM transfers made for the measurements of bytes and of catching up. */
    load: { type: 'string', default: '3000' },
    'block-ms': { type: 'string', default: '1000' },
  },
});

const samples = Number(args.samples);
const load = Number(args.load);
/** Transfers handed in at once; with the pause below some ten a block. */
const BURST = 10;
const BURST_PAUSE_MS = 250;

const progress = (text: string): boolean => process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  const shared: Flags = { '--evm-pool-account-txs': 20_000, '--sync-snapshot-every-batches': 1 };
  const network = await startNetwork({
    validators: 4,
    provers: 1,
    shapes: ['small', 'dev'],
    blockMs: Number(args['block-ms']),
    batchMs: 30_000,
    funded: [
      { name: 'alice', amount: 10n ** 18n },
      { name: 'bob', amount: 10n ** 18n },
    ],
    flags: { sequencer: shared, validator: shared },
    onStep: progress,
  });
  try {
    const report = await measure(network);
    if (args.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else console.dir(report, { depth: null });
  } finally {
    await network.stop();
  }
}

async function measure(network: DevNetwork): Promise<object> {
  const builder = network.node('sequencer');
  const validators = network.nodes.filter(({ role }) => role === 'validator');
  const [far] = validators;
  if (far === undefined) throw new RangeError('no validator runs');
  const info = await builder.rpc.request('engram_chainInfo', []);
  const domain = BigInt(info.domain) as Field; // the node's own
  const evm = await EvmPayer.open('alice', { to: 'bob', rpcUrl: builder.rpcUrl });
  const indexOf = (owner: string): number =>
    network.accounts.find((account) => account.owner === owner && account.token === 0)?.index ?? 0;
  const ledger = new LedgerPayer({ owner: 'alice', account: indexOf('alice'), to: indexOf('bob'), domain });
  const arrivals = await Arrivals.watch(network.nodes);
  const stage = (at: Stage['at']): Stage => ({ at, builder, validators, arrivals });

  progress('latency, from the RPC of the sequencer and from that of a validator');
  const latency = {
    evm: await evmLatency(samples, evm, stage(builder)),
    evmFromValidator: await evmLatency(samples, evm, stage(far)),
    ledger: await ledgerLatency(Number(args['ledger-samples']), ledger, stage(builder)),
  };
  await arrivals.stop();

  progress('bytes on the wire');
  const observer = await startObserver(network, domain);
  const evmWire = await wireOf(network, observer, async () => {
    const rpc = new BenchRpc(far.rpcUrl, 2);
    for (let i = 0; i < load; i += BURST) {
      await Promise.all((await signMany(evm, BURST)).map((raw) => rpc.call('eth_sendRawTransaction', [raw])));
      await pause(BURST_PAUSE_MS);
    }
    rpc.close();
  });
  const ledgerWire = await wireOf(network, observer, async () => {
    for (let i = 0; i < Number(args['ledger-samples']); i += 1) {
      await ledger.pay(far);
      await pause(BURST_PAUSE_MS);
    }
  });
  await observer.stop();

  progress('everything committed, and a batch proven');
  await asked(async () => {
    const { heads } = await builder.rpc.request('engram_chainInfo', []);
    const batch = await builder.rpc.request('engram_getBatch', [heads.committed.batch]);
    return batch !== null && batch.lastBlock === heads.unsafe.block && heads.proven.batch > 0 ? true : undefined;
  }, 500);
  const { heads } = await builder.rpc.request('engram_chainInfo', []);
  const proven = await builder.rpc.request('engram_getBatch', [heads.proven.batch]);
  const head = Number(heads.unsafe.block);
  const transactions = 2 * samples + load + 2 * Number(args['ledger-samples']);
  const whole = { head, transactions };
  progress('an empty node: from peers');
  const fromPeers = await syncSpeed(network, { name: 'peers', flags: { '--sync-mode': 'peers' } }, whole);
  progress('an empty node: from L1 alone');
  const l1Only: Flags = { '--sync-mode': 'l1', '--p2p-enabled': false };
  const fromL1 = await syncSpeed(network, { name: 'l1', bootnodes: [], flags: l1Only }, whole);
  progress('an empty node: by snapshot');
  const skipped = Number(proven?.lastBlock ?? 0);
  const bySnapshot = await syncSpeed(
    network,
    { name: 'snapshot', flags: { '--sync-mode': 'snapshot' } },
    { head, skipped },
  );
  return {
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version },
    setup: { validators: validators.length, blockMs: Number(args['block-ms']), samples, load },
    latencyMs: latency,
    wire: { evm: evmWire, ledger: ledgerWire },
    sync: { fromPeers, fromL1, bySnapshot },
  };
}

async function signMany(payer: EvmPayer, count: number): Promise<`0x${string}`[]> {
  const raw: `0x${string}`[] = [];
  for (let i = 0; i < count; i += 1) raw.push(await payer.sign());
  return raw;
}

/** What everybody sent while `work` was done and until its transactions are in blocks, and how large these blocks are. */
async function wireOf(network: DevNetwork, observer: Network, work: () => Promise<void>): Promise<object> {
  const builder = network.node('sequencer');
  const headOf = async (): Promise<number> =>
    Number((await builder.rpc.request('engram_chainInfo', [])).heads.unsafe.block);
  const before = await sentBytes(network.nodes);
  const from = (await headOf()) + 1;
  await work();
  await pause(SETTLE_MS);
  const to = await headOf();
  const after = await sentBytes(network.nodes);
  const { raw, packed, evmTxs, ledgerTxs } = await blockBytes({ from, to }, { observer, node: builder });
  const transactions = evmTxs + ledgerTxs;
  const perHearer = transactions * (network.nodes.length - 1);
  const gossiped = ['block', 'ledger-tx', 'evm-tx', 'attestation'].map((topic) => [
    topic,
    round(((after.get(topic) ?? 0) - (before.get(topic) ?? 0)) / perHearer),
  ]);
  return {
    transactions,
    blocks: to - from + 1,
    blockRawBytesPerTx: round(raw / transactions),
    blockPackedBytesPerTx: round(packed / transactions),
    publishedBytesPerTxAndHearer: Object.fromEntries(gossiped),
  };
}

/** Blocks of what was sent last are made and heard. */
const SETTLE_MS = 5_000;

function startObserver({ dataDir }: DevNetwork, domain: Field): Promise<Network> {
  async function* nothing(): AsyncIterable<Uint8Array> {}
  return Network.start(
    {
      id: domain.toString(16).padStart(64, '0').slice(0, 16),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      ...{ announce: [], bootnodes: [], mdns: false, peerExchange: false, maxPeers: 8 },
      identityFile: join(dataDir.startsWith(tmpdir()) ? dataDir : tmpdir(), 'observer.key'),
    },
    {
      log: silentLogger,
      clock: systemClock,
      handlers: {
        onGossip: async () => ({ outcome: 'ignore', reason: 'OBSERVER' }),
        status: () => Uint8Array.of(0xc0),
        blocks: nothing,
        batch: nothing,
        snapshotManifest: async () => undefined,
        snapshotChunk: async () => undefined,
      },
    },
  );
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await main();
