import { encodeFunctionData, type Hex, parseAbi, parseEventLogs, toFunctionSelector } from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import { BRIDGED_TOKEN_ABI } from '../../genesis/predeploys/abi.ts';
import { DATA_ESCROW_ABI } from '../../genesis/predeploys/dataEscrowAbi.ts';
import { tokenAddress } from '../../genesis/predeploys/inboxCall.ts';
import { deposit } from '../../genesis/testing/fixture.ts';
import { errorName } from '../../genesis/testing/lane.ts';
import { maskKey, sharedPoint } from '../../sdk/data/oneTimeKey.ts';
import { type DataPurchase, purchaseId } from '../../sdk/data/purchase.ts';
import {
  BUYER,
  BUYERS_KEY,
  callData,
  DAY,
  Dataset,
  ESCROW,
  EscrowWorld,
  NOW,
  REENTERER,
  REFUSER,
  SELLER,
  SELLERS_KEY,
  STRANGER,
} from './testing/escrowWorld.ts';

const [UNKNOWN, BOUGHT, DELIVERED, RELEASED, REFUNDED] = [0, 1, 2, 3, 4];
const dataset = new Dataset();
const purchase = dataset.purchase();
let world: EscrowWorld;
beforeEach(async () => {
  world = await EscrowWorld.create();
});

const deliveryOf = (of: DataPurchase = purchase, key: Hex = dataset.key) =>
  maskKey(key, purchaseId(of), { own: SELLERS_KEY, buyer: of.key });

async function delivered(of: DataPurchase = purchase, key: Hex = dataset.key) {
  await world.buy(of);
  const delivery = deliveryOf(of, key);
  await world.must(of.offer.seller, 'deliver', [of, delivery]);
  return delivery;
}

const ACT = parseAbi(['function act(address escrow, bytes data) payable returns (bytes)']);

/** What a contract of testing/contracts is refused with when it calls the escrow; "" if it is not. */
async function throughRefusal(contract: Hex, data: Hex, value = 0n): Promise<string> {
  const call = encodeFunctionData({ abi: ACT, functionName: 'act', args: [ESCROW, data] });
  const outcome = await world.lane.send({ from: STRANGER, to: contract, data: call, value });
  return outcome.isSuccess ? '' : errorName(DATA_ESCROW_ABI, outcome.returned);
}

const buyThrough = async (contract: Hex, { offer, key, deliverBy, disputeSeconds }: DataPurchase) =>
  expect(await throughRefusal(contract, callData('buy', [offer, key, deliverBy, disputeSeconds]), offer.price)).toBe(
    '',
  );

const buyWith = (more: Partial<DataPurchase>, value = purchase.offer.price) => {
  const { offer, key, deliverBy, disputeSeconds } = { ...purchase, ...more };
  return world.refusal(BUYER, 'buy', [offer, key, deliverBy, disputeSeconds], value);
};

describe('a purchase', () => {
  it('has the hash of all that it says as its id, and tells it', async () => {
    const { logs } = await world.buy(purchase);
    const [event] = parseEventLogs({ abi: DATA_ESCROW_ABI, eventName: 'Bought', logs: logs as never });
    const id = purchaseId(purchase);
    expect(event?.args).toMatchObject({
      id,
      purchase: { offer: { price: 1_000n, chunks: 5 }, deliverBy: NOW + 2 * DAY },
    });
    expect(await world.lane.read(DATA_ESCROW_ABI, ESCROW, 'idOf', [purchase])).toBe(id);
    expect(await world.status(purchase)).toBe(BOUGHT);
    expect(await world.lane.balance(ESCROW)).toBe(1_000n);
  });

  it('is made once: the same again wants another one-time key', async () => {
    await world.buy(purchase);
    expect(await buyWith({})).toBe('AlreadyBought');
    expect(await buyWith({ key: SELLERS_KEY.point })).toBe('');
    await world.must(SELLER, 'refund', [purchase]);
    expect(await buyWith({})).toBe('AlreadyBought');
  });

  it.each([
    ['price 0', { offer: { ...purchase.offer, price: 0n } }, 0n, 'PriceZero'],
    ['less than the price', {}, 999n, 'WrongValue'],
    ['more than the price', {}, 1_001n, 'WrongValue'],
    ['ETH for a token', { offer: { ...purchase.offer, token: 7 } }, 1_000n, 'WrongValue'],
    ['a token nobody brought', { offer: { ...purchase.offer, token: 7 } }, 0n, 'UnknownToken'],
    ['no chunks', { offer: { ...purchase.offer, chunks: 0 } }, 1_000n, 'BadOffer'],
    ['an empty last chunk', { offer: { ...purchase.offer, lastLength: 0 } }, 1_000n, 'BadOffer'],
    ['a last chunk too long', { offer: { ...purchase.offer, lastLength: 1_025 } }, 1_000n, 'BadOffer'],
    ['a delivery in the past', { deliverBy: NOW }, 1_000n, 'DeadlineOutOfRange'],
    ['a delivery too late', { deliverBy: NOW + 30 * 86_400 + 1 }, 1_000n, 'DeadlineOutOfRange'],
    ['no time for disputes', { disputeSeconds: DAY - 1 }, 1_000n, 'DisputeTimeOutOfRange'],
    ['disputes without end', { disputeSeconds: 30 * 86_400 + 1 }, 1_000n, 'DisputeTimeOutOfRange'],
  ])('is refused with %s', async (_name, more, value, error) => {
    expect(await buyWith(more, value)).toBe(error);
    expect(await world.lane.balance(ESCROW)).toBe(0n);
  });

  it('is taken at its bounds', async () => {
    expect(await buyWith({ deliverBy: NOW + 1, disputeSeconds: DAY })).toBe('');
    expect(await buyWith({ deliverBy: NOW + 30 * 86_400, disputeSeconds: 30 * 86_400 })).toBe('');
  });

  it('is nobody’s to change: other terms have another id', async () => {
    await world.buy(purchase);
    for (const other of [
      { ...purchase, buyer: STRANGER },
      { ...purchase, offer: { ...purchase.offer, seller: STRANGER } },
      { ...purchase, offer: { ...purchase.offer, price: 1n } },
      { ...purchase, deliverBy: NOW + 1 },
    ]) {
      expect(await world.refusal(STRANGER, 'refund', [other])).toBe('WrongStatus');
      expect(await world.refusal(STRANGER, 'deliver', [other, deliveryOf()])).toBe('WrongStatus');
      expect(await world.status(other)).toBe(UNKNOWN);
    }
  });
});

describe('a delivery', () => {
  it('is the seller’s, until the deadline', async () => {
    await world.buy(purchase);
    expect(await world.refusal(STRANGER, 'deliver', [purchase, deliveryOf()])).toBe('NotSeller');
    expect(await world.refusal(BUYER, 'deliver', [purchase, deliveryOf()])).toBe('NotSeller');
    world.lane.timestamp = BigInt(purchase.deliverBy) + 1n;
    expect(await world.refusal(SELLER, 'deliver', [purchase, deliveryOf()])).toBe('TooLate');
    world.lane.timestamp = BigInt(purchase.deliverBy);
    expect(await world.refusal(SELLER, 'deliver', [purchase, deliveryOf()])).toBe('');
    expect(await world.refusal(SELLER, 'deliver', [purchase, deliveryOf()])).toBe('WrongStatus');
    expect(await world.status(purchase)).toBe(DELIVERED);
  });

  it('pays the seller at once if the buyer is content', async () => {
    await delivered();
    expect(await world.refusal(SELLER, 'release', [purchase])).toBe('TooEarly');
    await world.must(BUYER, 'release', [purchase]);
    expect([await world.status(purchase), await world.credit(SELLER)]).toEqual([RELEASED, 1_000n]);
    expect(await world.refusal(BUYER, 'release', [purchase])).toBe('WrongStatus');
  });

  it('pays the seller after the time for disputes, and not a second earlier', async () => {
    await delivered();
    world.lane.timestamp += BigInt(DAY);
    expect(await world.refusal(STRANGER, 'release', [purchase])).toBe('TooEarly');
    world.lane.timestamp += 1n;
    await world.must(STRANGER, 'release', [purchase]);
    const before = await world.lane.balance(SELLER);
    await world.must(SELLER, 'withdraw', [0, SELLER]);
    // the fixture gives back what the transaction cost
    expect((await world.lane.balance(SELLER)) - before).toBe(1_000n);
    expect(await world.lane.balance(ESCROW)).toBe(0n);
  });

  it('ends the way back: no refund any more', async () => {
    await delivered();
    world.lane.timestamp += BigInt(30 * DAY);
    expect(await world.refusal(BUYER, 'refund', [purchase])).toBe('WrongStatus');
    expect(await world.refusal(SELLER, 'refund', [purchase])).toBe('WrongStatus');
  });
});

describe('a seller that does not deliver', () => {
  it('has its buyer paid back, by anyone, after the deadline', async () => {
    await world.buy(purchase);
    world.lane.timestamp = BigInt(purchase.deliverBy);
    expect(await world.refusal(BUYER, 'refund', [purchase])).toBe('TooEarly');
    world.lane.timestamp += 1n;
    await world.must(STRANGER, 'refund', [purchase]);
    expect([await world.status(purchase), await world.credit(BUYER)]).toEqual([REFUNDED, 1_000n]);
    expect(await world.refusal(BUYER, 'refund', [purchase])).toBe('WrongStatus');
    expect(await world.refusal(SELLER, 'release', [purchase])).toBe('WrongStatus');
  });

  it('can decline at once', async () => {
    await world.buy(purchase);
    expect(await world.refusal(STRANGER, 'refund', [purchase])).toBe('TooEarly');
    await world.must(SELLER, 'refund', [purchase]);
    expect(await world.credit(BUYER)).toBe(1_000n);
    expect(await world.refusal(SELLER, 'deliver', [purchase, deliveryOf()])).toBe('WrongStatus');
  });

  it('cannot be paid before it delivers', async () => {
    await world.buy(purchase);
    expect(await world.refusal(BUYER, 'release', [purchase])).toBe('WrongStatus');
    world.lane.timestamp += BigInt(90 * 86_400);
    expect(await world.refusal(SELLER, 'release', [purchase])).toBe('WrongStatus');
  });
});

describe('credits', () => {
  it('are paid to whom their owner says, once', async () => {
    await world.buy(purchase);
    await world.must(SELLER, 'refund', [purchase]);
    expect(await world.refusal(BUYER, 'withdraw', [0, `0x${'0'.repeat(40)}`])).toBe('ZeroRecipient');
    expect(await world.refusal(STRANGER, 'withdraw', [0, STRANGER])).toBe('NothingOwed');
    expect(await world.refusal(BUYER, 'withdraw', [7, BUYER])).toBe('NothingOwed');
    await world.must(BUYER, 'withdraw', [0, STRANGER]);
    expect(await world.lane.balance(STRANGER)).toBe(1_000n);
    expect(await world.refusal(BUYER, 'withdraw', [0, BUYER])).toBe('NothingOwed');
  });

  it('stay with who cannot take ETH, and hold up nobody', async () => {
    const byRefuser = dataset.purchase({ buyer: REFUSER });
    await buyThrough(REFUSER, byRefuser);
    await delivered();
    await world.must(SELLER, 'refund', [byRefuser]);
    expect(await throughRefusal(REFUSER, callData('withdraw', [0, REFUSER]))).toBe('TransferFailed');
    expect(await world.credit(REFUSER)).toBe(1_000n);
    await world.must(BUYER, 'release', [purchase]);
    await world.must(SELLER, 'withdraw', [0, SELLER]);
    expect(await throughRefusal(REFUSER, callData('withdraw', [0, STRANGER]))).toBe('');
    expect(await world.lane.balance(ESCROW)).toBe(0n);
  });

  it('are not paid twice to who withdraws while it is paid', async () => {
    await delivered();
    const byThief = dataset.purchase({ buyer: REENTERER });
    await buyThrough(REENTERER, byThief);
    await world.must(SELLER, 'refund', [byThief]);
    expect(await throughRefusal(REENTERER, callData('withdraw', [0, REENTERER]))).toBe('');
    expect(await world.lane.balance(REENTERER)).toBe(1_000n);
    expect(await world.lane.balance(ESCROW)).toBe(1_000n);
    const refused = toFunctionSelector('NothingOwed(uint16,address)');
    expect(
      await world.lane.read(parseAbi(['function lastError() view returns (bytes4)']), REENTERER, 'lastError'),
    ).toBe(refused);
  });

  it('of somebody who sells to itself are what it paid', async () => {
    const own = dataset.purchase({ buyer: SELLER });
    await world.buy(own);
    await world.must(SELLER, 'deliver', [own, deliveryOf(own)]);
    await world.must(SELLER, 'release', [own]);
    expect([await world.credit(SELLER), await world.lane.balance(ESCROW)]).toEqual([1_000n, 1_000n]);
  });
});

describe('a price in a token of the bridge', () => {
  const TOKEN = 7;
  const at = tokenAddress(TOKEN);
  const inTokens = dataset.purchase({ offer: { ...dataset.offer, token: TOKEN } });
  const approve = () =>
    world.lane.send({
      from: BUYER,
      to: at,
      data: encodeFunctionData({ abi: BRIDGED_TOKEN_ABI, functionName: 'approve', args: [ESCROW, 1_000n] }),
    });
  const held = (of: Hex) => world.lane.read(BRIDGED_TOKEN_ABI, at, 'balanceOf', [of]);

  it('is taken from the buyer’s allowance and paid in the token', async () => {
    await world.lane.deliver(deposit({ token: TOKEN, to: BUYER, amount: 1_500n }));
    const { offer, key, deliverBy, disputeSeconds } = inTokens;
    const args = [offer, key, deliverBy, disputeSeconds];
    const refused = await world.send(BUYER, 'buy', args);
    expect(refused.isSuccess).toBe(false);
    expect(await world.status(inTokens)).toBe(UNKNOWN);
    await approve();
    await delivered(inTokens);
    expect([await held(BUYER), await held(ESCROW)]).toEqual([500n, 1_000n]);
    await world.must(BUYER, 'release', [inTokens]);
    expect(await world.refusal(SELLER, 'withdraw', [0, SELLER])).toBe('NothingOwed');
    await world.must(SELLER, 'withdraw', [TOKEN, SELLER]);
    expect([await held(SELLER), await held(ESCROW)]).toEqual([1_000n, 0n]);
  });

  it('goes back in the token', async () => {
    await world.lane.deliver(deposit({ token: TOKEN, to: BUYER, amount: 1_000n }));
    await approve();
    const delivery = await delivered(inTokens, purchaseId(purchase));
    const shared = sharedPoint(BUYERS_KEY, SELLERS_KEY.point);
    await world.must(BUYER, 'disputeKey', [inTokens, delivery, BUYERS_KEY.secret, shared]);
    await world.must(BUYER, 'withdraw', [TOKEN, BUYER]);
    expect([await held(BUYER), await held(ESCROW)]).toEqual([1_000n, 0n]);
  });
});
