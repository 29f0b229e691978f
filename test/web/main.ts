/**
 * `npm run test:web [-- --json --only name,name --instant]`: the page in Chromium, on a devnet with real proofs, with a wallet that
 * signs for real. Screenshots go to artifacts/web/. Exits with 1 if something did not end as it must, with 3 if there is no Chromium.
 */
import { parseArgs } from 'node:util';
import { WebCheckError } from './errors.ts';
import { table } from './report.ts';
import { runWebTests } from './run.ts';
import { SCENARIOS } from './scenarios.ts';

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    /** Batches are "proven" at once: to look at the page quickly. */
    instant: { type: 'boolean', default: false },
  },
});

const progress = (text: string): boolean => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

async function main(): Promise<number> {
  const only = args.only?.split(',');
  const unknown = only?.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name)) ?? [];
  if (unknown.length > 0) {
    progress(`there is no ${unknown.join(', ')}; scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  // Ends through `exit`, where L1's process is ended, too.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const report = await runWebTests({ only, proofs: args.instant ? 'instant' : 'real', onStep: progress });
  process.stdout.write(args.json ? `${JSON.stringify(report)}\n` : `${table(report)}\n`);
  return report.isOk ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  progress(error instanceof Error ? error.message : String(error));
  return error instanceof WebCheckError && error.code === 'NO_BROWSER' ? 3 : 1;
});
