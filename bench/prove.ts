/**
 * From nothing to a verified proof: what each step costs, by shape.
 *
 *   npm run bench -- prove [--json] [--shapes small,dev] [--fresh | --cached] [--cache <dir>]
 *
 * Each phase runs in a process of its own. Its peak memory is the largest sum of resident memory of that process and
 * all its children (circom, provers), sampled ten times a second; without /proc it is the phase's own process only.
 * `--fresh` (default) compiles and makes keys in an empty folder; `--cached` takes them from the cache where they are
 * there, and its compile and key seconds are then those of a cache hit. The batch proven fills every op and signature slot.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureArtifacts, ensureCompiled } from '../circuits/build/artifacts.ts';
import { defaultCacheDir } from '../circuits/build/paths.ts';
import { progressReporter } from '../circuits/build/progress.ts';
import { accountIndex, batchNumber } from '../protocol/ids.ts';
import { OpenBatch } from '../protocol/openBatch.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { actor, exit, signed, TEST_DOMAIN, TEST_TIME, transfer } from '../protocol/testing/actors.ts';
import { AccountTree } from '../protocol/tree.ts';
import type { ClosedBatch, ShapeName } from '../protocol/types.ts';
import { snarkjsBackend } from '../prover/backends/snarkjs.ts';
import { proveBatch } from '../prover/proveBatch.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    shapes: { type: 'string', default: 'small,dev' },
    fresh: { type: 'boolean', default: false },
    cached: { type: 'boolean', default: false },
    cache: { type: 'string' },
    phase: { type: 'string' },
  },
});

type Phase = 'compile' | 'keys' | 'prove';
const PHASES: readonly Phase[] = ['compile', 'keys', 'prove'];

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

if (values.phase === undefined) await main();
else await runPhase(values.phase as Phase, values.shapes as ShapeName, values.cache ?? defaultCacheDir());

/** The parent: runs every phase of every shape and prints the table. */
async function main(): Promise<void> {
  const shapes = values.shapes.split(',');
  const unknown = shapes.filter((name) => !Object.hasOwn(SHAPES, name));
  if (unknown.length > 0 || (values.fresh && values.cached)) {
    say(`usage: npm run bench -- prove [--json] [--shapes ${Object.keys(SHAPES).join(',')}] [--fresh | --cached]`);
    process.exit(2);
  }
  const temporary =
    values.cached || values.cache !== undefined ? undefined : await mkdtemp(path.join(os.tmpdir(), 'engram-prove-'));
  const cache = temporary ?? values.cache ?? defaultCacheDir();
  const results: Record<string, Record<string, unknown>> = {};
  try {
    for (const shape of shapes) {
      const merged: Record<string, unknown> = {};
      const peaks: Record<string, number> = {};
      for (const phase of PHASES) {
        say(`${shape}: ${phase}`);
        const { figures, peakMemoryMB } = await inChild(phase, shape, cache);
        Object.assign(merged, figures);
        peaks[phase] = peakMemoryMB;
      }
      results[shape] = { ...merged, peakMemoryMB: Math.max(...Object.values(peaks)), peakMemoryMBByPhase: peaks };
    }
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
  for (const [shape, figures] of Object.entries(results)) {
    say(`\n${shape}`);
    for (const [key, value] of Object.entries(figures))
      say(`  ${key.padEnd(22)} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  }
  if (values.json) console.log(JSON.stringify(results));
}

async function inChild(
  phase: Phase,
  shape: string,
  cache: string,
): Promise<{ figures: Record<string, unknown>; peakMemoryMB: number }> {
  const args = [
    '--import',
    'tsx',
    fileURLToPath(import.meta.url),
    '--phase',
    phase,
    '--shapes',
    shape,
    '--cache',
    cache,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  let peak = 0;
  const sampling = setInterval(() => {
    if (child.pid !== undefined) peak = Math.max(peak, treeMemoryMB(child.pid));
  }, 100);
  try {
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    if (code !== 0) throw new Error(`phase ${phase} of ${shape} ended with exit code ${code}`);
  } finally {
    clearInterval(sampling);
  }
  const { ownPeakMB, ...figures } = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Record<string, unknown> & {
    ownPeakMB: number;
  };
  return { figures, peakMemoryMB: Math.round(Math.max(peak, ownPeakMB)) };
}

/** Resident memory of a process and everything below it; 0 where there is no /proc. */
function treeMemoryMB(root: number): number {
  const parents = new Map<number, { parent: number; mb: number }>();
  try {
    for (const entry of readdirSync('/proc')) {
      const pid = Number(entry);
      if (!Number.isInteger(pid)) continue;
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
        parents.set(pid, { parent: field('PPid'), mb: field('VmRSS') / 1024 });
      } catch {
        // Ended between the listing and the reading.
      }
    }
  } catch {
    return 0;
  }
  const isBelow = (pid: number): boolean => {
    for (let at = pid; at > 1; at = parents.get(at)?.parent ?? 0) if (at === root) return true;
    return false;
  };
  return [...parents].reduce((sum, [pid, { mb }]) => sum + (isBelow(pid) ? mb : 0), 0);
}

/** The child: one phase of one shape; prints one JSON object. */
async function runPhase(phase: Phase, shape: ShapeName, cacheDir: string): Promise<void> {
  const circuit = `batch-${shape}` as const;
  const progress = progressReporter();
  const onProgress = (p: Parameters<typeof progress.update>[1]) => progress.update(circuit, p);
  const start = performance.now();
  const seconds = () => round((performance.now() - start) / 1000);
  let figures: Record<string, unknown> = {};
  if (phase === 'compile') {
    const { constraints } = await ensureCompiled(circuit, { cacheDir, onProgress });
    figures = { constraints, compileSeconds: seconds() };
  } else if (phase === 'keys') {
    await ensureArtifacts(circuit, { cacheDir, onProgress });
    figures = { keysSeconds: seconds() };
  } else {
    const artifacts = await ensureArtifacts(circuit, { cacheDir });
    const closed = fullBatch(shape);
    const result = await proveBatch(closed, artifacts, { backend: snarkjsBackend({ isLowPriority: false }) });
    figures = {
      witnessSeconds: round(result.seconds.witness),
      proveSeconds: round(result.seconds.prove),
      verifySeconds: round(result.seconds.verify),
      ops: closed.batch.txs.reduce((sum, tx) => sum + tx.ops.length, 0),
      signatures: closed.batch.txs.length,
    };
  }
  progress.stop();
  console.log(JSON.stringify({ ...figures, ownPeakMB: process.resourceUsage().maxRSS / 1024 }));
}

function round(x: number): number {
  return Math.round(x * 100) / 100;
}

/** A batch whose op and signature slots are all in use: bundles of transfers, one exit a transaction while slots last. */
function fullBatch(name: ShapeName): ClosedBatch {
  const shape = SHAPES[name];
  const tree = new AccountTree();
  const people = Math.max(2, Math.min(shape.S, shape.A)); // a shape may have more signatures than accounts
  const open = (slots: typeof shape, number: number) =>
    new OpenBatch(
      { number: batchNumber(number), shape: slots, domain: TEST_DOMAIN, timestamp: TEST_TIME, firstBlock: 1n },
      { tree },
    );
  for (let first = 1; first <= people; first += SHAPES.large.L) {
    const funding = open(SHAPES.large, first);
    for (let i = first; i < Math.min(first + SHAPES.large.L, people + 1); i++) {
      const { key, address } = actor(i);
      funding.applyL1({ opcode: 1, token: 0, amount: 10n ** 18n, key, address }, accountIndex(i));
    }
    funding.close({ lastBlock: 1n, evmCommitment: 0n });
  }
  const batch = open(shape, 1000);
  let opsLeft = shape.N;
  let exitsLeft = shape.E;
  for (let i = 1; i <= shape.S; i++) {
    const share = Math.ceil(opsLeft / (shape.S - i + 1));
    opsLeft -= share;
    const hasExit = exitsLeft > 0 && share > 0;
    if (hasExit) exitsLeft--;
    const signer = ((i - 1) % people) + 1;
    const nonce = Math.floor((i - 1) / people);
    const to = (signer % people) + 1;
    const transfers = Array.from({ length: share - (hasExit ? 1 : 0) }, () => transfer(signer, to, 1000n));
    const ops = hasExit ? [...transfers, exit(signer, 0xbeefn, 5n)] : transfers;
    batch.applyTx(signed(actor(signer), { signer, nonce, ops }));
  }
  return batch.close({ lastBlock: 2n, evmCommitment: 0n });
}
