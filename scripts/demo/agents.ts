/**
 * AI services end to end, on real parts: models made and attested, three providers of whom one cheats, two consumers, three evaluators,
 * epochs of reward by Yuma consensus over committed and revealed scores, paid from a pool, proven on L1, and computed again from L1's data alone.
 */
import { join } from 'node:path';
import { parseEther } from 'viem';
import { openLevel } from '../../chain/db.ts';
import { type Devnet, startDevnet } from '../../node/devnet/devnet.ts';
import { checkIncomes, type Income, incomesOf, replayFromL1, writeBook } from './agents/audit.ts';
import { attestModels, EVALUATORS, KEEPER, type Market, openService } from './agents/market.ts';
import { gather } from './agents/party.ts';
import { type Buyer, Judges, openBuyers } from './agents/people.ts';
import { loadRunners, Providers } from './agents/providers.ts';
import { buy, everythingProven, goTo, judge, openKeeper, pay, type Shopping, type Stage } from './agents/rounds.ts';
import { PATIENT } from './ai.ts';
import { type BatchRow, batchRows, compiledConstraints, noteFirstProof } from './batches.ts';
import type { Mismatch } from './book.ts';
import type { DemoOptions, RunOptions } from './options.ts';
import { type Phase, Phases } from './phases.ts';
import { World } from './world.ts';

export interface AgentsDemoResult {
  readonly reconciled: boolean;
  readonly checks: number;
  readonly mismatches: readonly Mismatch[];
  readonly epochs: number;
  readonly incomes: readonly Income[];
  /** By epoch: what the two consumers bought. */
  readonly shopping: readonly Shopping[];
  /** Measured over fresh questions, by model. */
  readonly accuracy: Readonly<Record<string, number>>;
  readonly batchesProven: number;
  readonly operations: number;
  readonly batches: readonly BatchRow[];
  readonly phases: readonly Phase[];
  readonly seconds: number;
  readonly firstProvenBatchSeconds: number;
}

export interface AgentsOptions {
  readonly epochs: number;
}

export const EPOCHS = 2;
const DAY = 86_400;

export async function agentsDemo(
  { onStep, onProgress, signal }: DemoOptions,
  agents: AgentsOptions = { epochs: EPOCHS },
): Promise<AgentsDemoResult> {
  const start = performance.now();
  const devnet = await startDevnet({
    fund: false,
    shapes: ['small', 'dev'], // commitments and reveals fit the small one
    blockMs: 300,
    batchMs: DAY * 1000, // the story closes its batches itself
    l1WaitMs: 5_000,
    settings: PATIENT,
    onStep,
    onProgress,
    signal,
  });
  try {
    return await runAgents(devnet, { onStep, signal, start, constraintsOf: compiledConstraints }, agents);
  } finally {
    await devnet.stop();
  }
}

/** The story alone, on a devnet that runs and closes no batch by time. */
export async function runAgents(
  devnet: Devnet,
  { onStep, signal, start, constraintsOf }: RunOptions,
  { epochs }: AgentsOptions,
): Promise<AgentsDemoResult> {
  const phases = new Phases({ onStep, signal });
  const names = ['fees', 'alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace'] as const;
  const firstProof = await noteFirstProof(devnet);
  const world = await World.open(devnet, { names, rich: names });
  const market = await phases.run('deposits, models, a service, agents and stakes', () => open(world, phases, signal));
  const runners = await loadRunners(market);
  const providers = new Providers();
  const judges = new Judges();
  const keeperDb = await openLevel(join(devnet.dataDir, 'keeper'));
  let buyers: readonly Buyer[] = [];
  try {
    await phases.run('three providers announce themselves', () => providers.start(market, runners, devnet.dataDir));
    buyers = await openBuyers(market, devnet.dataDir);
    await judges.open(market, runners, devnet.dataDir);
    const consumers = new Map([...buyers, ...judges.list].map(({ name, consumer }) => [name, consumer]));
    const tell = (text: string): void => phases.tell(text);
    const stage: Stage = { world, market, runners, providers, buyers, judges, tell, signal };
    const keeper = await openKeeper(market, keeperDb);
    await phases.run('the first epoch begins', () => goTo(stage, market.document.start));
    const shopping: Shopping[] = [];
    for (let epoch = 0; epoch < epochs; epoch += 1) {
      shopping.push(await phases.run(`epoch ${epoch}: consumers buy answers`, () => buy(stage, epoch)));
      await phases.run(`epoch ${epoch}: evaluators judge, commit and reveal`, () => judge(stage, epoch));
      await phases.run(`epoch ${epoch}: its payout is proven`, () => pay(stage, keeper, epoch));
    }
    await phases.run('waiting for the proofs', () => everythingProven(stage));
    const replayed = await phases.run('computing everything again from L1', () => replayFromL1(world, market));
    await writeBook(world, { market, consumers, replayed });
    const checks = await phases.run('checking every balance', () => world.reconcile());
    const incomes = incomesOf(replayed, market, epochs);
    checkIncomes(checks, incomes, replayed, epochs);
    const { proven } = await world.who(KEEPER).l1.state();
    const batches = await batchRows(devnet, proven.batch, constraintsOf);
    const { digits, digitsFine, digitsSmall } = market.catalog;
    return {
      reconciled: checks.mismatches.length === 0,
      checks: checks.count,
      mismatches: checks.mismatches,
      epochs,
      incomes,
      shopping,
      accuracy: Object.fromEntries([digits, digitsFine, digitsSmall].map((m) => [m.name, m.metrics.accuracy])),
      batchesProven: proven.batch,
      operations: batches.reduce((sum, { operations, l1Operations }) => sum + operations + l1Operations, 0),
      batches,
      phases: phases.list,
      seconds: (performance.now() - start) / 1000,
      firstProvenBatchSeconds: ((firstProof() ?? performance.now()) - start) / 1000,
    };
  } finally {
    await providers.stop();
    await judges.stop();
    for (const { consumer } of buyers) await consumer.close();
    await keeperDb.close();
    for (const runner of runners.values()) await runner.close();
  }
}

async function open(world: World, phases: Phases, signal: AbortSignal | undefined): Promise<Market> {
  for (const person of world.people) await world.deposit(person, world.token.id, parseEther('100'));
  for (const person of world.people) await person.findAccounts(1, signal);
  const others = EVALUATORS.filter((name) => name !== 'frank');
  const parties = await gather(world, { payer: KEEPER, others, amount: parseEther('15') });
  const folder = join(world.devnet.dataDir, 'models');
  const attested = await attestModels(world, parties, folder, (name) => phases.tell(`training ${name}`));
  return { parties, ...attested, ...(await openService(world, parties)) };
}
