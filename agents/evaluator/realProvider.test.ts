import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hexToBytes } from '../../protocol/bytes.ts';
import { decodeTx } from '../../protocol/codec/tx.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { claimsOf, type SettledClaim } from '../../protocol/receipts/settledClaims.ts';
import type { Field } from '../../protocol/types.ts';
import { ProviderApi } from '../consumer/providerApi.ts';
import type { ProviderTransport } from '../consumer/providerTransport.ts';
import type { ProviderService } from '../provider/providerService.ts';
import { FakeRunner } from '../provider/testing/fakeRunner.ts';
import { bob, buy, Market, PRICE } from '../provider/testing/fixture.ts';
import type { Finding } from './judging.ts';
import { sampleClaim } from './sampling.ts';

/** The real provider and its real claims, sampled by an evaluator who was no party to the channel. */
let market: Market;
let claims: SettledClaim[];
beforeEach(async () => {
  market = await Market.open();
  claims = [];
  const { node } = market;
  const request = node.request.bind(node);
  // What is sent to the ledger is what everybody reads off it.
  node.request = async (method, params) => {
    const answer = await request(method, params);
    if (method === 'engram_sendTransaction') {
      const { ops } = decodeTx(hexToBytes(String(params[0])));
      claims.push(...claimsOf({ l1Ops: [], exits: [], txOps: [ops] }));
    }
    return answer;
  };
});
afterEach(() => market.stop());

function transportTo(service: ProviderService): ProviderTransport {
  return {
    call: ({ method, path, headers, body = new Uint8Array() }) =>
      service.handle({ method, path, headers, body, address: '192.0.2.9' }),
    close: () => undefined,
  };
}

function sample(service: ProviderService, runner = new FakeRunner()): Promise<Finding[]> {
  const claim = claims.at(-1);
  if (claim === undefined) throw new RangeError('nothing was claimed');
  const terms = { provider: accountIndex(market.provider), model: accountIndex(market.model) };
  return sampleClaim(
    { claim, terms, providerKey: bob.key, price: PRICE },
    { domain: market.node.domain, salt: 5n as Field, count: 6 },
    { api: new ProviderApi(transportTo(service)), runner },
  );
}

/** The model of a provider that serves something else under the attested name. */
class OtherModel extends FakeRunner {
  override async run(input: Uint8Array): Promise<Uint8Array> {
    return Uint8Array.from(input, (byte) => byte ^ 0x55);
  }
}

const good = { kind: 'answered', isRepeated: true } as const;

describe('a real provider', () => {
  test('claims, and everything public under the root is verified and repeats', async () => {
    const service = await market.serve();
    await buy(service, await market.openChannel(), 7, 'public');
    await service.claimNow();
    expect(await sample(service)).toEqual([good, good, good, good, good, good]);
  });

  test('with a voucher that signs for the last receipt, too', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    await buy(service, channel, 4, 'public');
    await new ProviderApi(transportTo(service)).voucher(channel.voucher());
    await service.claimNow();
    expect(await sample(service)).toHaveLength(6);
  });

  test('shows nothing of private requests, and that is no fault', async () => {
    const service = await market.serve();
    await buy(service, await market.openChannel(), 5, 'private');
    await service.claimNow();
    expect(await sample(service)).toEqual([]);
  });

  test('that serves another model is caught by whoever runs the attested one', async () => {
    const service = await market.serve({}, { runner: new OtherModel() });
    await buy(service, await market.openChannel(), 5, 'public');
    await service.claimNow();
    const findings = await sample(service);
    expect(new Set(findings.map((finding) => JSON.stringify(finding)))).toEqual(
      new Set([JSON.stringify({ kind: 'fault', code: 'OUTPUT_MISMATCH' })]),
    );
  });
});
