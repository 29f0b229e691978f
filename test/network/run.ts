import type { Flags, NetworkOptions } from '../../node/devnet/network/options.ts';
import type { NetworkReport } from './report.ts';
import { sameRoots } from './sameRoots.ts';
import type { FaultResult, InjectFault, Scenario, ScenarioResult } from './scenario.ts';
import { equivocation } from './scenarios/equivocation.ts';
import { failover } from './scenarios/failover.ts';
import { follow } from './scenarios/follow.ts';
import { freshNodes } from './scenarios/freshNodes.ts';
import { killRestart } from './scenarios/killRestart.ts';
import { liars } from './scenarios/liars.ts';
import { partition } from './scenarios/partition.ts';
import { reorgs } from './scenarios/reorgs.ts';
import { rotation } from './scenarios/rotation.ts';
import { World } from './world.ts';

/** In this order; what a scenario leaves behind is where the next one begins. */
export const SCENARIOS: readonly Scenario[] = [
  follow,
  killRestart,
  partition,
  liars,
  freshNodes,
  reorgs,
  equivocation,
  failover,
  rotation,
];

export interface RunOptions {
  /** Names of scenarios; default all. */
  readonly only?: readonly string[];
  /** Only faults whose name has this in it; the others are not injected, nor counted. */
  readonly fault?: string;
  /** Fewer nodes and faults. */
  readonly isQuick?: boolean;
  readonly dataDir?: string;
  readonly logLevel?: string;
  /** What it is doing, for people. */
  readonly onStep?: (text: string) => void;
  readonly signal?: AbortSignal;
}

const SNAPSHOTS: Flags = { '--sync-snapshot-every-batches': 2 };
/** Proofs are for the prover alone: while a loaded machine makes them late, validators that stand by would prove the same. */
const NOT_STANDING_BY: Flags = { ...SNAPSHOTS, '--sequencer-fallback': false, '--prover-enabled': false };

/** Short times, so that what takes a grace period takes seconds. */
const NETWORK: Omit<NetworkOptions, 'validators'> = {
  batchMs: 15_000,
  blockMs: 500,
  settings: { graceSeconds: 60 },
  registrySettings: { epochSeconds: 120, slotSeconds: 20 },
  flags: { validator: SNAPSHOTS, sequencer: SNAPSHOTS },
};

/** Starts a network for each kind of seat that is asked for, and lets the scenarios happen to it one after the other. */
export async function runNetworkTests(options: RunOptions): Promise<NetworkReport> {
  const { only, isQuick = false } = options;
  const start = performance.now();
  const wanted = SCENARIOS.filter(({ name, isQuick: inQuick }) => only?.includes(name) ?? (!isQuick || inQuick));
  const results: ScenarioResult[] = [];
  const traffic: Record<string, number> = {};
  let isSame = true;
  for (const seat of ['account', 'rotating'] as const) {
    const scenarios = wanted.filter((scenario) => scenario.seat === seat);
    if (scenarios.length === 0) continue;
    isSame = (await runOn(seat, scenarios, { options, results, traffic })) && isSame;
  }
  const all = results.flatMap((result) => result.faults);
  const faults = all.filter(({ isControl }) => !isControl);
  return {
    isOk: isSame && all.every(({ survived }) => survived),
    faultsInjected: faults.length,
    faultsSurvived: faults.filter(({ survived }) => survived).length,
    scenarios: results,
    sameRoots: isSame,
    traffic,
    seconds: (performance.now() - start) / 1000,
  };
}

async function runOn(
  seat: Scenario['seat'],
  scenarios: readonly Scenario[],
  { options, results, traffic }: { options: RunOptions; results: ScenarioResult[]; traffic: Record<string, number> },
): Promise<boolean> {
  const { onStep = () => undefined, signal, dataDir, logLevel = 'info', fault = '', isQuick = false } = options;
  const world = await World.open({
    ...NETWORK,
    validators: isQuick ? 3 : 4,
    provers: 1,
    rotate: seat === 'rotating',
    ...(seat === 'account' && { flags: { sequencer: SNAPSHOTS, validator: NOT_STANDING_BY } }),
    logLevel,
    onStep,
    signal,
    ...(dataDir !== undefined && { dataDir: `${dataDir}/${seat}` }),
  });
  try {
    for (const scenario of scenarios) {
      signal?.throwIfAborted();
      const faults: FaultResult[] = [];
      results.push({ scenario: scenario.name, faults });
      await scenario.run(world, recorder(faults, { onStep, signal, fault, isQuick }));
    }
    onStep('all that is open is proven, and everything compared');
    await world.traffic.stop();
    const faults: FaultResult[] = [];
    const compare = recorder(faults, { onStep, signal, fault: '', isQuick });
    await compare('the same roots', () => sameRoots(world), { isControl: true });
    for (const [name, { included }] of Object.entries(world.traffic.counts)) {
      traffic[name] = (traffic[name] ?? 0) + included;
    }
    return faults.every(({ survived }) => survived);
  } finally {
    await world.stop();
  }
}

function recorder(
  faults: FaultResult[],
  {
    onStep,
    signal,
    fault: wanted,
    isQuick,
  }: { onStep: (text: string) => void; signal: AbortSignal | undefined; fault: string; isQuick: boolean },
): InjectFault {
  return async (fault, inject, { isLong = false, isControl = false } = {}) => {
    if (!fault.includes(wanted) || (isQuick && isLong)) return;
    signal?.throwIfAborted();
    const start = performance.now();
    const took = (): number => (performance.now() - start) / 1000;
    try {
      await inject();
      faults.push({ fault, isControl, survived: true, seconds: took() });
      onStep(`survived in ${took().toFixed(1)} s: ${fault}`);
    } catch (error) {
      const reason = error instanceof Error ? `${error.message}${causeOf(error)}` : String(error);
      faults.push({ fault, isControl, survived: false, seconds: took(), reason });
      onStep(`NOT survived (${took().toFixed(1)} s): ${fault}: ${reason}`);
    }
  };
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? ` (${error.cause.message})` : '';
}
