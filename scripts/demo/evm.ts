/**
 * The EVM lane end to end, on real parts: money comes in from L1 and from the ledger, a contract pays a provider for receipts that the ledger
 * settled and refuses every other, money goes back to L1 and to the ledger, everything is proven and attested, and every wei is accounted for.
 */
import { type Devnet, startDevnet } from '../../node/devnet/devnet.ts';
import { field } from '../../protocol/field.ts';
import { PATIENT } from './ai.ts';
import { Streams } from './aiStreams.ts';
import { type BatchRow, batchRows, compiledConstraints, noteFirstProof, waitForBatches } from './batches.ts';
import { Checks, type Mismatch } from './book.ts';
import { attackVault } from './evmAttack.ts';
import { type LaneGas, laneGas } from './evmGas.ts';
import { Lane } from './evmLane.ts';
import { bounty, claimOnL1, derive, type EvmStage, prepare, trade, withdraw } from './evmStory.ts';
import type { DemoOptions, RunOptions } from './options.ts';
import { type Phase, Phases } from './phases.ts';
import { World } from './world.ts';

export interface EvmDemoResult {
  readonly reconciled: boolean;
  readonly checks: number;
  readonly mismatches: readonly Mismatch[];
  readonly inferencesSettled: number;
  readonly receiptsPaid: number;
  /** The error by what was tried: on the EVM lane, and on L1 by an operator. */
  readonly refusals: Readonly<Record<string, string>>;
  readonly l1Gas: LaneGas;
  /** `paidReceipt`: of the dearest but the first, which opens the provider's balances. */
  readonly l2Gas: { readonly deployMarket: number; readonly paidReceipt: number };
  readonly batchesProven: number;
  readonly operations: number;
  readonly batches: readonly BatchRow[];
  readonly phases: readonly Phase[];
  readonly seconds: number;
  readonly firstProvenBatchSeconds: number;
}

/** Off-chain: what a claim settles does not grow with it. */
export const INFERENCES = 300;
const DAY = 86_400;

export async function evmDemo(
  { onStep, onProgress, signal }: DemoOptions,
  { inferences = INFERENCES }: { inferences?: number } = {},
): Promise<EvmDemoResult> {
  const start = performance.now();
  const devnet = await startDevnet({
    fund: false,
    shapes: ['dev'],
    blockMs: 500,
    batchMs: DAY * 1000, // the story closes its batches itself
    l1WaitMs: 1_000,
    settings: PATIENT,
    onStep,
    onProgress,
    signal,
  });
  try {
    return await runEvm(devnet, { onStep, signal, start, constraintsOf: compiledConstraints }, { inferences });
  } finally {
    await devnet.stop();
  }
}

/** The story alone, on a devnet that runs and closes no batch by time. */
export async function runEvm(
  devnet: Devnet,
  { onStep, signal, start, constraintsOf }: RunOptions,
  { inferences }: { readonly inferences: number },
): Promise<EvmDemoResult> {
  const phases = new Phases({ onStep, signal });
  const firstProof = await noteFirstProof(devnet);
  const names = ['fees', 'alice', 'bob', 'carol', 'dave', 'erin', 'frank'] as const;
  const world = await World.open(devnet, { names, rich: names });
  const lane = await Lane.open(world);
  const { domain, time } = await devnet.rpc.request('engram_chainInfo', []);
  const streams = new Streams({ domain: field(BigInt(domain)), tell: (text) => phases.tell(text), signal });
  const checks = new Checks();
  const stage: EvmStage = { world, lane, phases, streams, checks, inferences, time, signal };
  try {
    const { models, channels } = await prepare(stage);
    const traded = await trade(stage, channels);
    const { market, claimGas, refusals } = await bounty(stage, models, traded);
    await derive(stage, models, market);
    const withdrawals = await withdraw(stage);
    await phases.run('waiting for the proof', () => settled(stage));
    await claimOnL1(stage, withdrawals);
    await phases.run('the deposit into the ledger is proven, too', () => settled(stage));
    await phases.run('checking every balance on all three sides', async () => {
      const found = await world.reconcile();
      checks.add(found);
      await lane.reconcile(checks);
    });
    const attack = await phases.run('an operator tries to take the vault', () =>
      attackVault(lane, world.who('dave'), checks),
    );
    const { proven: head } = await world.who('alice').l1.state();
    const batches = await batchRows(devnet, head.batch, constraintsOf);
    const [one, two] = traded.claims;
    return {
      reconciled: checks.mismatches.length === 0,
      checks: checks.count,
      mismatches: checks.mismatches,
      inferencesSettled: one.receipts + two.receipts,
      receiptsPaid: claimGas.length,
      refusals: { ...refusals, ...attack },
      l1Gas: await laneGas(lane),
      l2Gas: {
        deployMarket: Number(market.deployGas),
        paidReceipt: Math.max(...claimGas.slice(1).map(Number)),
      },
      batchesProven: head.batch,
      operations: batches.reduce((sum, { operations, l1Operations }) => sum + operations + l1Operations, 0),
      batches,
      phases: phases.list,
      seconds: (performance.now() - start) / 1000,
      firstProvenBatchSeconds: ((firstProof() ?? performance.now()) - start) / 1000,
    };
  } finally {
    await streams.stop();
  }
}

/** Whatever is open is closed, and all of it proven and attested: then nobody sends anything to L1 any more. */
async function settled({ world, lane, signal }: EvmStage): Promise<void> {
  const { devnet } = world;
  await devnet.node.sequencer.closeBatch();
  const heads = async () => (await devnet.rpc.request('engram_chainInfo', [])).heads;
  await waitForBatches(
    devnet,
    async () => {
      const { proven, unsafe } = await heads();
      return proven.batch === unsafe.batch;
    },
    signal,
  );
  const { proven } = await heads();
  await lane.waitForAttestation(proven.batch, signal);
}
