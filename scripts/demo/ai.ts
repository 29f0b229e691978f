/**
 * AI work on the ledger end to end, on real parts: files are attested, consumers pay a provider per inference by vouchers, claims settle
 * thousands of inferences in one operation, royalties reach the models' owners, a channel ends, contributors are rewarded, everything is
 * proven on L1, and every wei is accounted for.
 */
import { type Devnet, startDevnet } from '../../node/devnet/devnet.ts';
import { field } from '../../protocol/field.ts';
import { costOf, rounded } from './aiCosts.ts';
import type { Claimed } from './aiSettle.ts';
import { type Market, prepare, reward, type Stage, trade } from './aiStory.ts';
import { Streams } from './aiStreams.ts';
import { checkAttestation, checkLineage, checkReceipt, ledgerFromL1 } from './aiVerify.ts';
import { type BatchRow, batchRows, compiledConstraints, noteFirstProof, waitForBatches } from './batches.ts';
import type { Checks, Mismatch } from './book.ts';
import type { DemoOptions, RunOptions } from './options.ts';
import { type Phase, Phases } from './phases.ts';
import { World } from './world.ts';

export interface AiDemoResult {
  readonly reconciled: boolean;
  readonly checks: number;
  readonly mismatches: readonly Mismatch[];
  /** Receipts under the roots of claims that are proven on L1. */
  readonly inferencesSettled: number;
  readonly vouchersSigned: number;
  readonly claims: number;
  /** Of the claims' share of their batches (aiCosts.ts); `…Whole`: as if those batches held nothing but the claims. */
  readonly constraintsPerInference: number;
  readonly constraintsPerInferenceWhole: number;
  readonly l1GasPerInference: number;
  readonly l1GasPerInferenceWhole: number;
  readonly rewardRecipients: number;
  /** The payments' share of the batch of the reward round, each. */
  readonly constraintsPerRewardRecipient: number;
  readonly l1GasPerRewardRecipient: number;
  /** Base units by model, moved to the owners' own accounts. */
  readonly royaltiesSwept: Readonly<Record<string, bigint>>;
  /** Both sides of every request: three signatures and their checks, two hashes of files, one run of the model. */
  readonly inferencesPerSecond: number;
  readonly batchesProven: number;
  readonly operations: number;
  readonly batches: readonly BatchRow[];
  readonly phases: readonly Phase[];
  readonly seconds: number;
  readonly firstProvenBatchSeconds: number;
}

export interface AiOptions {
  /** Of each of the two long streams, half before the first claims and half after. */
  readonly inferencesPerStream: number;
}

/** With so many, the claims' share of two full batches is less than one gas an inference. */
export const INFERENCES_PER_STREAM = 35_000;
const DAY = 86_400;

/** Rules of the contract: a day passes in the story while proofs are under way, and the sequencer is not late. */
export const PATIENT = {
  graceSeconds: 7 * DAY,
  proveDeadlineSeconds: 7 * DAY,
  maxAgeSeconds: 7 * DAY,
  queueDeadlineSeconds: 21 * DAY,
};

export async function aiDemo(
  { onStep, onProgress, signal }: DemoOptions,
  ai: AiOptions = { inferencesPerStream: INFERENCES_PER_STREAM },
): Promise<AiDemoResult> {
  const start = performance.now();
  const devnet = await startDevnet({
    fund: false,
    shapes: ['dev'],
    blockMs: 500,
    batchMs: DAY * 1000, // the story closes its batches itself
    l1WaitMs: 5_000,
    settings: PATIENT,
    onStep,
    onProgress,
    signal,
  });
  try {
    return await runAi(devnet, { onStep, signal, start, constraintsOf: compiledConstraints }, ai);
  } finally {
    await devnet.stop();
  }
}

/** The story alone, on a devnet that runs and closes no batch by time. */
export async function runAi(
  devnet: Devnet,
  { onStep, signal, start, constraintsOf }: RunOptions,
  { inferencesPerStream }: AiOptions,
): Promise<AiDemoResult> {
  const phases = new Phases({ onStep, signal });
  const names = ['fees', 'alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace'] as const;
  const firstProof = await noteFirstProof(devnet);
  const world = await World.open(devnet, { names, rich: names });
  const { domain, time } = await devnet.rpc.request('engram_chainInfo', []);
  const streams = new Streams({ domain: field(BigInt(domain)), tell: (text) => phases.tell(text), signal });
  const stage: Stage = { world, phases, streams, inferencesPerStream, time, signal };
  try {
    const market = await prepare(stage);
    const claims = await trade(stage, market);
    const { recipients, transaction, royalties } = await reward(stage, market);
    await phases.run('waiting for the proofs', () => everythingProven(world, signal));
    await phases.run('the provider withdraws on L1', () => world.withdrawAll());
    const checks = await phases.run('checking every balance on both sides', () => world.reconcile());
    await phases.run('checking a receipt and an attestation against L1', () =>
      audit(stage, { market, claims, checks }),
    );

    const { proven } = await world.who('grace').l1.state();
    const batches = await batchRows(devnet, proven.batch, constraintsOf);
    const batchOf = async (hash: `0x${string}`): Promise<number> =>
      (await devnet.rpc.request('engram_getTransactionStatus', [hash])).batch ?? 0;
    const share = new Map<number, number>();
    for (const claim of claims) {
      const batch = await batchOf(claim.transaction);
      share.set(batch, (share.get(batch) ?? 0) + 1);
    }
    // A later claim's root holds the earlier claim's receipts, too.
    const newest = new Map(claims.map(({ channel, receipts }) => [channel, receipts]));
    const inferencesSettled = [...newest.values()].reduce((sum, count) => sum + count, 0);
    const claimCost = costOf(batches, share);
    const rewardCost = costOf(batches, new Map([[await batchOf(transaction), recipients]]));
    return {
      reconciled: checks.mismatches.length === 0,
      checks: checks.count,
      mismatches: checks.mismatches,
      inferencesSettled,
      vouchersSigned: streams.vouchersSigned,
      claims: claims.length,
      constraintsPerInference: rounded(claimCost.constraints / inferencesSettled),
      constraintsPerInferenceWhole: rounded(claimCost.constraintsWhole / inferencesSettled),
      l1GasPerInference: rounded(claimCost.gas / inferencesSettled),
      l1GasPerInferenceWhole: rounded(claimCost.gasWhole / inferencesSettled),
      rewardRecipients: recipients,
      constraintsPerRewardRecipient: rounded(rewardCost.constraints / recipients),
      l1GasPerRewardRecipient: rounded(rewardCost.gas / recipients),
      royaltiesSwept: Object.fromEntries([...royalties].map(([{ name }, amount]) => [name, amount])),
      inferencesPerSecond: streams.inferencesPerSecond,
      batchesProven: proven.batch,
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

/** All closed batches are proven and what they owe can be withdrawn. */
function everythingProven(world: World, signal: AbortSignal | undefined): Promise<void> {
  return waitForBatches(
    world.devnet,
    async () => {
      const { heads } = await world.devnet.rpc.request('engram_chainInfo', []);
      return heads.proven.batch === heads.unsafe.batch && (await world.isPayable());
    },
    signal,
  );
}

/** From L1 alone: the ledger, one receipt of each claim, who attested the fine-tune. From the node: what it says of the lineage. */
async function audit(
  { world, streams }: Stage,
  { market, claims, checks }: { market: Market; claims: readonly Claimed[]; checks: Checks },
): Promise<void> {
  const tree = await ledgerFromL1(world);
  for (const claim of claims) {
    const evidence = await streams.evidence(claim, Math.floor(claim.receipts / 3));
    await checkReceipt(world, claim, { tree, checks, evidence });
  }
  const { dataset, model, fineTune } = market.models;
  await checkAttestation(world, fineTune, { tree, checks, parent: model });
  await checkLineage(world, fineTune, { ancestors: [model, dataset], checks });
}
