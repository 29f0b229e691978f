/** Three providers with books on disk and HTTP of their own. One announces a model and runs another. */
import { join } from 'node:path';
import { announce } from '../../../agents/discovery/announce.ts';
import { ModelRunner } from '../../../agents/execution/modelRunner.ts';
import { providerOptions } from '../../../agents/provider/options.ts';
import { noMetrics } from '../../../agents/provider/providerMetrics.ts';
import { ProviderService } from '../../../agents/provider/providerService.ts';
import type { Runner } from '../../../agents/provider/runner.ts';
import { systemClock } from '../../../chain/clock.ts';
import { type Db, openLevel } from '../../../chain/db.ts';
import { silentLogger } from '../../../chain/logger.ts';
import { type Market, partyOf } from './market.ts';

/** What each serves by its announcement, and for how much an answer. */
interface Trade {
  readonly name: string;
  readonly model: string;
  readonly price: bigint;
  /** What really runs, if it is another. */
  readonly runs?: string;
}

const MILLI = 10n ** 15n;

export const TRADES: readonly Trade[] = [
  { name: 'carol', model: 'digitsFine', price: 10n * MILLI },
  { name: 'dave', model: 'digitsSmall', price: 6n * MILLI },
  // Cheaper than carol with "the same" model: consumers try it first.
  { name: 'erin', model: 'digitsFine', price: 8n * MILLI, runs: 'digitsSmall' },
];

export interface RunningProvider {
  readonly trade: Trade;
  readonly service: ProviderService;
}

/** The models of the market, each run by anybody who has the file. */
export async function loadRunners({ catalog }: Market): Promise<ReadonlyMap<string, ModelRunner>> {
  const { digits, digitsFine, digitsSmall } = catalog;
  const runners = new Map<string, ModelRunner>();
  for (const { name, modelFile } of [digits, digitsFine, digitsSmall]) {
    runners.set(name, await ModelRunner.load(modelFile));
  }
  return runners;
}

export class Providers {
  readonly running: RunningProvider[] = [];
  readonly #stores: Db[] = [];

  async start(market: Market, runners: ReadonlyMap<string, ModelRunner>, dataDir: string): Promise<void> {
    for (const trade of TRADES) {
      const { account, client, index } = partyOf(market, trade.name);
      const store = await openLevel(join(dataDir, `provider-${trade.name}`));
      this.#stores.push(store);
      const listen = { host: '127.0.0.1', port: 0 };
      const model = required(market.models, trade.model);
      const agent = required(market.agents, trade.name);
      const options = providerOptions({ model, provider: index, price: trade.price, listen, pollMs: 500 });
      const runner = runnerOf(trade, runners);
      const log = silentLogger;
      const service = await ProviderService.start(options, {
        ...{ client, account, runner, store, log, clock: systemClock, metrics: noMetrics },
      });
      this.running.push({ trade, service });
      const capability = {
        ...{ execution: runner.execution('public').word, model, name: 'digits', price: trade.price },
        ...{ sha256: `0x${Buffer.from(runner.sha256).toString('hex')}` as const, token: service.identity.token },
      };
      await announce(client, {
        account,
        document: {
          ...{ agent, owner: index, name: trade.name, endpoint: service.url, capabilities: [capability] },
          expiry: (await client.getChainInfo()).time + 6 * 86_400,
        },
      });
    }
  }

  /** Every channel that is worth its fee, now. */
  async claimAll(): Promise<void> {
    for (const { service } of this.running) await service.claimNow();
  }

  async stop(): Promise<void> {
    for (const { service } of this.running) await service.stop();
    for (const store of this.#stores) await store.close();
  }
}

function runnerOf({ model, runs }: Trade, runners: ReadonlyMap<string, ModelRunner>): Runner {
  const told = required(runners, model);
  if (runs === undefined) return told;
  const real = required(runners, runs);
  const { sha256, inputs, outputs } = told;
  return {
    ...{ sha256, inputs, outputs },
    execution: (audit) => told.execution(audit),
    run: (input, options) => real.run(input, options),
  };
}

export function required<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const found = map.get(key);
  if (found === undefined) throw new RangeError(`there is no ${String(key)}`);
  return found;
}
