/**
 * One epoch of Yuma consensus: `npm run bench -- epoch [--json] [--rounds 7]`. Every validator weighs every provider and has bonds with
 * all of them; rows come packed (`msPairs`: as pairs, in and out). Time is this process's CPU time, so that other load on the machine
 * does not count: the median of the rounds after one to warm up. Memory is what the process holds at its highest above what it held
 * with the input made.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../protocol/testing/random.ts';
import { type PackedRows, unpackRows } from '../protocol/yuma/packedRows.ts';
import { yumaEpoch, yumaEpochPacked } from '../protocol/yuma/yumaEpoch.ts';
import type { YumaInput } from '../protocol/yuma/yumaInput.ts';

const { values: args } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '7' } },
});
const ROUNDS = Number(args.rounds);
const SIZES = [
  [16, 128],
  [64, 1024],
  [256, 4096],
] as const;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

function heldMb(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Dense rows of the validators, random and nonzero. */
function randomRows(random: SeededRandom, validators: number, providers: number): PackedRows {
  const n = validators + providers;
  const count = validators * providers;
  const values = new Uint16Array(count);
  // A cheap generator for a million words, from a random start.
  let state = random.int(2 ** 31) | 1;
  for (let k = 0; k < count; k += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[k] = ((state >>> 8) % 65_535) + 1;
  }
  return {
    offsets: Uint32Array.from({ length: n + 1 }, (_, i) => Math.min(i, validators) * providers),
    columns: Uint16Array.from({ length: count }, (_, k) => validators + (k % providers)),
    values,
  };
}

function randomInput(validators: number, providers: number) {
  const random = new SeededRandom(validators);
  const uids = Array.from({ length: validators + providers }, (_, i) => i);
  return {
    stake: uids.map((i) => (i < validators ? 1n + random.big(1n << 60n) : 0n)),
    permits: uids.map((i) => i < validators),
    weights: randomRows(random, validators, providers),
    bonds: randomRows(random, validators, providers),
    emission: 10n ** 21n,
  } satisfies YumaInput;
}

/** Median of the rounds after the first, and what was held at most. */
function timed(
  run: () => { readonly emission: readonly bigint[] },
  participants: number,
): { ms: number; memoryMb: number } {
  const before = heldMb();
  let peak = before;
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const start = cpuMs();
    const { emission } = run();
    const ms = cpuMs() - start;
    if (round > 0) times.push(ms);
    peak = Math.max(peak, heldMb());
    if (emission.length !== participants) throw new RangeError('not all participants got an answer');
  }
  return { ms: Number(median(times).toFixed(1)), memoryMb: Math.ceil(peak - before) };
}

function measure(validators: number, providers: number) {
  const n = validators + providers;
  const input = randomInput(validators, providers);
  const packed = timed(() => yumaEpochPacked(input), n);
  const pairs = { ...input, weights: unpackRows(input.weights), bonds: unpackRows(input.bonds) };
  const { ms: msPairs } = timed(() => yumaEpoch(pairs), n);
  return { validators, providers, weights: validators * providers, ...packed, msPairs };
}

const cases = SIZES.map(([validators, providers]) => {
  process.stderr.write(`${validators} validators, ${providers} providers\n`);
  return measure(validators, providers);
});
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
if (args.json) process.stdout.write(`${JSON.stringify({ cases, machine })}\n`);
else {
  console.table(cases);
  console.dir(machine);
}
