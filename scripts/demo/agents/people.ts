/** Those who buy and those who judge: both find providers by announcements that they verify. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Consumer } from '../../../agents/consumer/consumer.ts';
import type { Offering } from '../../../agents/consumer/offering.ts';
import { ProviderApi } from '../../../agents/consumer/providerApi.ts';
import { type Candidate, findProviders } from '../../../agents/discovery/findProviders.ts';
import { nodePort } from '../../../agents/evaluator/chainPort.ts';
import { Evaluator, type EvaluatorDeps } from '../../../agents/evaluator/evaluator.ts';
import { nodeSource } from '../../../agents/evaluator/ledgerSource.ts';
import { consumerShopper } from '../../../agents/evaluator/shopping.ts';
import type { ModelRunner } from '../../../agents/execution/modelRunner.ts';
import { CLASSES, labelled, labelOf } from '../../../agents/models/task.ts';
import { type Db, openLevel } from '../../../chain/db.ts';
import { field } from '../../../protocol/field.ts';
import { CONSUMERS, EVALUATORS, type Market, partyOf } from './market.ts';

/** The providers are on this machine. */
const LOCAL = { allowPrivateAddresses: true } as const;
const DEPOSIT = 10n ** 18n;
const MAX_PRICE = 20n * 10n ** 15n;
/** Answers that an evaluator buys of each provider in an epoch. */
const PURCHASES = 24;

export interface Buyer {
  readonly name: string;
  readonly consumer: Consumer;
}

export interface Judge {
  readonly name: string;
  readonly evaluator: Evaluator;
  readonly consumer: Consumer;
}

/** What a channel of a buyer or a judge holds when it is opened, base units. */
export const CHANNEL_DEPOSIT = DEPOSIT;

function offeringOf({ owner, endpoint, capability }: Candidate): Offering {
  const { price, execution } = capability;
  return { provider: owner, price, endpoint, execution };
}

async function openConsumer(market: Market, name: string, dataDir: string): Promise<Consumer> {
  const { client, account, index } = partyOf(market, name);
  const { service } = market;
  const { token } = await client.getAccount(index);
  return Consumer.open(
    { ...LOCAL, token, from: index, deposit: DEPOSIT, channelSeconds: 2 * 86_400, checkShare: 0.2, explore: 0 },
    {
      ...{ client, account, store: join(dataDir, `consumer-${name}`) },
      discover: async ({ model }) =>
        (await findProviders(client, { service, ...(model !== undefined && { model }) })).map(offeringOf),
    },
  );
}

export async function openBuyers(market: Market, dataDir: string): Promise<readonly Buyer[]> {
  return Promise.all(CONSUMERS.map(async (name) => ({ name, consumer: await openConsumer(market, name, dataDir) })));
}

export class Judges {
  readonly list: Judge[] = [];
  readonly #stores: Db[] = [];

  async open(market: Market, runners: ReadonlyMap<string, ModelRunner>, dataDir: string): Promise<void> {
    const { service, document, models } = market;
    const byModel = new Map([...runners].map(([name, runner]) => [models.get(name), runner]));
    for (const [n, name] of EVALUATORS.entries()) {
      const { client, account, index } = partyOf(market, name);
      const consumer = await openConsumer(market, name, dataDir);
      const chain = nodePort(client, account);
      const db = await openLevel(join(dataDir, `evaluator-${name}`));
      this.#stores.push(db);
      const deps: EvaluatorDeps = {
        ...{ chain, db, source: nodeSource(client, 'included') },
        shopper: consumerShopper(consumer, { maxPrice: MAX_PRICE }),
        targets: async () =>
          (await findProviders(client, { service })).map(({ agent, owner, endpoint, capability }) => {
            return { agent, owner, endpoint, model: capability.model, price: capability.price };
          }),
        api: (endpoint) => new ProviderApi(endpoint, LOCAL),
        runner: (model) => byModel.get(model),
        question: (salt, number) => labelled('digits', { seed: `${salt} ${n}`, count: number + 1 }).at(-1),
        labelOf: (output) => labelOf('digits', output),
        random: () => field(BigInt(`0x${randomBytes(31).toString('hex')}`)),
      };
      const options = { service, document, domain: chain.domain, account: index, classes: CLASSES.digits };
      const evaluator = await Evaluator.open(
        { ...options, purchases: PURCHASES, purchasesAStep: PURCHASES, samples: 4 },
        deps,
      );
      this.list.push({ name, evaluator, consumer });
    }
  }

  async stop(): Promise<void> {
    for (const { consumer } of this.list) await consumer.close();
    for (const store of this.#stores) await store.close();
  }
}
