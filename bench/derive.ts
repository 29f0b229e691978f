/**
 * Rebuilding both lanes from L1 alone: `npm run bench -- derive [--json] [--blocks 300] [--evm 30] [--ledger 2] [--erc20 0.5]`.
 *
 * A node makes a chain on a real L1 (anvil; batches are proven by a mock, which is not what is measured): in every block `evm` transactions
 * of the EVM lane, of which a share are calls of an ERC-20, and `ledger` signed transfers of the ledger lane. Then the node is stopped and a
 * process of its own derives everything, reading L1 over RPC included. Rates are by the CPU time of that process (all its threads, the
 * decoding of L1's answers included, waiting for L1 and the disk not), so that other load on the machine does not count; `seconds` is the
 * clock's. `emptyBlocksPerSecond`: a batch of blocks that hold nothing, the cheapest way to give others work.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EvmLaneReader } from '../bridge/client/evmLaneReader.ts';
import { Reader } from '../bridge/client/rollupReader.ts';
import { openLevel } from '../chain/db.ts';
import type { DerivedBatch } from '../chain/derive/types.ts';
import { deriveFromL1 } from '../node/cli/deriveFromL1.ts';
import { l1PublicClient } from '../node/l1/clients.ts';
import { emptyBlocks } from './derive/emptyBlocks.ts';
import { type DeriveChain, makeChain } from './derive/makeChain.ts';

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    blocks: { type: 'string', default: '300' },
    evm: { type: 'string', default: '30' },
    ledger: { type: 'string', default: '2' },
    erc20: { type: 'string', default: '0.5' },
    empty: { type: 'string', default: '5000' },
    /** For the process that derives: where. */
    measure: { type: 'string' },
  },
});

interface Measured {
  readonly blocks: number;
  readonly batches: number;
  readonly evmTransactions: number;
  readonly ledgerTransactions: number;
  readonly postedBytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly blockHash: string;
  readonly isDerived: boolean;
  readonly emptyBlocksPerSecond: number;
  readonly peakMemoryMB: number;
}

function progress(message: string): void {
  process.stderr.write(`${message}\n`);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}

/** In a process of its own, so that its memory is its own. */
async function measure({ l1Url, rollup, evmLane, deployedAt }: DeriveChain): Promise<Measured> {
  const publicClient = l1PublicClient({ rpcUrl: l1Url, pollMs: 500 });
  const at = BigInt(deployedAt);
  const reader = await Reader.connect({ address: rollup, deployedAt: at }, publicClient);
  const lane = await EvmLaneReader.connect({ address: evmLane, deployedAt: at }, publicClient);
  const path = await mkdtemp(join(tmpdir(), 'engram-bench-derive-'));
  const db = await openLevel(path);
  const [from, cpu] = [performance.now(), cpuSeconds()];
  let postedBytes = 0;
  const onBatch = ({ evm }: DerivedBatch): void => {
    postedBytes += evm.data.length;
  };
  const deps = { rollup: reader, lane, db, onBatch };
  const { deriver, totals } = await deriveFromL1({ genesis: 'devnet', deployedAt: at }, deps);
  const seconds = (performance.now() - from) / 1000;
  const used = cpuSeconds() - cpu;
  const peakMemoryMB = round(process.resourceUsage().maxRSS / 1024);
  const { head } = deriver;
  await db.close();
  await rm(path, { recursive: true });
  return {
    blocks: Number(head.header.number),
    batches: totals.batches,
    evmTransactions: totals.evmTxs,
    ledgerTransactions: totals.ledgerTxs,
    postedBytes,
    seconds,
    cpuSeconds: used,
    blockHash: head.blockHash,
    isDerived: totals.batches > 0 && totals.differing.length + totals.replaced.length === 0,
    emptyBlocksPerSecond: await emptyBlocks(Number(args.empty)),
    peakMemoryMB,
  };
}

function measureElsewhere(chain: DeriveChain): Promise<Measured> {
  const self = fileURLToPath(import.meta.url);
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', self, '--empty', args.empty, '--measure', JSON.stringify(chain)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let out = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => {
      if (code === 0)
        resolve(JSON.parse(out) as Measured); // printed by measure()
      else reject(new RangeError(`the deriving process ended with ${code}`));
    });
  });
}

async function main(): Promise<void> {
  const { chain, blockHash, stop } = await makeChain(
    {
      blocks: Number(args.blocks),
      evmPerBlock: Number(args.evm),
      ledgerPerBlock: Number(args.ledger),
      erc20Share: Number(args.erc20),
    },
    { progress },
  );
  try {
    progress('deriving');
    const { peakMemoryMB, seconds, ...found } = await measureElsewhere(chain);
    if (!found.isDerived || found.blockHash !== blockHash) {
      throw new RangeError(`derived ${found.blockHash}, the node has ${blockHash}`);
    }
    const transactions = found.evmTransactions + found.ledgerTransactions;
    const result = {
      blocksPerSecond: round(found.blocks / found.cpuSeconds),
      transactionsPerSecond: round(transactions / found.cpuSeconds),
      peakMemoryMB,
      detail: {
        ...found,
        seconds: round(seconds, 2),
        cpuSeconds: round(found.cpuSeconds, 2),
        bytesPerEvmTransaction: round(found.postedBytes / found.evmTransactions, 1),
      },
    };
    if (args.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else {
      const { detail, ...main } = result;
      console.table(main);
      console.dir(detail, { depth: null });
    }
  } finally {
    await stop();
  }
}

if (args.measure === undefined) await main();
else process.stdout.write(JSON.stringify(await measure(JSON.parse(args.measure) as DeriveChain))); // given by main()
