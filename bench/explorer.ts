/**
 * What the explorer's index costs: `npm run bench -- explorer [--json] [--blocks 400]`. A chain of random traffic of both lanes is made
 * first, in LevelDB as a node has it; then an index follows it from nothing, as after its folder was deleted. CPU time of this process,
 * so that other load on the machine does not count; questions are wall time, the median of 50.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openLevel } from '../chain/db.ts';
import { testGenesis } from '../chain/derive/testing/testSequencer.ts';
import { RandomHistory } from '../chain/testing/history.ts';
import { World } from '../node/explorer/testing/world.ts';
import { accountIndex } from '../protocol/ids.ts';
import { SeededRandom } from '../protocol/testing/random.ts';

const { values: args } = parseArgs({
  options: { json: { type: 'boolean', default: false }, blocks: { type: 'string', default: '400' } },
});
const BLOCKS = Number(args.blocks);
const QUESTIONS = 50;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
};

const heldMb = (): number => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
};

async function folderBytes(folder: string): Promise<number> {
  const files = await readdir(folder);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function medianMs(question: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < QUESTIONS; i += 1) {
    const started = performance.now();
    await question();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[QUESTIONS >> 1] ?? 0;
}

const dir = await mkdtemp(join(tmpdir(), 'engram-bench-explorer-'));
try {
  const [db, indexDb] = [await openLevel(join(dir, 'db')), await openLevel(join(dir, 'explorer'))];
  const world = await World.open({ genesis: await testGenesis(), db, indexDb });
  const history = new RandomHistory(new SeededRandom(1));
  for (let i = 1; i <= BLOCKS; i += 1) {
    await history.block(world.chain);
    if (i % 100 === 0) process.stderr.write(`made ${i} of ${BLOCKS} blocks\n`);
  }
  const count = Number(world.chain.store.head.block);
  const before = heldMb();
  const [startedMs, startedCpu] = [performance.now(), cpuMs()];
  await world.follower.catchUp();
  const [wallMs, usedMs] = [performance.now() - startedMs, cpuMs() - startedCpu];
  const grown = heldMb() - before;
  const { queries } = world;
  const result = {
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    blocks: count,
    blocksPerSecond: Math.round((count / wallMs) * 1e3),
    cpuMsPerBlock: Number((usedMs / count).toFixed(2)),
    heapGrowthMb: Number(grown.toFixed(1)),
    bytesPerBlock: Math.round((await folderBytes(join(dir, 'explorer'))) / count),
    pageMs: {
      blocks25: Number((await medianMs(() => queries.blocks({ before: undefined, limit: 25 }))).toFixed(2)),
      history25: Number(
        (await medianMs(() => queries.history(accountIndex(1), { before: undefined, limit: 25 }))).toFixed(2),
      ),
      batches25: Number((await medianMs(() => queries.batches({ before: undefined, limit: 25 }))).toFixed(2)),
      stats48: Number((await medianMs(() => queries.stats({ interval: 60, count: 48 }))).toFixed(2)),
    },
  };
  await Promise.all([db.close(), indexDb.close()]);
  if (args.json) console.log(JSON.stringify(result));
  else {
    const { pageMs, ...rest } = result;
    console.table(rest);
    console.table(pageMs);
  }
} finally {
  await rm(dir, { recursive: true, force: true });
}
