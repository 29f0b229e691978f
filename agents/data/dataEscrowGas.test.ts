/** What each call costs, with ETH, in a transaction of its own; and that a dispute fits into a message of L1. */
import { concatHex, type Hex, keccak256, numberToHex, size } from 'viem';
import { beforeAll, describe, expect, it } from 'vitest';
import { maskKey, sharedPoint } from '../../sdk/data/oneTimeKey.ts';
import { type ChunkComplaint, type DataOffer, type DataPurchase, purchaseId } from '../../sdk/data/purchase.ts';
import { BUYER, BUYERS_KEY, callData, DAY, Dataset, EscrowWorld, SELLER, SELLERS_KEY } from './testing/escrowWorld.ts';

const MAX_MESSAGE_BYTES = 4_096;
const MAX_MESSAGE_GAS = 1_000_000n;
let world: EscrowWorld;
let nextSeconds = DAY;
beforeAll(async () => {
  world = await EscrowWorld.create();
});

/** The first of `count` chunks, wrong, in trees of which nothing but its paths is ever made. */
function firstOf(count: number): { readonly offer: DataOffer; readonly complaint: ChunkComplaint; readonly key: Hex } {
  const single = new Dataset({ chunks: 1, lastLength: 1_024, isWrongAt: 0 });
  const { offer, key } = single;
  const siblings = Array.from({ length: Math.ceil(Math.log2(count)) }, (_, i) => keccak256(numberToHex(i)));
  // position 0 has a sibling on every level
  const root = (leaf: Hex) => siblings.reduce((node, sibling) => keccak256(concatHex(['0x01', node, sibling])), leaf);
  return {
    key,
    offer: { ...offer, chunks: count, plainRoot: root(offer.plainRoot), cipherRoot: root(offer.cipherRoot) },
    complaint: { ...single.complaint(0), cipherProof: siblings, plainProof: siblings },
  };
}

function purchased(offer: DataOffer): DataPurchase {
  nextSeconds += 1;
  return new Dataset().purchase({ offer, disputeSeconds: nextSeconds });
}

async function delivered(purchase: DataPurchase, key: Hex) {
  const bought = await world.buy(purchase);
  const delivery = maskKey(key, purchaseId(purchase), { own: SELLERS_KEY, buyer: purchase.key });
  const { gasUsed } = await world.must(SELLER, 'deliver', [purchase, delivery]);
  return { delivery, buy: bought.gasUsed, deliver: gasUsed };
}

describe('gas', () => {
  it('of a sale, and of a dispute about the key', async () => {
    const honest = new Dataset();
    const gas: Record<string, bigint> = {};
    const first = purchased(honest.offer);
    const { buy, deliver } = await delivered(first, honest.key);
    Object.assign(gas, { buy, deliver });
    gas.release = (await world.must(BUYER, 'release', [first])).gasUsed;
    gas.withdraw = (await world.must(SELLER, 'withdraw', [0, SELLER])).gasUsed;
    const second = purchased(honest.offer);
    await world.buy(second);
    gas.refund = (await world.must(SELLER, 'refund', [second])).gasUsed;
    const third = purchased(honest.offer);
    const { delivery } = await delivered(third, `0x${'12'.repeat(32)}`);
    const shared = sharedPoint(BUYERS_KEY, SELLERS_KEY.point);
    gas.disputeKey = (await world.must(BUYER, 'disputeKey', [third, delivery, BUYERS_KEY.secret, shared])).gasUsed;
    const limits = {
      ...{ buy: 57_000, deliver: 60_000, release: 58_000 },
      ...{ refund: 58_000, withdraw: 32_000, disputeKey: 55_000 },
    };
    for (const [name, limit] of Object.entries(limits)) expect(Number(gas[name]), name).toBeLessThan(limit);
  });

  it.each([
    [1, 78_000],
    [1_024, 105_000],
    [2 ** 20, 131_000],
    [2 ** 32 - 1, 162_000],
  ])('of a dispute about one of %i chunks', async (count, limit) => {
    const { offer, complaint, key } = firstOf(count);
    const purchase = purchased(offer);
    await delivered(purchase, key);
    expect(size(callData('disputeChunk', [purchase, complaint]))).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    const { gasUsed } = await world.must(BUYER, 'disputeChunk', [purchase, complaint]);
    expect(gasUsed).toBeLessThan(MAX_MESSAGE_GAS);
    expect(Number(gasUsed)).toBeLessThan(limit);
  });
});
