/** A ledger in memory with a consumer, a model and providers that serve it. Tests only. */
import type { Clock } from '../../../chain/clock.ts';
import type { Db } from '../../../chain/db.ts';
import { memoryDb } from '../../../chain/testing/memoryDb.ts';
import { actor } from '../../../protocol/testing/actors.ts';
import { Subtype } from '../../../protocol/types.ts';
import { ledgerAccount } from '../../../sdk/accounts/ledgerAccount.ts';
import { createLedgerClient, type LedgerClient } from '../../../sdk/client.ts';
import { FAKE_TIME, FakeNode } from '../../../sdk/testing/fakeNode.ts';
import type { Audit } from '../../execution/executionDocument.ts';
import { Consumer } from '../consumer.ts';
import type { ConsumerDependencies, ConsumerOptions } from '../consumerTypes.ts';
import type { Offering } from '../offering.ts';
import type { Reexecutor } from '../reexecution.ts';
import { FakeProvider } from './fakeProvider.ts';

export const PRICE = 100n;
export const FUNDS = 1_000_000n;
export const MODEL_SHA256 = new Uint8Array(32).fill(1);

export interface Market {
  readonly node: FakeNode;
  readonly clock: Clock;
  readonly client: LedgerClient;
  /** The consumer's KEY account. */
  readonly payer: number;
  readonly model: number;
  readonly providers: readonly FakeProvider[];
  readonly db: Db;
  readonly offerings: () => readonly Offering[];
  /** The honest model, as somebody runs it again. */
  readonly runner: Reexecutor;
  consumer(options?: Partial<ConsumerOptions>, deps?: Partial<ConsumerDependencies>): Promise<Consumer>;
}

export const endpointOf = (n: number) => `memory:${n}`;

export async function openMarket(count = 1): Promise<Market> {
  const node = new FakeNode();
  const accountOf = (n: number) => ledgerAccount(actor(n));
  const clientOf = (n: number) =>
    createLedgerClient({ chain: node.chain, transport: node.transport(), account: accountOf(n), pollingIntervalMs: 1 });
  const payer = node.deposit(accountOf(1), FUNDS);
  node.deposit(accountOf(2), 1_000n);
  const { index: model } = await clientOf(2).attest({ sha256: MODEL_SHA256, subtype: Subtype.MODEL, royaltyBps: 0 });
  const now = () => FAKE_TIME;
  const providers = Array.from({ length: count }, (_, n) => {
    const provider = node.deposit(accountOf(10 + n), 0n);
    const terms = { provider, model, modelSha256: MODEL_SHA256, domain: node.domain, now, price: PRICE };
    return new FakeProvider({ client: clientOf(10 + n), ...terms });
  });
  const clock: Clock = { nowMs: () => FAKE_TIME * 1000, sleep: async () => undefined };
  const offerings = () =>
    providers.map(({ options: { provider, price } }, n) => ({ endpoint: endpointOf(n), provider, price }));
  const db = memoryDb();
  const [account, client] = [accountOf(1), clientOf(1)];
  const byEndpoint = (endpoint: string): FakeProvider => {
    const found = providers.find((_, n) => endpointOf(n) === endpoint);
    if (found === undefined) throw new RangeError(endpoint);
    return found;
  };
  const runner: Reexecutor = {
    sha256: MODEL_SHA256,
    execution: (audit: Audit) => ({ word: byEndpoint(endpointOf(0)).word(audit) }),
    run: async (input) => input.map((byte) => byte + 1),
  };
  return {
    ...{ node, clock, client, payer, model, providers, db, offerings, runner },
    consumer: (options = {}, deps = {}) =>
      Consumer.open(
        { explore: 0, ...options },
        {
          ...{ client, account, store: db, transport: byEndpoint, clock, random: () => 0.99 },
          discover: async () => offerings(),
          ...deps,
        },
      ),
  };
}
