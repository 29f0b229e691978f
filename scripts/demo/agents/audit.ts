/** What everybody should own in the end, by what they signed; fees, claims by epoch and payouts by the data on L1 alone. */
import type { Consumer } from '../../../agents/consumer/consumer.ts';
import { l1Source } from '../../../agents/evaluator/ledgerSource.ts';
import { epochAt } from '../../../protocol/epochs/serviceDocument.ts';
import { ServiceLedger } from '../../../protocol/epochs/serviceLedger.ts';
import { ConsumerBook } from '../../../protocol/receipts/consumerBook.ts';
import { type Op, Opcode } from '../../../protocol/types.ts';
import { domainOf } from '../../../sdk/chain.ts';
import type { Checks } from '../book.ts';
import type { World } from '../world.ts';
import { CHEAT, KEEPER, type Market, PROVIDERS, partyOf } from './market.ts';
import { CHANNEL_DEPOSIT } from './people.ts';

export interface Income {
  readonly epoch: number;
  readonly provider: string;
  /** Claimed for answers, base units. */
  readonly answers: bigint;
  /** From the pool. */
  readonly rewards: bigint;
}

export interface Replayed {
  readonly ledger: ServiceLedger;
  /** All operations on L1 so far, with the epoch of their batch. */
  readonly ops: readonly { readonly op: Op; readonly epoch: number }[];
}

/** The service as L1's calldata have it: whoever has an L1 endpoint computes the same. */
export async function replayFromL1(world: World, market: Market): Promise<Replayed> {
  const { service, document } = market;
  const source = l1Source(world.who(KEEPER).l1);
  const domain = domainOf(partyOf(market, KEEPER).client.chain);
  const ledger = new ServiceLedger({ service, document, domain });
  const ops: { op: Op; epoch: number }[] = [];
  const last = await source.last();
  for (let number = 1; number <= last; number += 1) {
    const batch = await source.batch(number);
    ledger.apply(batch);
    const epoch = epochAt(document, batch.timestamp);
    for (const op of batch.ops.flat()) ops.push({ op, epoch });
  }
  return { ledger, ops };
}

/** Writes into the book what vouchers promise, and what epochs pay. */
export async function writeBook(
  world: World,
  { market, consumers, replayed }: { market: Market; consumers: ReadonlyMap<string, Consumer>; replayed: Replayed },
): Promise<void> {
  const token = world.token.id;
  const line = (name: string): string => `ledger:${name}:${token}`;
  const nameOf = new Map<number, string>([[market.service, 'pool']]);
  for (const { name, index } of market.parties.values()) nameOf.set(index, name);
  for (const [name, consumer] of consumers) {
    for (const { index, provider, book } of await consumer.channels()) {
      const channel = `channel ${index}`;
      world.track(channel, token, index);
      nameOf.set(index, channel);
      world.book.move(line(name), line(channel), CHANNEL_DEPOSIT);
      world.book.move(line(channel), line(nameOf.get(provider) ?? ''), ConsumerBook.fromJson(book).voucher.total);
    }
  }
  const keeper = partyOf(market, KEEPER).index;
  for (const { op } of replayed.ops) {
    // Of a claim the fee is part of what the channel paid: the provider has so much less.
    const payer = op.opcode === Opcode.CLAIM ? op.to : op.from;
    world.payFees(nameOf.get(payer) ?? '', token, op.fee);
    const isToPool = op.opcode === Opcode.TRANSFER && op.from === keeper && op.to === market.service;
    if (isToPool) world.book.move(line(KEEPER), line('pool'), op.amount);
  }
  for (const epoch of replayed.ledger.epochs) {
    for (const [account, amount] of replayed.ledger.payout(epoch).paid) {
      world.book.move(line('pool'), line(nameOf.get(account) ?? ''), amount);
    }
  }
}

/** What each provider had of each epoch. */
export function incomesOf({ ledger, ops }: Replayed, market: Market, epochs: number): Income[] {
  return Array.from({ length: epochs }, (_, epoch) =>
    PROVIDERS.map((provider): Income => {
      const { index } = partyOf(market, provider);
      const claims = ops.filter(({ op, epoch: of }) => of === epoch && op.opcode === Opcode.CLAIM && op.to === index);
      const answers = claims.reduce((sum, { op }) => sum + op.amount + op.fee, 0n);
      const paid = new Map(ledger.payout(epoch).paid);
      return { epoch, provider, answers, rewards: paid.get(index) ?? 0n };
    }),
  ).flat();
}

/** The story's moral. */
export function checkIncomes(checks: Checks, incomes: readonly Income[], { ledger }: Replayed, epochs: number): void {
  const holds = (what: string, isTrue: boolean): void => checks.equal(what, 1n, isTrue ? 1n : 0n);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const rewardOf = (name: string): bigint =>
      incomes.find((income) => income.epoch === epoch && income.provider === name)?.rewards ?? 0n;
    holds(`epoch ${epoch}: paid to the unit, by L1's data`, ledger.verify(epoch).status === 'paid');
    checks.equal(`epoch ${epoch}: no reward for the cheat`, 0n, rewardOf(CHEAT));
    holds(`epoch ${epoch}: the better model earns more`, rewardOf('carol') > rewardOf('dave') && rewardOf('dave') > 0n);
  }
  const last = incomes.find((income) => income.epoch === epochs - 1 && income.provider === CHEAT);
  checks.equal('the last epoch: no income for the cheat', 0n, (last?.answers ?? 0n) + (last?.rewards ?? 0n));
}
