import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { ZERO } from '../../protocol/field.ts';
import { receiptHash, type SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { verifyReceiptProof } from '../../protocol/receipts/receiptTree.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { type Field, Subtype } from '../../protocol/types.ts';
import { signVoucher } from '../../protocol/voucher.ts';
import { ledgerAccount } from '../accounts/ledgerAccount.ts';
import { inTransactions } from '../actions/claim.ts';
import { createLedgerClient } from '../client.ts';
import { ReceiptLog } from '../receipts/receiptLog.ts';
import { FAKE_TIME, FakeNode } from '../testing/fakeNode.ts';
import type { ConsumerChannel } from './consumerChannel.ts';
import type { ProviderChannel } from './providerChannel.ts';
import { voucherKey, voucherSeed } from './voucherSeed.ts';

const alice = ledgerAccount(actor(1));
const bob = ledgerAccount(actor(2));
const carol = ledgerAccount(actor(3));
const PRICE = 100n;
const OUTPUT = new Uint8Array(32).fill(2);
const now = (): number => FAKE_TIME;

async function market() {
  const node = new FakeNode();
  const clientOf = (account: typeof alice) =>
    createLedgerClient({ chain: node.chain, transport: node.transport(), account, pollingIntervalMs: 1 });
  const payer = node.deposit(alice, 1_000_000n);
  const provider = node.deposit(bob, 1_000n);
  const owner = node.deposit(carol, 1_000n);
  const [consumer, seller] = [clientOf(alice), clientOf(bob)];
  const { index: model } = await clientOf(carol).attest({
    sha256: new Uint8Array(32).fill(1),
    subtype: Subtype.MODEL,
    royaltyBps: 500,
  });
  return { node, consumer, seller, clientOf, payer, provider, owner, model };
}

/** One request after the other, as over a network. */
function serve(paying: ConsumerChannel, paid: ProviderChannel, count: number, log = new ReceiptLog()): ReceiptLog {
  let receipt: SignedReceipt | undefined;
  for (let n = 0; n < count; n += 1) {
    const input = new Uint8Array([n]);
    const voucher = paying.next(receipt, { price: PRICE, input });
    paid.accept(voucher, { price: PRICE });
    receipt = paid.issue({ price: PRICE, inputHash: sha256(input), outputHash: OUTPUT, execution: ZERO });
    log.append(receipt);
  }
  if (receipt !== undefined) paying.receive(receipt);
  paid.accept(paying.voucher(), { price: 0n });
  return log;
}

describe('a channel', () => {
  it('pays for many requests with one claim, royalty included, and gives the rest back', async () => {
    const { node, consumer, seller, provider, model, payer } = await market();
    const paying = await consumer.openChannel({ provider, amount: 10_000n, model, lifetimeSeconds: 3_600 });
    const paid = await seller.acceptChannel({ channel: paying.index, model, now });
    const log = serve(paying, paid, 20);
    expect(paying.exposure).toBe(0n);
    await paid.claim();
    expect(node.account(provider)?.balance).toBe(1_000n + 1_900n);
    expect(node.account(paying.index)).toMatchObject({ balance: 8_000n, claimed: 2_000n });
    // any receipt is under the root that was claimed
    const root = paid.receiptsRoot;
    expect(verifyReceiptProof(root, receiptHash(log.receipts[7] as SignedReceipt), log.proof(7, root))).toBe(true);

    await expect(paying.close()).rejects.toMatchObject({ code: 'CHANNEL_NOT_OVER' });
    node.advance(3_600 + 86_400);
    expect(node.account(model)?.balance).toBe(100n);
    await paying.close();
    expect(node.account(payer)?.balance).toBe(1_000_000n - 2_000n);
  });

  it('goes on after both sides were restarted', async () => {
    const { consumer, seller, provider } = await market();
    const paying = await consumer.openChannel({ provider, amount: 10_000n });
    const paid = await seller.acceptChannel({ channel: paying.index, now });
    const log = serve(paying, paid, 3);
    await paid.claim();
    await expect(consumer.resumeChannel({ channel: paying.index })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(seller.acceptChannel({ channel: paying.index, now })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    const again = await consumer.resumeChannel({
      channel: paying.index,
      book: JSON.parse(JSON.stringify(paying.toJson())),
    });
    const [book, stored] = [JSON.parse(JSON.stringify(paid.toJson())), JSON.parse(JSON.stringify(log.toJson()))];
    const resumed = await seller.acceptChannel({ channel: paying.index, now, book });
    serve(again, resumed, 2, ReceiptLog.fromJson(stored));
    await resumed.claim();
    expect((await consumer.getChannel(paying.index)).claimed).toBe(500n);
  });

  it('can be topped up', async () => {
    const { consumer, seller, provider } = await market();
    const paying = await consumer.openChannel({ provider, amount: PRICE });
    const paid = await seller.acceptChannel({ channel: paying.index, now });
    const wanted = { price: PRICE + 1n, input: new Uint8Array() };
    expect(() => paying.next(undefined, wanted)).toThrow(expect.objectContaining({ code: 'VOUCHER_OVER_BALANCE' }));
    await paying.topUp({ amount: 1n });
    await Promise.all([paying.refresh(), paid.refresh()]);
    paid.accept(paying.next(undefined, wanted), { price: PRICE + 1n });
  });

  it('is opened only on terms that make sense', async () => {
    const { node, consumer, provider, model, payer } = await market();
    const open = (change: object) => consumer.openChannel({ provider, amount: 10n, ...change });
    const other = node.deposit(bob, 0n, 3);
    await expect(open({ provider: 999 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(open({ provider: model })).rejects.toMatchObject({ code: 'WRONG_KIND' });
    await expect(open({ provider: other })).rejects.toMatchObject({ code: 'WRONG_TOKEN' });
    await expect(open({ model: payer })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(open({ model, maxRoyaltyBps: 499 })).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
    await expect(open({ lifetimeSeconds: 59 })).rejects.toMatchObject({ code: 'BAD_EXPIRY' });
    await expect(open({ lifetimeSeconds: 10 ** 9 })).rejects.toMatchObject({ code: 'BAD_EXPIRY' });
    await expect(open({ providerKey: carol.key })).rejects.toMatchObject({ code: 'KEY_MISMATCH' });
    await open({ providerKey: bob.key });
    await expect(open({ amount: 0n })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('is not mistaken for another one when the node lies about its index', async () => {
    const { node, consumer, provider } = await market();
    const trap = node.deposit(carol, 0n);
    const first = await consumer.openChannel({ provider: trap, amount: 10n });
    node.lieAboutCreated = first.index;
    await expect(consumer.openChannel({ provider, amount: 10n })).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });

  it('is taken on only by its provider, for its model, in time', async () => {
    const { consumer, seller, clientOf, provider, model } = await market();
    const { index: channel } = await consumer.openChannel({ provider, amount: 10n, lifetimeSeconds: 100 });
    const accept = (change: object) => seller.acceptChannel({ channel, now, ...change });
    await expect(clientOf(carol).acceptChannel({ channel, now })).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' });
    await expect(accept({ model })).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
    await expect(accept({ minimumBalance: 11n })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(accept({ minimumSeconds: 101 })).rejects.toMatchObject({ code: 'BAD_EXPIRY' });
    await expect(accept({ channel: provider })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is resumed only with its own voucher key', async () => {
    const { consumer, provider } = await market();
    const { index: channel } = await consumer.openChannel({
      provider,
      amount: 10n,
      voucherSeed: voucherSeed(alice, 1),
    });
    await expect(consumer.resumeChannel({ channel })).rejects.toMatchObject({ code: 'KEY_MISMATCH' });
    await consumer.resumeChannel({ channel, voucherSeed: voucherSeed(alice, 1) });
    expect(voucherKey(voucherSeed(alice))).not.toEqual(alice.key);
  });
});

describe('claiming', () => {
  it('puts many channels into few transactions and leaves out what is not worth its fee', async () => {
    const { node, consumer, seller, provider, model } = await market();
    const channels: ProviderChannel[] = [];
    for (let n = 0; n < 9; n += 1) {
      const paying = await consumer.openChannel({ provider, amount: 1_000n, model });
      const paid = await seller.acceptChannel({ channel: paying.index, now });
      serve(paying, paid, n);
      channels.push(paid);
    }
    node.minimumFee = 95n;
    // one request is worth 95 after the royalty: exactly the fee
    const hashes = await seller.claimChannels(channels);
    expect(hashes).toHaveLength(1);
    const gained = [2, 3, 4, 5, 6, 7, 8].reduce((sum, n) => sum + n * 95 - 95, 0);
    expect(node.account(provider)?.balance).toBe(1_000n + BigInt(gained));
    expect(await seller.claimChannels(channels)).toEqual([]);
  });

  it('refuses, before anything is sent, vouchers that the ledger would refuse', async () => {
    const { node, consumer, seller, provider } = await market();
    const { index: channel } = await consumer.openChannel({ provider, amount: 1_000n, lifetimeSeconds: 100 });
    const seed = voucherSeed(alice);
    const voucher = (total: bigint, by = seed, domain = node.domain, of = channel) =>
      signVoucher({ channel: of, total, receiptsRoot: ZERO }, by, domain);
    const claim = (...vouchers: ReturnType<typeof voucher>[]) => seller.claim({ vouchers });
    await expect(claim(voucher(5n, voucherSeed(bob)))).rejects.toMatchObject({ code: 'BAD_VOUCHER' });
    await expect(claim(voucher(5n, seed, (node.domain + 1n) as Field))).rejects.toMatchObject({ code: 'BAD_VOUCHER' });
    const moved = { ...voucher(5n), total: 6n };
    await expect(claim(moved)).rejects.toMatchObject({ code: 'BAD_VOUCHER' });
    await expect(claim(voucher(0n))).rejects.toMatchObject({ code: 'NOTHING_TO_CLAIM' });
    await expect(claim(voucher(9n), voucher(8n))).rejects.toMatchObject({ code: 'VOUCHER_STALE' });
    await expect(consumer.claim({ vouchers: [voucher(5n)] })).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' });
    expect(node.calls.filter((call) => call === 'engram_sendTransaction')).toHaveLength(2); // the attestation and the channel
    await expect(claim(voucher(1_001n))).rejects.toMatchObject({ code: 'INSUFFICIENT_BALANCE' });
    await claim(voucher(8n), voucher(9n));
    expect((await consumer.getChannel(channel)).claimed).toBe(9n);
    node.advance(100 + 86_400);
    await expect(claim(voucher(10n))).rejects.toMatchObject({ code: 'CHANNEL_OVER' });
  });

  it('fills transactions up to their signatures and accounts', () => {
    const claims = (count: number, model: (n: number) => number) =>
      Array.from({ length: count }, (_, n) => ({ draft: { channel: { index: 100 + n, model: model(n) } } }));
    const sizes = (list: ReturnType<typeof claims>, A: number) =>
      inTransactions(list, { name: 'dev', N: 32, S: 8, A }).map(({ length }) => length);
    expect(
      sizes(
        claims(16, () => 50),
        24,
      ),
    ).toEqual([7, 7, 2]);
    expect(
      sizes(
        claims(5, (n) => 50 + n),
        8,
      ),
    ).toEqual([3, 2]);
    expect(
      sizes(
        claims(5, () => 0),
        8,
      ),
    ).toEqual([5]);
    expect(sizes([], 8)).toEqual([]);
  });
});

describe('a log of receipts', () => {
  it('proves nothing about roots it never had', async () => {
    const { consumer, seller, provider } = await market();
    const paying = await consumer.openChannel({ provider, amount: 1_000n });
    const paid = await seller.acceptChannel({ channel: paying.index, now });
    const log = serve(paying, paid, 2);
    const missing = expect.objectContaining({ code: 'NOT_FOUND' });
    expect(() => log.proof(2)).toThrow(missing);
    expect(() => log.proof(0, 7n as Field)).toThrow(missing);
    expect(() => log.append(log.receipts[0] as SignedReceipt)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});
