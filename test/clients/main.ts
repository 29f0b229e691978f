/**
 * `npm run test:clients [-- --json]`: the suite of unmodified clients and that of bad input against a devnet, then a table of who can do
 * what, and of the methods whose answers were checked by schema. `ENGRAM_OPENRPC=openrpc.json` checks against a full document too.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type ClientsReport, FEATURES } from './features.ts';

const { values: args } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const root = fileURLToPath(new URL('../..', import.meta.url));

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'engram-clients-'));
  const path = join(folder, 'report.json');
  try {
    const exitCode = await runTests(path);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) return exitCode === 0 ? 1 : exitCode;
    const report = JSON.parse(text) as ClientsReport; // written by clients.test.ts
    if (args.json) process.stdout.write(`${JSON.stringify({ ...report, isOk: report.isOk && exitCode === 0 })}\n`);
    else show(report);
    return exitCode;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Their own output goes to the error stream: standard output is for the report. */
function runTests(report: string): Promise<number> {
  const require = createRequire(import.meta.url);
  const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', 'test/clients'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ENGRAM_CLIENTS_REPORT: report },
  });
  child.stdout.pipe(process.stderr);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

function show(report: ClientsReport): void {
  const clients = Object.keys(report.features);
  const mark = (isOk: boolean | undefined): string => (isOk === undefined ? '–' : isOk ? 'ok' : 'FAILED');
  console.table(
    Object.fromEntries(
      FEATURES.map((feature) => [
        feature,
        Object.fromEntries(clients.map((client) => [client, mark(report.features[client]?.[feature])])),
      ]),
    ),
  );
  console.table(report.methods);
  const { mismatches, withoutSchema, answersChecked } = report;
  console.log(
    `${answersChecked} answers of ${Object.keys(report.methods).length} methods checked; ${mismatches.length} do not fit`,
  );
  for (const { document, method, reason } of mismatches) console.log(`${method} (${document}): ${reason}`);
  if (withoutSchema.length > 0) console.log(`without a schema: ${withoutSchema.join(', ')}`);
}

process.exitCode = await main();
