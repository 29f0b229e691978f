/** The story, step by step; each step writes into the book what it should have done. */
import { join } from 'node:path';
import { parseEther } from 'viem';
import { GRACE_SECONDS } from '../../protocol/account.ts';
import { makeArtefacts } from './aiArtefacts.ts';
import { attestAll, type Channel, type Model, openChannel } from './aiMarket.ts';
import { type Claimed, claimAll, closeChannel, payments, sweep } from './aiSettle.ts';
import { MAX_PRICE } from './aiStream.ts';
import type { Streams } from './aiStreams.ts';
import { payRewards, type Recipient, registerContributors } from './contributors.ts';
import type { Phases } from './phases.ts';
import type { World } from './world.ts';

export interface Stage {
  readonly world: World;
  readonly phases: Phases;
  readonly streams: Streams;
  readonly inferencesPerStream: number;
  /** Seconds: the ledger's clock when the story began. */
  readonly time: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Market {
  readonly models: Awaited<ReturnType<typeof attestAll>>;
  /** On the model and on the fine-tune, for long; and on the model, for an hour. */
  readonly channels: readonly [Channel, Channel, Channel];
  readonly contributors: readonly Recipient[];
}

/** Of the channel that is left to expire. */
const SHORT_STREAM = 500;
/** With the two models' authors the round has 20 recipients: as many as a `dev` batch has accounts for. */
const NEW_CONTRIBUTORS = 18;
const HOUR = 3_600;
const DAY = 24 * HOUR;

const closeBatch = ({ world }: Stage): Promise<void> => world.devnet.node.sequencer.closeBatch();

/** Two batches: deposits, attestations and channels; the contributors' accounts. */
export async function prepare(stage: Stage): Promise<Market> {
  const { world, phases, streams, time, signal, inferencesPerStream } = stage;
  await phases.run('deposits from L1', async () => {
    for (const person of world.people) await world.deposit(person, world.token.id, parseEther('100'));
    for (const person of world.people) await person.findAccounts(1, signal);
  });
  const models = await phases.run('a dataset, a model trained from it and its fine-tune are attested', async () =>
    attestAll(world, await makeArtefacts(join(world.devnet.dataDir, 'artefacts'))),
  );
  const { model, fineTune } = models;
  const long = {
    provider: 'carol',
    deposit: MAX_PRICE * BigInt(inferencesPerStream),
    expiry: time + 90 * DAY,
  } as const;
  const brief = { provider: 'carol', deposit: MAX_PRICE * BigInt(2 * SHORT_STREAM), expiry: time + HOUR } as const;
  const channels = await phases.run('consumers open channels to a provider', async () => {
    const first = await openChannel(world, { name: 'channel1', consumer: 'alice', model, ...long });
    const second = await openChannel(world, { name: 'channel2', consumer: 'bob', model: fineTune, ...long });
    const third = await openChannel(world, { name: 'channel3', consumer: 'bob', model, ...brief });
    return [first, second, third] as const;
  });
  for (const channel of channels) await streams.open(channel);
  await closeBatch(stage);
  const contributors = await phases.run(`${NEW_CONTRIBUTORS} contributors get accounts`, () =>
    registerContributors(world, world.who('grace'), NEW_CONTRIBUTORS),
  );
  await closeBatch(stage);
  return { models, channels, contributors };
}

/** Two batches with claims, filled up with payments; between them the third channel expires. Returns all claims. */
export async function trade(stage: Stage, { channels }: Market): Promise<Claimed[]> {
  const { world, phases, streams, inferencesPerStream } = stage;
  const [first, second, third] = channels;
  const [alice, bob, carol] = [world.who('alice'), world.who('bob'), world.who('carol')];
  const half = Math.floor(inferencesPerStream / 2);
  const vouchers = await phases.run('inferences off-chain, each with a voucher and a receipt', () =>
    streams.run([
      [first, half],
      [second, half],
      [third, SHORT_STREAM],
    ]),
  );
  const claims = await phases.run('the provider claims from three channels in one bundle', async () => {
    const claimed = await claimAll(world, vouchers);
    await payments(world, alice, bob, 15);
    await payments(world, bob, alice, 14);
    await closeBatch(stage);
    return claimed;
  });
  const newer = await phases.run('more inferences', () =>
    streams.run([
      [first, inferencesPerStream - half],
      [second, inferencesPerStream - half],
    ]),
  );
  await phases.run('a day passes: the third channel is over', async () => {
    const { rpc } = world.devnet;
    const { time } = await rpc.request('engram_chainInfo', []);
    await rpc.request('engram_devAdvanceTime', [third.expiry + GRACE_SECONDS + 60 - time]);
  });
  return phases.run('the provider claims again and cashes in, the third channel is closed', async () => {
    claims.push(...(await claimAll(world, newer)));
    await closeChannel(world, third);
    const earned = parseEther('0.1');
    const token = world.token.id;
    await carol.send(token, [carol.exit(token, earned)]);
    world.book.move(`ledger:carol:${token}`, `paid:carol:${token}`, earned);
    await payments(world, alice, bob, 14);
    await payments(world, bob, alice, 14);
    await closeBatch(stage);
    return claims;
  });
}

export interface Rewarded {
  readonly recipients: number;
  readonly transaction: `0x${string}`;
  readonly royalties: ReadonlyMap<Model, bigint>;
}

/** One batch: owners take their royalties, the round is paid, other payments fill it. */
export async function reward(stage: Stage, { models, contributors }: Market): Promise<Rewarded> {
  const { world, phases } = stage;
  const token = world.token.id;
  const [erin, frank, grace] = [world.who('erin'), world.who('frank'), world.who('grace')];
  const royalties = await phases.run('royalties go from the models to their owners', async () => {
    const swept = new Map<Model, bigint>();
    for (const model of [models.model, models.fineTune]) swept.set(model, await sweep(world, model));
    return swept;
  });
  const authors = [erin, frank].map((author) => ({ name: author.name, index: author.indexOf(token) }));
  const recipients = [...contributors, ...authors];
  const transaction = await phases.run(
    `a reward round pays ${recipients.length} contributors in one bundle`,
    async () => {
      const hash = await payRewards(world, grace, recipients);
      await payments(world, erin, frank, 10);
      await closeBatch(stage);
      return hash;
    },
  );
  return { recipients: recipients.length, transaction, royalties };
}
