/** The short run of `npm run test:network`: processes, proofs and faults; none of its verdicts depends on time. */
import { expect, it } from 'vitest';
import { table } from './report.ts';
import { runNetworkTests } from './run.ts';

const MINUTES = 60_000;

it(
  'a network of processes survives what is done to it, and ends with one chain',
  async () => {
    const lines: string[] = [];
    const report = await runNetworkTests({ isQuick: true, onStep: (text) => lines.push(text) });
    expect(report.isOk, `${table(report)}\n${lines.join('\n')}`).toBe(true);
    expect(report.faultsInjected).toBeGreaterThan(5);
  },
  20 * MINUTES,
);
