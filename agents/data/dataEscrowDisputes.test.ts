import { beforeEach, describe, expect, it } from 'vitest';
import { keyHash, maskKey, newOneTimeKey, oneTimeKey, sharedPoint, unmaskKey } from '../../sdk/data/oneTimeKey.ts';
import { type ChunkComplaint, type CurvePoint, type DataPurchase, purchaseId } from '../../sdk/data/purchase.ts';
import {
  BUYER,
  BUYERS_KEY,
  DAY,
  Dataset,
  ESCROW,
  EscrowWorld,
  SELLER,
  SELLERS_KEY,
  STRANGER,
} from './testing/escrowWorld.ts';

const P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const REFUNDED = 4;
const honest = new Dataset();
const otherKey = new Dataset({ seed: 2 }).key;
const { secret } = BUYERS_KEY;
const shared = sharedPoint(BUYERS_KEY, SELLERS_KEY.point);
let world: EscrowWorld;
beforeEach(async () => {
  world = await EscrowWorld.create();
});

async function delivered(purchase: DataPurchase, key = honest.key, own = SELLERS_KEY) {
  await world.buy(purchase);
  const delivery = maskKey(key, purchaseId(purchase), { own, buyer: purchase.key });
  await world.must(SELLER, 'deliver', [purchase, delivery]);
  return delivery;
}

describe('a wrong key', () => {
  const purchase = honest.purchase();

  it('is proven by the buyer’s secret, and the buyer has its money back', async () => {
    const delivery = await delivered(purchase, otherKey);
    expect(keyHash(unmaskKey(delivery, purchaseId(purchase), BUYERS_KEY))).not.toBe(purchase.offer.keyHash);
    await world.must(STRANGER, 'disputeKey', [purchase, delivery, secret, shared]);
    expect([await world.status(purchase), await world.credit(BUYER)]).toEqual([REFUNDED, 1_000n]);
    expect(await world.refusal(BUYER, 'disputeKey', [purchase, delivery, secret, shared])).toBe('WrongStatus');
    expect(await world.refusal(SELLER, 'release', [purchase])).toBe('WrongStatus');
    await world.must(BUYER, 'withdraw', [0, BUYER]);
    expect(await world.lane.balance(ESCROW)).toBe(0n);
  });

  it('is proven whatever the parities of both keys', async () => {
    const [even, odd] = [2n, 6n].map(oneTimeKey);
    const parities = [even, odd].map((key) => Number((key?.point.y ?? 0n) & 1n));
    expect(parities.sort()).toEqual([0, 1]);
    for (const buyers of [even, odd]) {
      for (const sellers of [even, odd]) {
        if (buyers === undefined || sellers === undefined) continue;
        const each = honest.purchase({ key: buyers.point, disputeSeconds: DAY + Number(sellers.secret) });
        const delivery = await delivered(each, otherKey, sellers);
        const point = sharedPoint(buyers, sellers.point);
        await world.must(BUYER, 'disputeKey', [each, delivery, buyers.secret, point]);
      }
    }
    expect(await world.credit(BUYER)).toBe(4_000n);
  });

  it('cannot be proven of a right one: a lying buyer gets nothing', async () => {
    const delivery = await delivered(purchase);
    expect(unmaskKey(delivery, purchaseId(purchase), BUYERS_KEY)).toBe(honest.key);
    const dispute = (...args: readonly unknown[]) => world.refusal(BUYER, 'disputeKey', [purchase, ...args]);
    expect(await dispute(delivery, secret, shared)).toBe('KeyIsRight');
    expect(await dispute({ ...delivery, masked: otherKey }, secret, shared)).toBe('WrongDelivery');
    expect(await dispute({ ...delivery, key: BUYERS_KEY.point }, secret, shared)).toBe('WrongDelivery');
    expect(await dispute(delivery, secret, { ...shared, x: shared.x ^ 1n })).toBe('WrongShared');
    expect(await dispute(delivery, secret, { x: shared.x, y: P - shared.y })).toBe('WrongShared');
    expect(await dispute(delivery, secret, SELLERS_KEY.point)).toBe('WrongShared');
    expect(await dispute(delivery, secret + 1n, shared)).toBe('WrongSecret');
    expect(await dispute(delivery, N - secret, shared)).toBe('WrongSecret');
    for (const bad of [0n, N, N + 1n, 2n ** 256n - 1n]) {
      expect(await dispute(delivery, bad, shared)).toBe('SecretOutOfRange');
    }
    world.lane.timestamp += BigInt(DAY) + 1n;
    await world.must(SELLER, 'release', [purchase]);
    expect([await world.credit(BUYER), await world.credit(SELLER)]).toEqual([0n, 1_000n]);
  });

  it('is not proven by what was delivered for another purchase', async () => {
    const other = honest.purchase({ deliverBy: purchase.deliverBy + 1 });
    const right = await delivered(purchase);
    const wrong = await delivered(other, otherKey);
    expect(await world.refusal(BUYER, 'disputeKey', [purchase, wrong, secret, shared])).toBe('WrongDelivery');
    // the same keys on both sides, and yet another mask
    expect(right.key).toEqual(wrong.key);
    expect(unmaskKey(right, purchaseId(other), BUYERS_KEY)).not.toBe(honest.key);
  });

  it('is proven until the last second', async () => {
    const delivery = await delivered(purchase, otherKey);
    world.lane.timestamp += BigInt(DAY) + 1n;
    expect(await world.refusal(BUYER, 'disputeKey', [purchase, delivery, secret, shared])).toBe('TooLate');
    world.lane.timestamp -= 1n;
    expect(await world.refusal(BUYER, 'disputeKey', [purchase, delivery, secret, shared])).toBe('');
  });
});

describe('a point', () => {
  const onCurveAboveN = pointAboveN();
  it.each([
    ['the point at infinity', { x: 0n, y: 0n }],
    ['x = 0', { x: 0n, y: 1n }],
    ['off the curve', { x: BUYERS_KEY.point.x, y: BUYERS_KEY.point.y ^ 1n }],
    ['of another curve', { x: 1n, y: 1n }],
    ['y not reduced', smallY(({ x, y }) => ({ x, y: y + P }))],
    ['x not reduced', { x: P + 1n, y: power(8n, (P + 1n) / 4n) }],
    ['x between the two orders', onCurveAboveN],
  ])('%s is nobody’s one-time key', async (_name, key) => {
    const { offer, deliverBy, disputeSeconds } = honest.purchase();
    expect(await world.refusal(BUYER, 'buy', [offer, key, deliverBy, disputeSeconds], offer.price)).toBe('BadPoint');
    const purchase = honest.purchase();
    await world.buy(purchase);
    expect(await world.refusal(SELLER, 'deliver', [purchase, { masked: honest.key, key }])).toBe('BadPoint');
  });
});

describe('a wrong chunk', () => {
  it.each([
    [1, 32],
    [1, 1_024],
    [2, 33],
    [3, 1],
    [5, 100],
    [6, 1_024],
    [7, 31],
    [8, 64],
  ])('is proven wherever it is, of %i chunks', async (chunks, lastLength) => {
    for (let index = 0; index < chunks; index += 1) {
      const wrong = new Dataset({ chunks, lastLength, isWrongAt: index });
      const purchase = wrong.purchase();
      await delivered(purchase, wrong.key);
      const right = (index + 1) % chunks;
      if (right !== index) {
        expect(await world.refusal(BUYER, 'disputeChunk', [purchase, wrong.complaint(right)])).toBe('ChunkIsRight');
      }
      await world.must(STRANGER, 'disputeChunk', [purchase, wrong.complaint(index)]);
      expect(await world.status(purchase)).toBe(REFUNDED);
    }
    expect(await world.credit(BUYER)).toBe(1_000n * BigInt(chunks));
  });

  it('cannot be proven of right ones: a lying buyer gets nothing', async () => {
    const purchase = honest.purchase();
    await delivered(purchase);
    for (let index = 0; index < honest.offer.chunks; index += 1) {
      expect(await world.refusal(BUYER, 'disputeChunk', [purchase, honest.complaint(index)])).toBe('ChunkIsRight');
    }
    const another = new Dataset({ seed: 3 });
    const one = honest.complaint(1);
    const zero = honest.complaint(0);
    const last = honest.complaint(4);
    const lies: readonly [string, Partial<ChunkComplaint>][] = [
      ['WrongKey', { key: otherKey }],
      ['ChunkOutOfRange', { index: 5 }],
      ['ChunkOutOfRange', { index: 2 ** 32 - 1 }],
      ['WrongLength', { cipherChunk: last.cipherChunk }],
      ['WrongLength', { cipherChunk: `${one.cipherChunk}00` }],
      ['WrongLength', { cipherChunk: '0x' }],
      ['NotInCipher', { cipherChunk: zero.cipherChunk }],
      ['NotInCipher', { index: 0 }],
      ['NotInCipher', { ...another.complaint(1), key: honest.key }],
      ['NotInCipher', { cipherProof: one.cipherProof.slice(1) }],
      ['NotInCipher', { cipherProof: [...one.cipherProof, otherKey] }],
      ['NotInCipher', { cipherProof: one.plainProof }],
      ['NotInPlain', { plainLeaf: zero.plainLeaf, plainProof: zero.plainProof }],
      ['NotInPlain', { plainLeaf: zero.plainLeaf }],
      ['NotInPlain', { plainLeaf: another.complaint(1).plainLeaf, plainProof: another.complaint(1).plainProof }],
      // a node two levels up, with what is left of the path
      ['NotInPlain', { plainLeaf: one.plainProof[1] ?? '0x', plainProof: one.plainProof.slice(1) }],
      ['NotInPlain', { plainLeaf: purchase.offer.plainRoot, plainProof: [] }],
      ['NotInPlain', { plainProof: [...one.plainProof, otherKey] }],
    ];
    for (const [error, lie] of lies) {
      expect([error, await world.refusal(BUYER, 'disputeChunk', [purchase, { ...one, ...lie }])]).toEqual([
        error,
        error,
      ]);
    }
    // the odd one out has a shorter path
    expect(last.plainProof).toHaveLength(1);
    const shortened = { ...last, cipherChunk: last.cipherChunk.slice(0, -2) };
    expect(await world.refusal(BUYER, 'disputeChunk', [purchase, shortened])).toBe('WrongLength');
    expect(await world.credit(BUYER)).toBe(0n);
  });

  it('is proven only after a delivery and within the time', async () => {
    const wrong = new Dataset({ isWrongAt: 2 });
    const purchase = wrong.purchase();
    await world.buy(purchase);
    expect(await world.refusal(BUYER, 'disputeChunk', [purchase, wrong.complaint(2)])).toBe('WrongStatus');
    const delivery = maskKey(wrong.key, purchaseId(purchase), { own: newOneTimeKey(), buyer: purchase.key });
    await world.must(SELLER, 'deliver', [purchase, delivery]);
    world.lane.timestamp += BigInt(DAY) + 1n;
    expect(await world.refusal(BUYER, 'disputeChunk', [purchase, wrong.complaint(2)])).toBe('TooLate');
    world.lane.timestamp -= 1n;
    await world.must(BUYER, 'disputeChunk', [purchase, wrong.complaint(2)]);
    expect(await world.refusal(BUYER, 'disputeChunk', [purchase, wrong.complaint(2)])).toBe('WrongStatus');
  });

  it('of one offer says nothing about another', async () => {
    const wrong = new Dataset({ seed: 4, isWrongAt: 1 });
    await delivered(honest.purchase());
    expect(await world.refusal(BUYER, 'disputeChunk', [honest.purchase(), wrong.complaint(1)])).toBe('WrongKey');
    expect(await world.refusal(BUYER, 'disputeChunk', [wrong.purchase(), wrong.complaint(1)])).toBe('WrongStatus');
  });
});

/** The first point whose x is no scalar: P and N differ by 2^128. */
function pointAboveN(): CurvePoint {
  for (let x = N; ; x += 1n) {
    const square = (x ** 3n + 7n) % P;
    const y = power(square, (P + 1n) / 4n);
    if ((y * y) % P === square) return { x, y };
  }
}

/** The point with the least y, so small that y + P still has 256 bits. */
function smallY<T>(change: (point: CurvePoint) => T): T {
  for (let y = 3n; ; y += 1n) {
    const cube = y * y - 7n;
    const x = power(cube, (P + 2n) / 9n);
    if ((x * x * x) % P === cube) return change({ x, y });
  }
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base % P];
  for (let left = exponent; left > 0n; left >>= 1n, square = (square * square) % P) {
    if (left & 1n) result = (result * square) % P;
  }
  return result;
}
