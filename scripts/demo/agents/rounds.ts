/** One epoch: answers are bought and checked, claimed, judged, the scores revealed, the epoch paid. */

import { nodePort } from '../../../agents/evaluator/chainPort.ts';
import { Keeper } from '../../../agents/evaluator/keeper.ts';
import { nodeSource } from '../../../agents/evaluator/ledgerSource.ts';
import type { ModelRunner } from '../../../agents/execution/modelRunner.ts';
import { labelled, labelOf } from '../../../agents/models/task.ts';
import type { Db } from '../../../chain/db.ts';
import { epochStart, revealStart } from '../../../protocol/epochs/serviceDocument.ts';
import type { World } from '../world.ts';
import { KEEPER, type Market, partyOf } from './market.ts';
import type { Buyer, Judges } from './people.ts';
import { type Providers, required } from './providers.ts';

/** What a buyer pays for at most, base units: enough for the dearest. */
const MAX_PRICE = 20n * 10n ** 15n;
/** Of the dear model's answers, how many each buyer buys in an epoch; half as many of the cheap one's. */
export const ANSWERS = 12;
/** All wait for blocks and proofs in between: ten minutes at most. */
const STEP_MS = 250;
const STEPS = 2_400;

export interface Stage {
  readonly world: World;
  readonly market: Market;
  readonly runners: ReadonlyMap<string, ModelRunner>;
  readonly providers: Providers;
  readonly buyers: readonly Buyer[];
  readonly judges: Judges;
  readonly tell: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Shopping {
  readonly bought: number;
  readonly right: number;
  /** Answers that a provider was caught at. */
  readonly caught: number;
}

/** To a second of the service's time. Closes the open batch and waits until L1 has all. */
export async function goTo({ world }: Pick<Stage, 'world'>, time: number): Promise<void> {
  const { rpc } = world.devnet;
  const info = await rpc.request('engram_chainInfo', []);
  if (time > info.time) await rpc.request('engram_devAdvanceTime', [time - info.time]);
}

/** Both buyers ask for labelled digits; the cheapest provider that they trust answers. */
export async function buy({ market, buyers, runners }: Stage, epoch: number): Promise<Shopping> {
  let [bought, right, caught] = [0, 0, 0];
  for (const [n, { consumer }] of buyers.entries()) {
    const questions = labelled('digits', { seed: `epoch ${epoch} buyer ${n}`, count: ANSWERS + ANSWERS / 2 });
    for (const [i, { input, label }] of questions.entries()) {
      const name = i < ANSWERS ? 'digitsFine' : 'digitsSmall';
      const runner = required(runners, name);
      const model = required(market.models, name);
      const { output, failures } = await consumer.infer(input, { model, maxPrice: MAX_PRICE, audit: 'public', runner });
      bought += 1;
      if (labelOf('digits', output) === label) right += 1;
      caught += failures.length;
    }
    await consumer.acknowledge();
  }
  return { bought, right, caught };
}

/** Judges, commits, and once the time has come reveals. */
export async function judge(stage: Stage, epoch: number): Promise<void> {
  const { judges, market } = stage;
  const { document } = market;
  await until(stage, async () => {
    const reports = await Promise.all(judges.list.map(({ evaluator }) => evaluator.step(stage.signal)));
    return reports.every(({ state }) => state === 'judging');
  });
  for (const { consumer } of judges.list) await consumer.acknowledge();
  await stage.providers.claimAll();
  await goTo(stage, revealStart(document, epoch) - 30);
  const stepUntil = (wanted: string): Promise<void> =>
    until(stage, async () => {
      const states: string[] = [];
      for (const { evaluator } of judges.list) states.push((await evaluator.step(stage.signal)).state);
      return states.every((state) => state === wanted);
    });
  const before = await noncesOf(stage);
  await stepUntil('committed');
  await until(stage, async () => (await noncesOf(stage)).every((nonce, n) => nonce > (before[n] ?? 0)));
  await goTo(stage, revealStart(document, epoch) + 1);
  // Before anybody reveals L1 has to have a batch of this time: no commitment can follow then.
  const { client, index: from } = partyOf(market, KEEPER);
  await client.waitFor(await client.transfer({ from, to: from, amount: 1n }), 'included');
  await stage.world.devnet.node.sequencer.closeBatch();
  await stepUntil('revealed');
  for (const { name, evaluator } of judges.list) {
    const work = await evaluator.work(epoch);
    const weights = work?.decision?.weights.map(([agent, weight]) => `${agent}: ${weight}`).join(', ') ?? 'none';
    stage.tell(`${name}: ${weights}`);
  }
}

/** Transactions that the evaluators' accounts have sent. */
async function noncesOf({ market, judges }: Stage): Promise<number[]> {
  return Promise.all(
    judges.list.map(async ({ name }) => {
      const { client, index } = partyOf(market, name);
      return (await client.getAccount(index)).nonce;
    }),
  );
}

/** Goes past the end of the epoch, and pays it once proven batches say what is due. */
export async function pay(stage: Stage, keeper: Keeper, epoch: number): Promise<void> {
  const { market, world, signal } = stage;
  const { service, document } = market;
  const { sequencer } = world.devnet.node;
  await goTo(stage, epochStart(document, epoch + 1) + 1);
  const { client, index: from } = partyOf(market, KEEPER);
  // A batch of the next epoch, so that this one is over by the ledger's data.
  await client.waitFor(await client.transfer({ from, to: service, amount: 1n }), 'included');
  await sequencer.closeBatch();
  await everythingProven(stage);
  await keeper.pay(epoch, signal);
  await until(stage, async () => {
    const { state } = await keeper.pay(epoch, signal);
    if (state === 'waiting') await sequencer.closeBatch();
    return state !== 'waiting';
  });
}

/** Every batch that was closed. */
export async function everythingProven(stage: Stage): Promise<void> {
  await until(stage, async () => {
    const { heads } = await stage.world.devnet.rpc.request('engram_chainInfo', []);
    return heads.proven.batch === heads.unsafe.batch;
  });
}

export async function openKeeper(market: Market, db: Db): Promise<Keeper> {
  const { client, account, index } = partyOf(market, KEEPER);
  const chain = nodePort(client, account);
  const { service, document } = market;
  return Keeper.open(
    { service, document, domain: chain.domain, account: index },
    { chain, source: nodeSource(client, 'proven'), db },
  );
}

async function until({ signal }: Pick<Stage, 'signal'>, isDone: () => Promise<boolean>): Promise<void> {
  for (let step = 0; step < STEPS; step += 1) {
    signal?.throwIfAborted();
    if (await isDone()) return;
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
  throw new RangeError('nothing comes to an end');
}
