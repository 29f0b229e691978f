/**
 * Throughput of the ledger's rules: `npx tsx bench/ledger.ts [--json] [--accounts 20000] [--batches 8]`.
 * What runs in one thread is measured in the process's CPU time (its compiler and garbage collector included), so that other load on
 * the machine does not count; what runs on several threads is measured by the clock. Always the best of three rounds.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { applyBatch, executeBatch } from '../protocol/applyBatch.ts';
import { poseidon } from '../protocol/crypto/poseidon.ts';
import { accountIndex } from '../protocol/ids.ts';
import type { AccountTree } from '../protocol/tree.ts';
import type { Batch } from '../protocol/types.ts';
import { VerifyPool } from '../sequencer/verifyPool.ts';
import { fundedTree, makeBatches } from './workloads/ledger.ts';

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    accounts: { type: 'string', default: '20000' },
    batches: { type: 'string', default: '8' },
  },
});
const accounts = Number(args.accounts);
const batchCount = Number(args.batches);
const SEED = 1;

const ROUNDS = 3;

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function clockSeconds(): number {
  return performance.now() / 1000;
}

function progress(message: string): void {
  process.stderr.write(`${message}\n`);
}

function hashRate(arity: number): number {
  const inputs = Array.from({ length: arity }, (_, i) => (1n << 253n) - BigInt(i));
  poseidon(inputs);
  const start = cpuSeconds();
  let hashes = 0;
  for (; cpuSeconds() - start < 0.5; hashes += 20) for (let i = 0; i < 20; i += 1) poseidon(inputs);
  return Math.round(hashes / (cpuSeconds() - start));
}

function count(batches: readonly Batch[], what: 'txs' | 'ops'): number {
  return batches.reduce((sum, { txs }) => sum + (what === 'txs' ? txs.length : txs.flatMap((tx) => tx.ops).length), 0);
}

/** CPU seconds that applyBatch takes for all batches; the tree is left as it was. */
function timeApply(
  tree: AccountTree,
  batches: readonly Batch[],
  options: { slots: boolean; signaturesChecked: boolean },
): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = tree.checkpoint();
    const from = cpuSeconds();
    for (const batch of batches) applyBatch(tree, batch, options);
    const seconds = cpuSeconds() - from;
    tree.revert(start);
    return seconds;
  });
  return Math.min(...rounds);
}

function refuseBad(verdicts: readonly boolean[]): void {
  if (verdicts.includes(false)) throw new RangeError('the workload has a bad signature');
}

/** As a validator with threads does it: the next batch executes while the signatures of the last are being checked. */
async function timeThreads(tree: AccountTree, batches: readonly Batch[], pool: VerifyPool): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  // One round more: the first starts the threads and warms them up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const start = tree.checkpoint();
    const from = clockSeconds();
    let verdicts: Promise<boolean[]> = Promise.resolve([]);
    for (const batch of batches) {
      const executed = executeBatch(tree, batch, { slots: false });
      const next = pool.verifyMany(executed.signatures);
      executed.finish();
      refuseBad(await verdicts);
      verdicts = next;
    }
    refuseBad(await verdicts);
    if (round > 0) best = Math.min(best, clockSeconds() - from);
    tree.revert(start);
  }
  return best;
}

/** Single updates a second, each with a new root: the worst case of the tree. */
function treeRate(tree: AccountTree, updates: number): number {
  const account = tree.get(accountIndex(1));
  if (account === undefined) throw new RangeError('empty tree');
  const id = tree.checkpoint();
  const from = cpuSeconds();
  for (let i = 0; i < updates; i += 1) {
    tree.set(accountIndex(1 + ((i * 7919) % tree.size)), { ...account, balance: BigInt(i) });
    if (tree.root === 0n) throw new RangeError('a root is never 0');
  }
  const rate = Math.round(updates / (cpuSeconds() - from));
  tree.revert(id);
  return rate;
}

async function main(): Promise<void> {
  progress(`preparing ${accounts} accounts and ${2 * batchCount} batches`);
  const tree = fundedTree(accounts);
  const buildStart = cpuSeconds();
  const root = tree.root;
  const buildSeconds = cpuSeconds() - buildStart;
  const small = fundedTree(500);
  const singles = makeBatches(tree, { count: batchCount, bundle: 1, seed: SEED });
  const bundles = makeBatches(tree, { count: batchCount, bundle: 16, seed: SEED + 1 });
  progress('one thread');
  const plain = { slots: false, signaturesChecked: false };
  const oneCore = timeApply(tree, singles, plain);
  const bundled = timeApply(tree, bundles, plain);
  const withSlots = timeApply(tree, singles, { ...plain, slots: true });
  const bundledWithSlots = timeApply(tree, bundles, { ...plain, slots: true });
  const unsigned = timeApply(tree, singles, { slots: false, signaturesChecked: true });
  const unsignedBundles = timeApply(tree, bundles, { slots: false, signaturesChecked: true });
  progress('threads');
  const threads = availableParallelism();
  const pool = new VerifyPool({ threads });
  const threaded = await timeThreads(tree, singles, pool);
  const threadedBundles = await timeThreads(tree, bundles, pool);
  await pool.stop();
  if (tree.root !== root) throw new RangeError('the tree was not restored');

  const txs = count(singles, 'txs');
  const ops = count(bundles, 'ops');
  const hashes = Object.fromEntries([2, 4, 5, 8, 16].map((arity) => [`poseidon${arity}`, hashRate(arity)]));
  const result = {
    signedTxPerSecondOneCore: Math.round(txs / oneCore),
    signedTxPerSecond: Math.round(txs / threaded),
    bundledOpsPerSecond: Math.round(ops / bundled),
    hashesPerSecond: hashes.poseidon2,
    peakMemoryMB: 0,
    detail: {
      threads,
      accounts,
      batches: batchCount,
      shape: 'large',
      bundledOpsPerSecondThreads: Math.round(ops / threadedBundles),
      withSlots: {
        signedTxPerSecondOneCore: Math.round(txs / withSlots),
        bundledOpsPerSecond: Math.round(ops / bundledWithSlots),
      },
      withoutSignatures: {
        txPerSecond: Math.round(txs / unsigned),
        bundledOpsPerSecond: Math.round(ops / unsignedBundles),
      },
      hashesPerSecond: hashes,
      treeBuildSeconds: Number(buildSeconds.toFixed(2)),
      treeUpdatesPerSecond: {
        accounts500: treeRate(small, 500),
        [`accounts${accounts}`]: treeRate(tree, 500),
      },
    },
  };
  result.peakMemoryMB = Math.round(process.resourceUsage().maxRSS / 1024);
  if (args.json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const { detail, ...main } = result;
  console.table(main);
  console.dir(detail, { depth: null });
}

await main();
