/**
 * `npm run test:network [-- --json --only name,name --fault text --quick --keep dir]`: a network of processes on the loopback address, with users at work all the time, and
 * every fault that it should survive put into it one after the other. Exits with 1 if one was not survived or chains differ.
 */
import { parseArgs } from 'node:util';
import { table } from './report.ts';
import { runNetworkTests, SCENARIOS } from './run.ts';

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    fault: { type: 'string' },
    /** Data and logs stay in this folder. */
    keep: { type: 'string' },
    'log-level': { type: 'string', default: 'info' },
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
  // Ends through `exit`, where every process of the network is ended, too.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const report = await runNetworkTests({
    isQuick: args.quick,
    logLevel: args['log-level'],
    onStep: progress,
    ...(only !== undefined && { only }),
    ...(args.fault !== undefined && { fault: args.fault }),
    ...(args.keep !== undefined && { dataDir: args.keep }),
  });
  process.stdout.write(args.json ? `${JSON.stringify(report)}\n` : `${table(report)}\n`);
  return report.isOk ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  progress(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  return 1;
});
