/** Random histories against a model of the rules: whatever people try, the contract holds exactly what is in escrow and what it owes. */
import type { Hex } from 'viem';
import { expect, it } from 'vitest';
import { seededRandom } from '../../genesis/testing/random.ts';
import { maskKey, sharedPoint } from '../../sdk/data/oneTimeKey.ts';
import { type DataDelivery, type DataPurchase, purchaseId } from '../../sdk/data/purchase.ts';
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

const STEPS = 150;
const PEOPLE: readonly Hex[] = [BUYER, SELLER, STRANGER];
const [BOUGHT, DELIVERED, RELEASED, REFUNDED] = [1, 2, 3, 4];
const WRONG_AT = 1;
const HONEST = new Dataset();
const CHEAT = new Dataset({ seed: 5, isWrongAt: WRONG_AT });

interface Sale {
  readonly purchase: DataPurchase;
  readonly dataset: Dataset;
  status: number;
  disputeUntil: number;
  delivery: DataDelivery | undefined;
  isKeyRight: boolean;
}

it.each([1, 2, 3])('nothing is made and nothing lost in a random history (seed %i)', async (seed) => {
  const world = await EscrowWorld.create();
  const pick = seededRandom(seed);
  const one = <T>(values: readonly T[]): T => values[pick(values.length)] as T; // pick is below the length
  const now = () => Number(world.lane.timestamp);
  const sales: Sale[] = [];
  const credits = new Map<Hex, bigint>();
  const pay = (sale: Sale, status: number, to: Hex) => {
    sale.status = status;
    credits.set(to, (credits.get(to) ?? 0n) + sale.purchase.offer.price);
  };
  const ended = new Set<string>();

  for (let step = 0; step < STEPS; step += 1) {
    const by = one(PEOPLE);
    const action = one([
      'buy',
      'deliver',
      'deliver',
      'disputeKey',
      'disputeChunk',
      'release',
      'refund',
      'withdraw',
      'wait',
    ]);
    if (action === 'wait') {
      world.lane.timestamp += BigInt(pick(DAY));
      continue;
    }
    if (action === 'withdraw') {
      const owed = credits.get(by) ?? 0n;
      expect((await world.send(by, 'withdraw', [0, STRANGER])).isSuccess).toBe(owed > 0n);
      credits.set(by, 0n);
    } else if (action === 'buy' || sales.length === 0) {
      const dataset = one([HONEST, CHEAT]);
      const offer = { ...dataset.offer, price: BigInt(1 + pick(1_000)) };
      // each has another number of seconds, so none is the same as another
      const purchase = dataset.purchase({ offer, deliverBy: now() + 1 + pick(2 * DAY), disputeSeconds: DAY + step });
      await world.buy(purchase);
      sales.push({ purchase, dataset, status: BOUGHT, disputeUntil: 0, delivery: undefined, isKeyRight: false });
    } else {
      const sale = one(sales);
      const { purchase, dataset } = sale;
      const isInTime = sale.status === DELIVERED && now() <= sale.disputeUntil;
      let args: readonly unknown[] = [];
      let isRight = false;
      let then = () => undefined as unknown;
      if (action === 'deliver') {
        const isKeyRight = pick(3) > 0;
        const key = isKeyRight ? dataset.key : one([HONEST, CHEAT].filter((each) => each !== dataset)).key;
        const delivery = maskKey(key, purchaseId(purchase), { own: SELLERS_KEY, buyer: purchase.key });
        args = [delivery];
        isRight = by === SELLER && sale.status === BOUGHT && now() <= purchase.deliverBy;
        const disputeUntil = now() + purchase.disputeSeconds;
        then = () => Object.assign(sale, { status: DELIVERED, disputeUntil, delivery, isKeyRight });
      } else if (action === 'disputeKey') {
        const delivery = sale.delivery ?? maskKey(dataset.key, dataset.key, { own: SELLERS_KEY, buyer: purchase.key });
        args = [delivery, BUYERS_KEY.secret, sharedPoint(BUYERS_KEY, SELLERS_KEY.point)];
        isRight = isInTime && !sale.isKeyRight;
        then = () => pay(sale, REFUNDED, BUYER);
      } else if (action === 'disputeChunk') {
        const index = pick(dataset.offer.chunks);
        args = [dataset.complaint(index)];
        isRight = isInTime && dataset === CHEAT && index === WRONG_AT;
        then = () => pay(sale, REFUNDED, BUYER);
      } else if (action === 'release') {
        isRight = sale.status === DELIVERED && (by === BUYER || now() > sale.disputeUntil);
        then = () => pay(sale, RELEASED, SELLER);
      } else {
        isRight = sale.status === BOUGHT && (by === SELLER || now() > purchase.deliverBy);
        then = () => pay(sale, REFUNDED, BUYER);
      }
      const { isSuccess } = await world.send(by, action, [purchase, ...args]);
      expect([step, action, isSuccess]).toEqual([step, action, isRight]);
      if (isSuccess) {
        ended.add(action);
        then();
      }
      expect(await world.status(purchase)).toBe(sale.status);
    }
    const inEscrow = sales
      .filter(({ status }) => status === BOUGHT || status === DELIVERED)
      .reduce((sum, { purchase }) => sum + purchase.offer.price, 0n);
    const owed = [...credits.values()].reduce((sum, each) => sum + each, 0n);
    expect(await world.lane.balance(ESCROW)).toBe(inEscrow + owed);
    for (const person of PEOPLE) expect(await world.credit(person)).toBe(credits.get(person) ?? 0n);
  }
  // the history was one in which things happen
  expect(ended.size).toBeGreaterThanOrEqual(3);
});
