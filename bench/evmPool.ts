import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { TypedTransaction } from '@ethereumjs/tx';
import { systemClock } from '../chain/clock.ts';
import { EngramCommon } from '../chain/evm/common.ts';
import { decodeEvmTx } from '../chain/evm/decodeTx.ts';
import type { EvmTx } from '../chain/evm/types.ts';
import type { Hex } from '../protocol/lane/types.ts';
import { EvmPool } from '../sequencer/evm/evmPool.ts';
import { RecoverPool } from '../sequencer/evm/recoverPool.ts';
import { evmTransfers, senders } from './workloads/evmPool.ts';

/**
 * The pool of the EVM lane by itself: `npx tsx bench/evmPool.ts [--json] [--count 20000]`. What counts is the time of the main thread, which
 * executes blocks as well: it is read from the kernel's accounting of this thread, so that other load on the machine does not count.
 */

const CHAIN_ID = 7001n;
const PER_SENDER = 10;
const BASE_FEE = 1_000_000_000n;
const common = new EngramCommon(CHAIN_ID);
const { values } = parseArgs({ options: { json: { type: 'boolean' }, count: { type: 'string', default: '20000' } } });
const count = Number(values.count);
setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

/** Microseconds of CPU this thread has used. */
function threadUs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1_000;
  } catch {
    return performance.now() * 1_000;
  }
}

interface Measured {
  readonly wallMs: number;
  readonly threadUs: number;
}

async function measure(run: () => unknown): Promise<Measured> {
  const before = { wall: performance.now(), thread: threadUs() };
  await run();
  return { wallMs: performance.now() - before.wall, threadUs: threadUs() - before.thread };
}

const results: Record<string, number> = {};
function keep(name: string, value: number, digits = 1): void {
  results[name] = Number(value.toFixed(digits));
}

const raws = evmTransfers(count, { chainId: CHAIN_ID, perSender: PER_SENDER, baseFee: BASE_FEE });
const txs = raws.map((raw) => decodeEvmTx(raw, common));
const known = new Map<TypedTransaction, Hex>();

// Twice each: the first round warms up.
for (const round of [0, 1]) {
  const { threadUs: us } = await measure(() => raws.map((raw) => decodeEvmTx(raw, common)));
  if (round === 1) keep('decodeUs', us / count);
}

for (const threads of [0, 1, 2]) {
  const pool = new RecoverPool({ threads, maxWaiting: count });
  await pool.recoverMany(txs.slice(0, Math.min(count, 2_000)), raws.slice(0, Math.min(count, 2_000)));
  const measured = await measure(async () => {
    const found = await Promise.all(
      Array.from({ length: Math.ceil(count / 100) }, (_, i) => {
        const from = i * 100;
        return pool.recoverMany(txs.slice(from, from + 100), raws.slice(from, from + 100));
      }),
    );
    found.flat().forEach((sender, i) => {
      const tx = txs[i];
      if (tx === undefined || sender === undefined) throw new TypeError('a good signature was not recovered');
      known.set(tx, sender);
    });
  });
  keep(`recoveriesPerSecond${threads}Threads`, (count * 1_000) / measured.wallMs, 0);
  keep(`recoverMainThreadUs${threads}Threads`, measured.threadUs / count);
  await pool.stop();
}

/** The accounts' nonces. */
const mined = new Map<Hex, bigint>();

function newPool(recover: (txs: TypedTransaction[], raws?: Uint8Array[]) => Promise<(Hex | undefined)[]>): EvmPool {
  const codeHash: Hex = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';
  const state = {
    account: async (address: Hex) => ({ nonce: mined.get(address) ?? 0n, balance: 10n ** 24n, codeHash }),
    code: async () => new Uint8Array(),
  };
  return new EvmPool(
    { gasLimit: 30_000_000n, maxTxs: 200_000, maxBytes: 2 ** 28 },
    {
      common,
      clock: systemClock,
      state: () => state,
      baseFee: () => BASE_FEE,
      recover,
      authorities: async () => [],
    },
  );
}

/** Requests that are there at once, as a busy RPC has them. */
const IN_FLIGHT = 200;
async function fill(pool: EvmPool): Promise<void> {
  for (let from = 0; from < raws.length; from += IN_FLIGHT) {
    await Promise.all(raws.slice(from, from + IN_FLIGHT).map((raw) => pool.add(raw)));
  }
}

/** A pool whose senders are given, so that what is left is the pool itself. */
function poolAlone(): EvmPool {
  const given = senders(count, PER_SENDER);
  let i = 0;
  return newPool(async (batch) => batch.map(() => given[i++]));
}

/** Bytes in use after a full collection. */
function occupied(): number {
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const TXS_A_BLOCK = 1_400;
/** Empties the pool block by block; microseconds of this thread in all. */
async function mineAll(
  pool: EvmPool,
): Promise<{ openUs: number; selectUs: number; onBlockUs: number; blocks: number }> {
  const total = { openUs: 0, selectUs: 0, onBlockUs: 0, blocks: 0 };
  while (pool.status().pending > 0) {
    const txs: EvmTx[] = [];
    total.openUs += (await measure(() => pool.source({ baseFee: BASE_FEE, maxBytes: 2 ** 30 }))).threadUs;
    const source = pool.source({ baseFee: BASE_FEE, maxBytes: 2 ** 30 });
    const selected = await measure(() => {
      while (txs.length < TXS_A_BLOCK) {
        const tx = source.next(30_000_000n);
        if (tx === undefined) return;
        txs.push(tx);
        source.accept(tx);
      }
    });
    for (const { sender, tx } of txs) mined.set(sender, tx.nonce + 1n);
    total.selectUs += selected.threadUs;
    total.onBlockUs += (await measure(() => pool.onBlock({ txs, baseFee: BASE_FEE }))).threadUs;
    total.blocks += 1;
  }
  return total;
}

await fill(poolAlone());
{
  const pool = poolAlone();
  const before = occupied();
  const added = await measure(() => fill(pool));
  keep('addMainThreadUs', added.threadUs / count);
  keep('addsPerSecondWithoutRecovery', (count * 1e6) / added.threadUs, 0);
  keep('memoryBytesPerTx', (occupied() - before) / count, 0);
  if (pool.status().pending !== count) throw new TypeError(`${pool.status().pending} of ${count} are pending`);
  const { openUs, selectUs, onBlockUs, blocks } = await mineAll(pool);
  keep('openSourceMs', openUs / 1_000 / blocks, 2);
  keep('selectsPerSecond', (count * 1e6) / selectUs, 0);
  keep('onBlockUsPerTx', onBlockUs / count);
  mined.clear();
}

for (const threads of [0, 1, 2]) {
  const recovery = new RecoverPool({ threads, maxWaiting: count });
  await recovery.recoverMany(txs.slice(0, Math.min(count, 2_000)));
  const pool = newPool((batch, bytes) => recovery.recoverMany(batch, bytes));
  const added = await measure(() => fill(pool));
  keep(`addsPerSecond${threads}Threads`, (count * 1_000) / added.wallMs, 0);
  keep(`addMainThreadUs${threads}Threads`, added.threadUs / count);
  await recovery.stop();
}

console.table(Object.fromEntries(Object.entries(results).map(([name, value]) => [name, { value }])));
if (values.json) console.log(JSON.stringify(results));
