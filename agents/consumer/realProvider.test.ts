import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../chain/clock.ts';
import { silentLogger } from '../../chain/logger.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { receiptHash } from '../../protocol/receipts/receipt.ts';
import { verifyReceiptProof } from '../../protocol/receipts/receiptTree.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { Subtype } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { createLedgerClient } from '../../sdk/client.ts';
import { FAKE_TIME, FakeNode } from '../../sdk/testing/fakeNode.ts';
import { DialogueError } from '../dialogue/dialogueError.ts';
import { dialogueRequests } from '../dialogue/dialogueHttp.ts';
import { ModelRunner } from '../execution/modelRunner.ts';
import { tinyInput, tinyModel } from '../execution/testing/testModels.ts';
import { providerOptions } from '../provider/options.ts';
import { ProviderService } from '../provider/providerService.ts';
import { Consumer } from './consumer.ts';
import { ConsumerError } from './consumerError.ts';
import type { ConsumerDependencies } from './consumerTypes.ts';
import { HttpTransport } from './httpTransport.ts';
import { ProviderApi } from './providerApi.ts';
import type { ProviderTransport } from './providerTransport.ts';

const PRICE = 100n;
const [alice, bob] = [ledgerAccount(actor(1)), ledgerAccount(actor(2))];
const node = new FakeNode();
const clientOf = (account: typeof alice) =>
  createLedgerClient({ chain: node.chain, transport: node.transport(), account, pollingIntervalMs: 1 });
let runner: ModelRunner;
let service: ProviderService;
let model = 0;
let runs = 0;

beforeAll(async () => {
  runner = await ModelRunner.load(tinyModel());
  node.deposit(alice, 1_000_000n);
  node.deposit(bob, 0n);
  ({ index: model } = await clientOf(bob).attest({ sha256: runner.sha256, subtype: Subtype.MODEL }));
  const counted = {
    ...{ sha256: runner.sha256, inputs: runner.inputs, outputs: runner.outputs },
    execution: (audit: 'public' | 'private') => runner.execution(audit),
    run: (...parameters: Parameters<ModelRunner['run']>) => {
      runs += 1;
      return runner.run(...parameters);
    },
  };
  const clock = { ...systemClock, nowMs: () => FAKE_TIME * 1000 };
  const deps = { client: clientOf(bob), account: bob, runner: counted, store: memoryDb(), log: silentLogger, clock };
  service = await ProviderService.start(providerOptions({ model, price: PRICE }), deps);
});
afterAll(async () => {
  await service?.stop();
  await runner?.close();
});

const consumerOf = (deps: Partial<ConsumerDependencies> = {}) =>
  Consumer.open(
    { allowPrivateAddresses: true, retries: 1 },
    { client: clientOf(alice), account: alice, store: memoryDb(), ...deps },
  );
const options = () => ({ maxPrice: PRICE, endpoint: service.url, model, sha256: runner.sha256 });

describe('a consumer and a provider over HTTP', () => {
  it('agree on every message: answers, receipts, samples and the book', async () => {
    const consumer = await consumerOf();
    const before = runs;
    const answers = [];
    for (let n = 0; n < 3; n += 1) {
      const question = { ...options(), audit: 'public', runner, check: 'always' } as const;
      answers.push(await consumer.infer(tinyInput([n, 1, 2, 3]), question));
    }
    expect(runs - before).toBe(3);
    expect(answers.map(({ check }) => check)).toEqual(['same', 'same', 'same']);
    expect(answers[0]?.receipt.execution).toBe(runner.execution('public').word);
    await consumer.acknowledge();
    await service.claimNow();
    const channel = answers[0]?.channel ?? 0;
    expect(node.account(channel)?.claimed).toBe(3n * PRICE);

    const api = new ProviderApi(service.url, { allowPrivateAddresses: true });
    const sample = await api.sample(channel, 1, 3);
    expect(sample.input).toEqual(tinyInput([1, 1, 2, 3]));
    expect(sample.output).toEqual(answers[1]?.output);
    const served = sample.receipt;
    expect(receiptHash(served)).toBe(receiptHash(answers[1]?.receipt ?? served));
    const { root } = await api.channel(channel, await proofOf(consumer, channel));
    expect(verifyReceiptProof(root, receiptHash(served), sample.proof)).toBe(true);
    await expect(api.channel(channel, '00'.repeat(96))).rejects.toMatchObject({ details: { refusal: 'NOT_FOUND' } });
    api.close();
    await consumer.close();
  });

  it('keep private answers private', async () => {
    const consumer = await consumerOf();
    const { channel } = await consumer.infer(tinyInput([9, 9, 9, 9]), options());
    const api = new ProviderApi(service.url, { allowPrivateAddresses: true });
    await expect(api.sample(channel, 0, 1)).rejects.toMatchObject({ code: 'REFUSED' });
    api.close();
    await consumer.close();
  });

  it('find each other again when answers get lost: by the same voucher, or from the book', async () => {
    for (const losses of [1, 2]) {
      let left = losses;
      const transport = (endpoint: string): ProviderTransport => {
        const http = new HttpTransport(endpoint, { allowPrivateAddresses: true });
        return {
          call: async (call, limits) => {
            const reply = await http.call(call, limits);
            if (call.path === '/v1/infer' && left-- > 0) throw new ConsumerError('UNREACHABLE', 'lost on the way back');
            return reply;
          },
          close: () => http.close(),
        };
      };
      const consumer = await consumerOf({ transport });
      const before = runs;
      const answer = await consumer.infer(tinyInput([losses, 0, 0, 0]), options());
      expect(answer.output).toEqual(await runner.run(tinyInput([losses, 0, 0, 0])));
      expect(runs - before).toBe(1);
      expect(await consumer.atRisk()).toBe(0n);
      await consumer.close();
    }
  });

  it('go on after the consumer ended in the middle of a request', async () => {
    const store = memoryDb();
    const transport = (endpoint: string): ProviderTransport => {
      const http = new HttpTransport(endpoint, { allowPrivateAddresses: true });
      return {
        call: async (call, limits) => {
          const reply = await http.call(call, limits);
          if (call.path === '/v1/infer' || call.path.startsWith('/v1/channels'))
            throw new RangeError('the process ends');
          return reply;
        },
        close: () => http.close(),
      };
    };
    const dying = await consumerOf({ transport, store });
    await expect(dying.infer(tinyInput([5, 5, 5, 5]), options())).rejects.toThrow(RangeError);
    await dying.close();
    const before = runs;
    const again = await consumerOf({ store });
    expect(await again.atRisk()).toBe(PRICE);
    expect(await again.recover()).toBe(0);
    expect(await again.atRisk()).toBe(0n);
    expect(runs).toBe(before);
    await again.close();
  });

  it('speak a dialogue at the provider’s own address', async () => {
    const heard: unknown[] = [];
    const desk = {
      handle: async (json: unknown) => {
        heard.push(json);
        if (heard.length > 1) throw new DialogueError('OUT_OF_TURN', 'not now');
        return undefined;
      },
    };
    const clock = { ...systemClock, nowMs: () => FAKE_TIME * 1000 };
    const deps = { client: clientOf(bob), account: bob, runner, store: memoryDb(), log: silentLogger, clock };
    const selling = await ProviderService.start(providerOptions({ model, price: PRICE }), {
      ...deps,
      extra: dialogueRequests(desk),
    });
    const api = new ProviderApi(selling.url, { allowPrivateAddresses: true });
    expect(await api.dialogue({ a: 1 })).toBeUndefined();
    expect(heard).toEqual([{ a: 1 }]);
    await expect(api.dialogue({})).rejects.toMatchObject({ details: { refusal: 'OUT_OF_TURN', status: 409 } });
    expect((await api.info()).price).toBe(PRICE);
    api.close();
    await selling.stop();
  });

  it('stay together when the provider refuses an input', async () => {
    const consumer = await consumerOf();
    await expect(consumer.infer(new Uint8Array([1, 2]), options())).rejects.toMatchObject({
      details: { refusal: 'BAD_TENSOR', status: 422 },
    });
    expect((await consumer.infer(tinyInput([1, 2, 3, 4]), options())).receipt.sequence).toBe(0);
    await consumer.close();
  });
});

async function proofOf(consumer: Consumer, channel: number): Promise<string> {
  const record = (await consumer.channels()).find(({ index }) => index === channel);
  if (record === undefined) throw new RangeError();
  return consumer.proof(record);
}
