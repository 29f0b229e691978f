import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../models/seededRandom.ts';
import { jsonReply, lost } from './testing/fakeProvider.ts';
import { FUNDS, openMarket, PRICE } from './testing/market.ts';

/** Questions, calls lost on either way, refusals, restarts and closing vouchers, as a seed has it. */
async function life(seed: string) {
  const random = new SeededRandom(seed);
  const market = await openMarket();
  const [provider] = market.providers;
  if (provider === undefined) throw new RangeError();
  provider.between = async (call, answer) => {
    const fate = call.path === '/v1/info' ? 1 : random.unit();
    if (fate < 0.15) return lost();
    if (fate < 0.25) return jsonReply({ code: 'BUSY' }, 429);
    const given = await answer(call);
    return fate < 0.4 ? lost() : given;
  };
  let consumer = await market.consumer({ retries: 1, deposit: 6n * PRICE });
  let answers = 0;
  for (let step = 0; step < 25; step += 1) {
    const fate = random.unit();
    if (fate < 0.1) {
      await consumer.close();
      consumer = await market.consumer({ retries: 1, deposit: 6n * PRICE });
    } else if (fate < 0.2) await consumer.acknowledge();
    else if (fate < 0.3) await consumer.recover();
    else {
      // 255 is an input that the provider refuses
      const byte = random.unit() < 0.15 ? 255 : random.below(200);
      const answer = await consumer.infer(Uint8Array.of(byte), { maxPrice: PRICE }).catch(() => undefined);
      if (answer === undefined) continue;
      answers += 1;
      expect(answer.output).toEqual(Uint8Array.of(byte + 1));
    }
  }
  return { market, provider, consumer, answers };
}

describe('a network that loses calls and answers', () => {
  it.each(['1', '2', '3', '4'])(
    'costs a consumer no more than was delivered and one price, and blames nobody (seed %s)',
    async (seed) => {
      const { market, provider, consumer, answers } = await life(seed);
      expect(answers).toBeGreaterThan(3);
      const [score] = await consumer.scores();
      expect(score?.excluded).toBeUndefined();
      expect(await consumer.reports()).toEqual([]);
      // every run of the model was for an answer that is there, or for the one that is still open
      const channels = await consumer.channels();
      const open = channels.filter(({ pending }) => pending !== undefined).length;
      expect(open).toBeLessThanOrEqual(1);
      expect(await consumer.atRisk()).toBeLessThanOrEqual(PRICE);
      expect(score?.answered).toBeGreaterThanOrEqual(provider.runs - open);
      for (const served of provider.channels.values()) await served.claim().catch(() => undefined);
      const paid = market.node.account(provider.options.provider)?.balance ?? 0n;
      expect(paid).toBeLessThanOrEqual(BigInt(score?.answered ?? 0) * PRICE + PRICE);
      market.node.advance(3 * 86_400);
      await consumer.reclaim();
      expect(market.node.account(market.payer)?.balance).toBe(FUNDS - paid);
    },
  );
});
