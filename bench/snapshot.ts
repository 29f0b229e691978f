/**
 * Snapshots of a state: `npx tsx bench/snapshot.ts [--json] [--accounts 100000]`: that many accounts in the ledger, mirrored in the EVM lane, which
 * has four slots for each. Making and taking run in one process, one after the other, on LevelDB. CPU time is the process's, with LevelDB's threads.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { openLevel } from '../chain/db.ts';
import { Ledger } from '../chain/ledger.ts';
import { openChain } from '../chain/openChain.ts';
import { makeSnapshot } from '../chain/snapshot/makeSnapshot.ts';
import { SnapshotImport } from '../chain/snapshot/snapshotImport.ts';
import { SnapshotSource } from '../chain/snapshot/snapshotSource.ts';
import { genesisState, loadSpec } from '../genesis/spec.ts';
import { crowdedStore, DOMAIN } from './workloads/snapshot.ts';

const { values: args } = parseArgs({
  options: { json: { type: 'boolean', default: false }, accounts: { type: 'string', default: '100000' } },
});
const accounts = Number(args.accounts);
const SAMPLE_MS = 20;

interface Step {
  readonly step: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The longest the loop was kept from others. */
  readonly maxBlockedMs: number;
  /** Memory of the process above what it was before, at its highest. */
  readonly extraMb: number;
}

async function measured<T>(step: string, work: () => Promise<T>): Promise<{ row: Step; result: T }> {
  process.stderr.write(`${step}\n`);
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, SAMPLE_MS);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  clearInterval(sampler);
  const maxBlockedMs = Math.round(delay.max / 1e6);
  const extraMb = Math.round((peak - before) / 2 ** 20);
  return { row: { step, seconds, cpuSeconds: (user + system) / 1e6, maxBlockedMs, extraMb }, result };
}

const dir = await mkdtemp(join(tmpdir(), 'engram-bench-snapshot-'));
try {
  process.stderr.write(`filling a store with ${accounts} accounts\n`);
  const genesis = await genesisState(await loadSpec('devnet'));
  const from = await openLevel(join(dir, 'from'));
  const posted = await crowdedStore(from, genesis, accounts);
  const chain = await openChain({ domain: DOMAIN, genesis }, { db: from });

  const snapshots = join(dir, 'snapshots');
  const making = await measured('make', () =>
    makeSnapshot({ batch: 1, dir: snapshots }, { ...chain, db: from, posted }),
  );
  await from.close();

  const to = await openLevel(join(dir, 'to'));
  const source = await SnapshotSource.open(snapshots);
  if (source === undefined) throw new RangeError('the snapshot was made');
  const { manifest } = source;
  const options = { manifest, facts: posted, domain: DOMAIN, genesis };
  const taking = await measured('take: chunks', async () => {
    const taken = await SnapshotImport.begin(options, { db: to });
    for (let i = 0; i < manifest.chunks.length; i += 1)
      await taken.addChunk(i, (await source.chunk(i)) ?? new Uint8Array(0));
    return taken;
  });
  const finishing = await measured('take: finish', () => taking.result.finish());
  const opening = await measured('open', async () => {
    const copy = await openChain({ domain: DOMAIN, genesis }, { db: to });
    return Ledger.load({ shapes: ['small'] }, copy);
  });
  await to.close();

  const rows = [making, taking, finishing, opening].map(({ row }) => row);
  const { nodes, codes, bytes, chunks } = manifest;
  const size = { accounts, nodes, codes, chunks: chunks.length, megabytes: Number((bytes / 2 ** 20).toFixed(1)) };
  console.table([size]);
  console.table(
    rows.map(({ seconds, cpuSeconds, ...row }) => ({
      ...{ step: row.step, seconds: seconds.toFixed(1), 'CPU s': cpuSeconds.toFixed(1) },
      ...{ 'blocked ms': row.maxBlockedMs, 'extra MB': row.extraMb },
    })),
  );
  if (args.json) console.log(JSON.stringify({ bench: 'snapshot', ...size, steps: rows }));
} finally {
  await rm(dir, { recursive: true, force: true });
}
