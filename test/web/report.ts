import type { ScenarioResult } from './scenario.ts';

export interface WebReport {
  readonly isOk: boolean;
  readonly scenarios: readonly ScenarioResult[];
  readonly seconds: number;
}

/** For people. */
export function table({ scenarios, isOk, seconds }: WebReport): string {
  const width = Math.max(...scenarios.map(({ scenario }) => scenario.length), 8);
  const lines = scenarios.flatMap(({ scenario, about, isOk: held, seconds: took, saw, reason }) => [
    `${held ? 'ok  ' : 'FAIL'} ${scenario.padEnd(width)} ${took.toFixed(1).padStart(6)} s  ${about}`,
    ...saw.map((fact) => `${' '.repeat(width + 16)}${fact}`),
    ...(reason === undefined ? [] : [`${' '.repeat(width + 16)}${reason}`]),
  ]);
  const failed = scenarios.filter((result) => !result.isOk).length;
  return [
    ...lines,
    '',
    `${scenarios.length - failed} of ${scenarios.length} ${isOk ? 'ok' : 'ok, not all'}; ${seconds.toFixed(0)} s`,
  ].join('\n');
}
