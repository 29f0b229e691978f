/**
 * What vouchers and receipts cost a provider: `npm run bench -- inference [--json] [--seconds 4] [--rounds 4] [--models slow,digits] [--threads 1,2]`.
 * The same model is served bare and against vouchers by the same HTTP server and threads, in turns, so that other load falls on both.
 * Consumers are a process of their own: they sign every voucher and check every receipt, on the same cores.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildModels } from '../agents/models/buildModels.ts';
import { labelled } from '../agents/models/task.ts';
import { bytesToHex } from '../protocol/bytes.ts';
import type { RoundResult } from './inference/load.ts';
import { partsOfAnAnswer } from './inference/parts.ts';
import { openStage, type Stage } from './inference/stage.ts';

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '4' },
    models: { type: 'string', default: 'slow,digits' },
    threads: { type: 'string', default: '1,2' },
  },
});
const SECONDS = Number(args.seconds);
const ROUNDS = Number(args.rounds);
const PAYERS = 16;

function progress(message: string): void {
  process.stderr.write(`${message}\n`);
}

interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the provider's process, model included. */
  readonly cpuMsPerAnswer: number;
  /** Of the consumers' process, on the same cores. */
  readonly consumerCpuMs: number;
}

interface Comparison {
  readonly bare: Figures;
  readonly paid: Figures;
  /** Paid over bare, answers a second: the median over pairs of rounds. */
  readonly ratio: number;
  /** What a paid answer costs the provider over a bare one, in CPU time: other load hardly moves it, and consumers are not in it. */
  readonly providerCpuPercent: number;
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
}

/** Bare and paid in turns, after a round of each to warm up. */
async function compare(stage: Stage, input: string, payers: number): Promise<Comparison> {
  const rounds = {
    bare: [] as (RoundResult & { serverCpu: number })[],
    paid: [] as (RoundResult & { serverCpu: number })[],
  };
  for (let n = -1; n < ROUNDS; n += 1) {
    // who comes first changes from pair to pair
    for (const kind of n % 2 === 0 ? (['bare', 'paid'] as const) : (['paid', 'bare'] as const)) {
      const cpu = process.cpuUsage();
      const result = await stage.load({
        url: kind === 'paid' ? stage.paidUrl : stage.bareUrl,
        isPaid: kind === 'paid',
        payers: stage.payers.slice(0, payers),
        input,
        seconds: n < 0 ? 1 : SECONDS,
      });
      const { user, system } = process.cpuUsage(cpu);
      if (n >= 0) rounds[kind].push({ ...result, serverCpu: (user + system) / 1e6 });
    }
  }
  const [bare, paid] = [figures(rounds.bare), figures(rounds.paid)];
  const ratios = rounds.bare.map((one, i) => {
    const other = rounds.paid[i];
    return other === undefined ? 1 : other.answers / other.seconds / (one.answers / one.seconds);
  });
  return {
    ...{
      bare,
      paid,
      ratio: rounded(
        at(
          ratios.sort((a, b) => a - b),
          0.5,
        ),
        3,
      ),
    },
    providerCpuPercent: rounded((paid.cpuMsPerAnswer / bare.cpuMsPerAnswer - 1) * 100, 1),
    addedP50Ms: rounded(paid.p50Ms - bare.p50Ms, 2),
    addedP99Ms: rounded(paid.p99Ms - bare.p99Ms, 2),
  };
}

function figures(rounds: readonly (RoundResult & { readonly serverCpu: number })[]): Figures {
  const answers = rounds.reduce((sum, round) => sum + round.answers, 0);
  const seconds = rounds.reduce((sum, round) => sum + round.seconds, 0);
  const cpu = rounds.reduce((sum, round) => sum + round.serverCpu, 0);
  const latencies = rounds.flatMap((round) => round.latencies).sort((a, b) => a - b);
  return {
    perSecond: rounded(answers / seconds, 1),
    p50Ms: rounded(at(latencies, 0.5), 2),
    p99Ms: rounded(at(latencies, 0.99), 2),
    cpuMsPerAnswer: rounded((cpu * 1000) / answers, 2),
    consumerCpuMs: rounded((rounds.reduce((sum, round) => sum + round.cpuSeconds, 0) * 1000) / answers, 2),
  };
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

const folder = await mkdtemp(join(tmpdir(), 'engram-bench-models-'));
const result: Record<string, Record<string, Comparison>> = {};
try {
  progress('models');
  const { slow, digits } = await buildModels(folder, { onProgress: (name) => progress(`training ${name}`) });
  const [digit] = labelled('digits', { seed: 'bench', count: 1 });
  const models = {
    slow: { file: slow.modelFile, input: slow.input },
    digits: { file: digits.modelFile, input: digit?.input ?? slow.input },
  };
  for (const [name, { file, input }] of Object.entries(models)) {
    if (!args.models.split(',').includes(name)) continue;
    for (const workers of args.threads.split(',').map(Number)) {
      progress(`${name}, ${workers} thread(s)`);
      const stage = await openStage(file, { workers, payers: PAYERS });
      try {
        const key = `${name}, ${workers} ${workers === 1 ? 'thread' : 'threads'}`;
        const hex = bytesToHex(input);
        result[key] = {
          [`${PAYERS} consumers`]: await compare(stage, hex, PAYERS),
          ...(workers === 1 && { '1 consumer': await compare(stage, hex, 1) }),
        };
      } finally {
        await stage.stop();
      }
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
progress('parts');
const partsMs = await partsOfAnAnswer();
const headline = result['slow, 2 threads']?.[`${PAYERS} consumers`];
const summary = {
  ratio: headline?.ratio,
  costPercent: headline === undefined ? undefined : rounded((1 - headline.ratio) * 100, 1),
  providerCpuPercent: headline?.providerCpuPercent,
  ratioOfOneThread: result['slow, 1 thread']?.[`${PAYERS} consumers`]?.ratio,
  paidPerSecond: headline?.paid.perSecond,
  barePerSecond: headline?.bare.perSecond,
  addedP50Ms: result['slow, 1 thread']?.['1 consumer']?.addedP50Ms,
  addedP99Ms: result['slow, 1 thread']?.['1 consumer']?.addedP99Ms,
  cores: cpus().length,
  ...{ partsMs, rounds: ROUNDS, secondsEach: SECONDS, models: result },
};
if (args.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
else {
  const rows = Object.entries(result).flatMap(([name, byConsumers]) =>
    Object.entries(byConsumers).map(
      ([consumers, { bare, paid, ratio, providerCpuPercent, addedP50Ms, addedP99Ms }]) => [
        `${name}, ${consumers}`,
        {
          'bare/s': bare.perSecond,
          'paid/s': paid.perSecond,
          ratio,
          'bare p50': bare.p50Ms,
          'paid p50': paid.p50Ms,
          '+p50': addedP50Ms,
          '+p99': addedP99Ms,
          'CPU ms bare': bare.cpuMsPerAnswer,
          'CPU ms paid': paid.cpuMsPerAnswer,
          'CPU +%': providerCpuPercent,
          'consumer CPU ms': paid.consumerCpuMs,
        },
      ],
    ),
  );
  console.table(Object.fromEntries(rows));
  console.table(Object.fromEntries(Object.entries(partsMs).map(([part, ms]) => [part, { 'ms an answer': ms }])));
}
