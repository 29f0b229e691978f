import type { World } from './world.ts';

/** A fault is put in, and survived if nothing of what must hold afterwards is missing. */
export type InjectFault = (
  fault: string,
  inject: () => Promise<void>,
  options?: {
    /** Left out of the short run. */
    readonly isLong?: boolean;
    /** Nothing is done to the network: what must hold without a fault. It is not counted as one. */
    readonly isControl?: boolean;
  },
) => Promise<void>;

export interface Scenario {
  readonly name: string;
  /** Who holds the seat in the network it wants. */
  readonly seat: 'account' | 'rotating';
  /** Part of the short run. */
  readonly isQuick: boolean;
  run(world: World, fault: InjectFault): Promise<void>;
}

export interface FaultResult {
  readonly fault: string;
  readonly isControl: boolean;
  readonly survived: boolean;
  readonly seconds: number;
  /** Why not. */
  readonly reason?: string;
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly faults: readonly FaultResult[];
}
