import { sha256 } from '@noble/hashes/sha2.js';
import { afterEach, describe, expect, it } from 'vitest';
import { type SignedDocument, signedDocumentJson } from '../../protocol/documents/signedDocument.ts';
import { ZERO } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { Subtype } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import type { ProviderChannel } from '../../sdk/channels/providerChannel.ts';
import { createLedgerClient } from '../../sdk/client.ts';
import { FAKE_TIME, FakeNode } from '../../sdk/testing/fakeNode.ts';
import { ProviderApi } from '../consumer/providerApi.ts';
import { registerAgent } from '../discovery/registerAgent.ts';
import { BuyerThread } from './buyerThread.ts';
import { type DialogueListener, listenDialogue } from './dialogueHttp.ts';
import { type Seller, SellerDesk, type SellerDeskOptions } from './sellerDesk.ts';

const PRICE = 100n;
const [alice, bob] = [ledgerAccount(actor(1)), ledgerAccount(actor(2))];
let listener: DialogueListener | undefined;
afterEach(async () => listener?.stop());

async function open(options: Partial<SellerDeskOptions> = {}) {
  const node = new FakeNode();
  const clientOf = (account: typeof alice) =>
    createLedgerClient({ chain: node.chain, transport: node.transport(), account, pollingIntervalMs: 1 });
  const [client, sellerClient] = [clientOf(alice), clientOf(bob)];
  node.deposit(alice, 1_000_000n);
  const provider = node.deposit(bob, 0n);
  const { index: model } = await sellerClient.attest({ sha256: new Uint8Array(32).fill(1), subtype: Subtype.MODEL });
  const { index: agent } = await registerAgent(sellerClient, { account: bob, name: 'seller' });
  const { index: buyer } = await registerAgent(client, { account: alice, name: 'buyer' });
  let served: ProviderChannel | undefined;
  let runs = 0;
  const seller: Seller = {
    quote: ({ capability }) => (capability === 'add' ? { price: PRICE } : { reason: 'not sold here' }),
    escrowFor: () => ({ provider, model, token: 0 }),
    work: async ({ channel, input, voucher, price }) => {
      served ??= await sellerClient.acceptChannel({ channel, model, now: () => FAKE_TIME });
      served.accept(voucher, { price });
      runs += 1;
      const output = input.map((byte) => byte + 1);
      const receipt = served.issue({ price, inputHash: sha256(input), outputHash: sha256(output), execution: ZERO });
      return { output, receipt };
    },
    settle: async (voucher) => void served?.accept(voucher, { price: 0n }),
  };
  const now = () => FAKE_TIME;
  const desk = new SellerDesk({ agent, ...options }, { client: sellerClient, account: bob, seller, now });
  listener = await listenDialogue(desk, { maxBytes: 20_000 });
  const api = new ProviderApi(listener.url, { allowPrivateAddresses: true });
  const parties = { agent: buyer, seed: alice.seed, other: agent, otherKey: bob.key, domain: node.domain };
  let threads = 0;
  const thread = () => {
    threads += 1;
    return new BuyerThread(parties, new Uint8Array(32).fill(threads));
  };
  const say = async (message: SignedDocument) => {
    const reply = await api.dialogue(signedDocumentJson.encode(message));
    return reply === undefined ? undefined : signedDocumentJson.decode(reply);
  };
  const request = { capability: 'add', count: 2, deadline: FAKE_TIME + 600, maxPrice: PRICE };
  const agreed = async (buys = thread(), change: object = {}) => {
    const offer = await say(buys.request({ ...request, ...change }, FAKE_TIME));
    if (offer !== undefined) buys.receive(offer, FAKE_TIME);
    return buys;
  };
  const escrow = (change: object = {}) =>
    client.openChannel({ provider, model, amount: 2n * PRICE, lifetimeSeconds: 900, ...change });
  return {
    node,
    client,
    sellerClient,
    provider,
    model,
    agent,
    buyer,
    api,
    thread,
    say,
    request,
    agreed,
    escrow,
    parties,
    runs: () => runs,
    served: () => served,
  };
}

const refused = (refusal: string) => ({ code: 'REFUSED', details: expect.objectContaining({ refusal }) });

describe('a desk over HTTP', () => {
  it('sells for an escrow, answer by answer, and is paid', async () => {
    const { node, say, agreed, escrow, served, provider, runs } = await open();
    const buys = await agreed();
    const paying = await escrow();
    expect(await say(buys.accept(accountIndex(paying.index), FAKE_TIME))).toBeUndefined();
    for (const byte of [1, 2]) {
      const input = new Uint8Array([byte]);
      const work = buys.work({ input, voucher: paying.next(undefined, { price: PRICE, input }) }, FAKE_TIME);
      const result = await say(work);
      if (result === undefined) throw new RangeError();
      // the answer got lost: the same message brings it again, and nothing runs twice
      expect(await say(work)).toEqual(result);
      const event = buys.receive(result, FAKE_TIME);
      if (event?.kind !== 'RESULT') throw new RangeError();
      paying.receive(event.receipt);
      expect(event.output).toEqual(new Uint8Array([byte + 1]));
    }
    expect(runs()).toBe(2);
    await say(buys.settle(paying.voucher(), FAKE_TIME));
    await served()?.claim();
    expect(node.account(provider)?.balance).toBe(2n * PRICE);
  });

  it('makes no offer for what it does not sell, or above the price', async () => {
    const { agreed, thread } = await open();
    expect((await agreed(thread(), { capability: 'other' })).state).toBe('rejected');
    expect((await agreed(thread(), { maxPrice: PRICE - 1n })).state).toBe('rejected');
  });

  it('works for no escrow that is not there, too small, or another thread’s', async () => {
    const { say, agreed, escrow } = await open();
    const first = await agreed();
    const missing = first.accept(accountIndex(1_000), FAKE_TIME);
    await expect(say(missing)).rejects.toMatchObject(refused('ESCROW_REFUSED'));
    const second = await agreed();
    const small = await escrow({ amount: 2n * PRICE - 1n });
    await expect(say(second.accept(accountIndex(small.index), FAKE_TIME))).rejects.toMatchObject(
      refused('ESCROW_REFUSED'),
    );
    const paying = await escrow();
    const [third, fourth] = [await agreed(), await agreed()];
    await say(third.accept(accountIndex(paying.index), FAKE_TIME));
    await expect(say(fourth.accept(accountIndex(paying.index), FAKE_TIME))).rejects.toMatchObject(
      refused('ESCROW_REFUSED'),
    );
  });

  it('takes one of two threads that accept with the same escrow at once', async () => {
    const { say, agreed, escrow } = await open();
    const [first, second] = [await agreed(), await agreed()];
    const { index } = await escrow();
    const accepted = await Promise.allSettled(
      [first, second].map((buys) => say(buys.accept(accountIndex(index), FAKE_TIME))),
    );
    expect(accepted.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('opens no more threads for a key with many agents', async () => {
    const { client, say, request, parties } = await open({ maxThreadsOfAgent: 2 });
    for (const n of [1, 2, 3]) {
      const { index: agent } = await registerAgent(client, { account: alice, name: `buyer ${n}` });
      const buys = new BuyerThread({ ...parties, agent }, new Uint8Array(32).fill(100 + n));
      const said = say(buys.request(request, FAKE_TIME));
      if (n < 3) expect(await said).toBeDefined();
      else await expect(said).rejects.toMatchObject(refused('TOO_MANY'));
    }
  });

  it('loses nothing to a buyer with bad vouchers, and serves a good one afterwards', async () => {
    const { say, agreed, escrow, runs, parties } = await open();
    const buys = await agreed();
    const paying = await escrow();
    await say(buys.accept(accountIndex(paying.index), FAKE_TIME));
    const input = new Uint8Array([1]);
    const good = paying.next(undefined, { price: PRICE, input });
    const honest = BuyerThread.fromJson(buys.toJson(), parties);
    const low = buys.work({ input, voucher: { ...good, total: PRICE - 1n } }, FAKE_TIME);
    await expect(say(low)).rejects.toMatchObject(refused('VOUCHER_TOO_LOW'));
    const forged = BuyerThread.fromJson(honest.toJson(), parties);
    const signature = { ...good.signature, s: good.signature.s + 1n };
    const unsigned = forged.work({ input, voucher: { ...good, signature } }, FAKE_TIME);
    await expect(say(unsigned)).rejects.toMatchObject(refused('BAD_VOUCHER'));
    expect(runs()).toBe(0);
    // a refused message used no number
    const result = await say(honest.work({ input, voucher: good }, FAKE_TIME));
    expect(result === undefined ? undefined : honest.receive(result, FAKE_TIME)?.kind).toBe('RESULT');
  });

  it('opens nothing for strangers, and so many threads an agent', async () => {
    const { node, agreed, say, thread, request, agent, provider } = await open({ maxThreadsOfAgent: 2 });
    const stranger = {
      agent: accountIndex(provider),
      seed: alice.seed,
      other: agent,
      otherKey: bob.key,
      domain: node.domain,
    };
    const unknown = new BuyerThread(stranger, new Uint8Array(32).fill(99)).request(request, FAKE_TIME);
    await expect(say(unknown)).rejects.toMatchObject(refused('UNKNOWN_AGENT'));
    const forged = thread().request(request, FAKE_TIME);
    const bad = { ...forged, signature: { ...forged.signature, s: forged.signature.s + 1n } };
    await expect(say(bad)).rejects.toMatchObject(refused('BAD_SIGNATURE'));
    await agreed();
    await agreed();
    await expect(agreed()).rejects.toMatchObject(refused('TOO_MANY'));
  });

  it('looks up so many strangers at a time', async () => {
    const { sellerClient, agent, thread, request } = await open();
    const held = { ...sellerClient, getAttestation: () => new Promise<never>(() => undefined) };
    const seller: Seller = {
      quote: () => ({ reason: 'no' }),
      escrowFor: () => ({ provider: 0, model: 0, token: 0 }),
      work: () => Promise.reject(new RangeError()),
      settle: async () => undefined,
    };
    // a client whose node never answers this question
    const client = held as unknown as typeof sellerClient;
    const deps = { client, account: bob, seller, now: () => FAKE_TIME };
    const desk = new SellerDesk({ agent }, deps);
    const say = () => desk.handle(signedDocumentJson.encode(thread().request(request, FAKE_TIME)));
    for (let n = 0; n < 16; n += 1) void say();
    await expect(say()).rejects.toMatchObject({ code: 'TOO_MANY' });
  });

  it('reads no endless message and no other path', async () => {
    const { api } = await open();
    await expect(api.dialogue({ text: 'x'.repeat(30_000) })).rejects.toMatchObject(refused('INPUT_TOO_LARGE'));
    await expect(api.dialogue({ document: 1 })).rejects.toMatchObject(refused('BAD_MESSAGE'));
    await expect(api.info()).rejects.toMatchObject(refused('NOT_FOUND'));
  });
});
