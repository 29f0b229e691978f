import type { WebReport } from './report.ts';
import type { Scenario, ScenarioResult } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { World, type WorldOptions } from './world.ts';

export interface RunOptions {
  /** Names of scenarios; default all. */
  readonly only?: readonly string[] | undefined;
  readonly proofs?: WorldOptions['proofs'];
  readonly onStep?: (text: string) => void;
}

/** One world, in which the scenarios happen one after the other. @throws WebCheckError NO_BROWSER */
export async function runWebTests({ only, proofs = 'real', onStep = () => undefined }: RunOptions): Promise<WebReport> {
  const start = performance.now();
  const world = await World.open({ proofs, onStep });
  const scenarios: ScenarioResult[] = [];
  try {
    for (const scenario of SCENARIOS.filter(({ name }) => only?.includes(name) ?? true)) {
      onStep(`${scenario.name}: ${scenario.about}`);
      scenarios.push(await happen(scenario, world, onStep));
    }
  } finally {
    await world.stop();
  }
  return { isOk: scenarios.every(({ isOk }) => isOk), scenarios, seconds: (performance.now() - start) / 1_000 };
}

export async function happen(
  scenario: Scenario,
  world: World,
  onStep: (text: string) => void,
): Promise<ScenarioResult> {
  const { name, about } = scenario;
  const start = performance.now();
  const saw: string[] = [];
  const ended = (isOk: boolean) => ({ scenario: name, about, isOk, seconds: (performance.now() - start) / 1_000, saw });
  try {
    await scenario.run(world, (fact) => {
      saw.push(fact);
      onStep(`  ${fact}`);
    });
    return ended(true);
  } catch (error) {
    const reason = error instanceof Error ? `${error.message}${causeOf(error)}` : String(error);
    onStep(`  FAILED: ${reason}`);
    return { ...ended(false), reason };
  }
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? ` (${error.cause.message})` : '';
}
