import type { ScenarioResult } from './scenario.ts';

export interface NetworkReport {
  /** Everything held: with faults, without, and at the end. */
  readonly isOk: boolean;
  readonly faultsInjected: number;
  readonly faultsSurvived: number;
  readonly scenarios: readonly ScenarioResult[];
  /** At the end all nodes had the same chain, and L1's proven root was theirs. */
  readonly sameRoots: boolean;
  /** Transactions in blocks, by sender. */
  readonly traffic: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** For people. */
export function table({
  scenarios,
  faultsInjected,
  faultsSurvived,
  sameRoots,
  traffic,
  seconds,
}: NetworkReport): string {
  const rows = scenarios.flatMap(({ scenario, faults }) =>
    faults.map(({ fault, isControl, survived, seconds: took }) => [
      scenario,
      isControl ? `– (${fault})` : fault,
      survived ? 'yes' : 'NO',
      took.toFixed(1).padStart(7),
    ]),
  );
  const all = [['scenario', 'fault injected', 'survived', 'seconds'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const reasons = scenarios.flatMap(({ faults }) =>
    faults.flatMap(({ fault, reason }) => (reason === undefined ? [] : [`${fault}: ${reason}`])),
  );
  return [
    ...lines,
    '',
    ...reasons,
    `faults injected ${faultsInjected}, survived ${faultsSurvived}; the same roots at the end: ${sameRoots ? 'yes' : 'NO'}; ${seconds.toFixed(0)} s`,
    `in blocks meanwhile: ${Object.entries(traffic)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}`,
  ].join('\n');
}
