import type { World } from './world.ts';

/** One thing that people do. Throws if it does not end as it must; `saw` says for the report what was seen. */
export interface Scenario {
  readonly name: string;
  /** What it is about, for people. */
  readonly about: string;
  run(world: World, saw: (fact: string) => void): Promise<void>;
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly about: string;
  readonly isOk: boolean;
  readonly seconds: number;
  readonly saw: readonly string[];
  /** Why not. */
  readonly reason?: string;
}
