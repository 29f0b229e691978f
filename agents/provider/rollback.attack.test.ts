import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answered, infer, Market, PRICE, refusal } from './testing/fixture.ts';

/** The ledger goes back under a provider that has given answers: it must not go on for money that is not there. */
let market: Market;
beforeEach(async () => {
  market = await Market.open();
});
afterEach(() => market.stop());

const INPUT = new Uint8Array([1]);
const request = { price: PRICE, input: INPUT };

/** What the node says of a channel from now on; returns a function that undoes it. */
function saying(index: number, change: (view: object) => object | null): () => void {
  const { node } = market;
  const known = node.request.bind(node);
  node.request = async (method, params) => {
    const found = await known(method, params);
    const isIt = method === 'engram_getChannel' && Number(params[0]) === index;
    return isIt && found !== null ? change(found as object) : found; // a view, by the method's name
  };
  return () => {
    node.request = known;
  };
}

describe('a channel that the ledger took back', () => {
  const cases: readonly [string, (view: object) => object | null, string][] = [
    ['is gone', () => null, 'CHANNEL_UNKNOWN'],
    [
      'is another payer’s now',
      (view) => ({ ...view, voucherKey: { ...(view as { voucherKey: object }).voucherKey, x: '1' } }),
      'CHANNEL_UNKNOWN',
    ],
    ['pays somebody else now', (view) => ({ ...view, provider: 1 }), 'CHANNEL_UNKNOWN'],
    ['holds less than it did', (view) => ({ ...view, balance: '1', claimed: '0' }), 'CHANNEL_UNKNOWN'],
  ];
  for (const [what, change, code] of cases) {
    it(`and ${what} is served no longer than a minute, until it is there again`, async () => {
      const service = await market.serve();
      const channel = await market.openChannel();
      const first = await service.handle(infer(channel.next(undefined, request), INPUT));
      channel.receive(answered(first).receipt);
      const back = saying(channel.index, change);
      market.pass(61);
      const voucher = channel.next(undefined, request);
      expect(refusal(await service.handle(infer(voucher, INPUT)))).toEqual([402, code]);
      expect(market.runner.runs).toHaveLength(1);
      back();
      market.pass(61);
      channel.receive(answered(await service.handle(infer(voucher, INPUT))).receipt);
    });
  }

  it('is looked for while more channels are served than memory keeps, and none gets two books', async () => {
    const service = await market.serve({ limits: { idleChannels: 1, concurrency: 4 } });
    const channels = await Promise.all([1, 2, 3, 4].map(() => market.openChannel()));
    for (let round = 0; round < 4; round += 1) {
      market.pass(61);
      await Promise.all(
        channels.map(async (channel) => {
          const response = await service.handle(infer(channel.next(undefined, request), INPUT));
          channel.receive(answered(response).receipt);
        }),
      );
    }
    expect(channels.map(({ received }) => received)).toEqual([4, 4, 4, 4]);
  });

  it('is asked for once a minute, and served while the node is away', async () => {
    const service = await market.serve({ pollMs: 3_600_000 });
    const channel = await market.openChannel();
    const serve = async () =>
      channel.receive(answered(await service.handle(infer(channel.next(undefined, request), INPUT))).receipt);
    await serve();
    const asked = () => market.node.calls.filter((method) => method === 'engram_getChannel').length;
    const before = asked();
    await serve();
    expect(asked()).toBe(before);
    market.pass(61);
    await serve();
    await serve();
    expect(asked()).toBe(before + 1);
    market.isNodeAway = true;
    market.pass(61);
    await serve();
    market.isNodeAway = false;
  });
});
