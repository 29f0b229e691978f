import { custom } from 'viem';
import { describe, expect, it } from 'vitest';
import { CrashError, CrashPoint, crashingDb } from '../../chain/testing/crash.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { createLedgerClient } from '../../sdk/client.ts';
import type { Consumer } from './consumer.ts';
import type { ProviderTransport } from './providerTransport.ts';
import { FUNDS, type Market, openMarket, PRICE } from './testing/market.ts';

const QUESTIONS = [1, 2];
/** Anything but a crash is the consumer's own business; a crash ends the life. */
const survives = (error: unknown): undefined => {
  if (isCrash(error)) throw error;
  return undefined;
};

function isCrash(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof CrashError) return true;
  return false;
}

/** A consumer every effect of which can be its last: writes, questions, transactions. */
async function mortal(market: Market, crash: CrashPoint): Promise<Consumer> {
  const account = ledgerAccount(actor(1));
  const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    const ask = () => market.node.request(method, (params ?? []) as readonly unknown[]); // as JSON-RPC has them
    return method === 'engram_sendTransaction' ? crash.effect(ask) : crash.isDead ? crash.read(ask) : ask();
  };
  const transport = custom({ request }, { retryCount: 0 });
  const client = createLedgerClient({ chain: market.node.chain, transport, account, pollingIntervalMs: 1 });
  const [provider] = market.providers;
  const carried: ProviderTransport = {
    call: (call) => crash.effect(async () => provider?.call(call) ?? Promise.reject(new RangeError())),
    close: () => undefined,
  };
  return market.consumer({}, { account, client, store: crashingDb(market.db, crash), transport: () => carried });
}

/** Asks what has no answer yet, by what is stored: as a program that is started again would. */
async function live(consumer: Consumer): Promise<void> {
  await consumer.recover().catch(survives);
  for (const n of QUESTIONS) {
    if (await isAnswered(consumer, n)) continue;
    await consumer.infer(new Uint8Array([n]), { maxPrice: PRICE });
  }
  await consumer.acknowledge();
}

async function isAnswered(consumer: Consumer, n: number): Promise<boolean> {
  for (const { index } of await consumer.channels()) {
    for (let sequence = 0; sequence < QUESTIONS.length; sequence += 1) {
      const { answer, input } = await consumer.evidence(index, sequence);
      if (answer !== undefined && input?.[0] === n) return true;
    }
  }
  return false;
}

describe('a consumer that ends at any moment', () => {
  it('pays for every answer once, on one channel, and its book is one the provider accepts', async () => {
    let deaths = 0;
    for (let dieAt = 0; ; dieAt += 1) {
      const market = await openMarket();
      const crash = new CrashPoint(dieAt);
      await mortal(market, crash)
        .then(live)
        .catch((error: unknown) => expect(isCrash(error)).toBe(true));
      if (!crash.isDead) break;
      deaths += 1;
      const again = await mortal(market, new CrashPoint());
      await live(again);
      expect(await again.atRisk()).toBe(0n);
      expect(await again.channels()).toHaveLength(1);
      expect((await again.scores())[0]?.excluded).toBeUndefined();
      const [provider] = market.providers;
      expect(provider?.runs).toBe(QUESTIONS.length);
      const [served] = provider?.channels.values() ?? [];
      await served?.claim();
      expect(market.node.account(provider?.options.provider ?? 0)?.balance).toBe(2n * PRICE);
      expect(market.node.account(market.payer)?.balance).toBe(FUNDS - 20n * PRICE);
    }
    expect(deaths).toBeGreaterThan(12);
  });
});
