/** Services and epochs, as JSON and for people. Pure. */

import { wordHex } from '../../protocol/bytes.ts';
import type { EpochResult } from '../../protocol/epochs/payout.ts';
import { epochStart, revealStart } from '../../protocol/epochs/serviceDocument.ts';
import type { ServiceLedger } from '../../protocol/epochs/serviceLedger.ts';
import type { PayoutVerdict } from '../../protocol/epochs/verifyPayout.ts';
import { columns } from './columns.ts';
import { date, money } from './units.ts';

export type ServiceJson = ReturnType<typeof serviceJson>;
export type EpochJson = ReturnType<typeof epochJson>;

/** A service as of its last proven batch. */
export function serviceJson(ledger: ServiceLedger) {
  const { service: index, document } = ledger.options;
  const { keeper, token, pool } = ledger.service ?? { keeper: 0, token: 0, pool: 0n };
  const { currentEpoch: epoch, scores, participants } = ledger;
  return {
    service: index,
    name: document.name,
    task: document.task,
    keeper,
    token,
    pool,
    emission: document.emission,
    minStake: document.minStake,
    batch: ledger.batch,
    epoch,
    ...(epoch >= 0 && {
      epochStart: epochStart(document, epoch),
      revealStart: revealStart(document, epoch),
      epochEnd: epochStart(document, epoch + 1),
    }),
    evaluators: participants
      .filter(({ isEvaluator }) => isEvaluator)
      .map(({ account, stake }) => ({
        account,
        stake,
        hasCommitted: scores?.commitments.has(account) ?? false,
        hasRevealed: scores?.reveals.has(account) ?? false,
      })),
    providers: participants.flatMap(({ account, agent }) => (agent === undefined ? [] : [{ account, agent }])),
  };
}

export function serviceView(service: ServiceJson): string {
  const { name, task, keeper, token, pool, emission, minStake, epoch, batch } = service;
  const head = columns([
    ['service', `${service.service}: ${name} (task ${task})`],
    ['keeper', String(keeper)],
    ['pool', money(pool, token)],
    ['an epoch pays', `at most ${money(emission, token)}`],
    ['least stake', money(minStake, token)],
    ['epoch', epoch < 0 ? 'none yet' : String(epoch)],
    ...(service.epochStart === undefined
      ? []
      : [
          ['began', date(service.epochStart)],
          ['reveals from', date(service.revealStart ?? 0)],
          ['ends', date(service.epochEnd ?? 0)],
        ]),
    ['as of', `proven batch ${batch}`],
  ]);
  const evaluators = service.evaluators.map(({ account, stake, hasCommitted, hasRevealed }) => [
    String(account),
    money(stake, token),
    hasRevealed ? 'revealed' : hasCommitted ? 'committed' : '–',
  ]);
  const providers = service.providers.map(({ account, agent }) => [String(account), String(agent)]);
  return [
    head,
    evaluators.length === 0 ? 'no evaluators' : columns([['evaluator', 'stake', 'scores'], ...evaluators]),
    providers.length === 0 ? 'no providers' : columns([['provider', 'agent'], ...providers]),
  ].join('\n\n');
}

/** An epoch that is over, what it comes to and what was paid of it. */
export function epochJson(result: EpochResult, verdict: PayoutVerdict, token: number) {
  const { epoch, service, start, end, participants, reveals, ignored, ignoredMore, yuma, pool, emission } = result;
  const paid = new Map(result.paid);
  return {
    epoch,
    service,
    token,
    start,
    end,
    pool,
    emission,
    participants: participants.map(({ uid, account, agent, stake, isEvaluator, isProvider }) => ({
      uid,
      account,
      ...(agent !== undefined && { agent }),
      ...(isEvaluator && { stake, hasRevealed: reveals.has(account) }),
      isEvaluator,
      isProvider,
      incentive: yuma.incentive[uid] ?? 0,
      dividends: yuma.dividends[uid] ?? 0,
      consensus: yuma.consensus[uid] ?? 0,
      validatorTrust: yuma.validatorTrust[uid] ?? 0,
      due: paid.get(account) ?? 0n,
    })),
    weights: [...reveals].map(([evaluator, weights]) => ({ evaluator, weights })),
    ignored,
    ignoredMore,
    due: verdict.due,
    left: result.left,
    resultHash: wordHex(result.resultHash),
    payout: verdictJson(verdict),
  };
}

export function verdictJson({ otherResults, ...verdict }: PayoutVerdict) {
  return { ...verdict, otherResults: otherResults.map((one) => ({ ...one, resultHash: wordHex(one.resultHash) })) };
}

export function epochView(epoch: EpochJson): string {
  const { token, participants, ignored, ignoredMore, payout } = epoch;
  const u16 = (value: number): string => (value === 0 ? '–' : (value / 65_535).toFixed(4));
  const head = columns([
    ['epoch', `${epoch.epoch} of service ${epoch.service}`],
    ['from', date(epoch.start)],
    ['to', date(epoch.end)],
    ['free at its start', money(epoch.pool, token)],
    ['due', money(epoch.due, token)],
    ['paid', `${money(payout.paid, token)} (${payout.status})`],
    ['result', epoch.resultHash],
  ]);
  const rows = participants.map(({ account, agent, isEvaluator, stake, hasRevealed, ...one }) => [
    String(account),
    agent === undefined ? '–' : String(agent),
    isEvaluator ? money(stake ?? 0n, token) : '–',
    isEvaluator ? (hasRevealed ? 'yes' : 'no') : '–',
    u16(one.incentive),
    u16(one.dividends),
    money(one.due, token),
  ]);
  const title = ['account', 'agent', 'stake', 'revealed', 'incentive', 'dividends', 'due'];
  const unheard = ignored.map(({ account, kind, reason, batch }) => [String(account), kind, reason, String(batch)]);
  return [
    head,
    rows.length === 0 ? 'nobody took part' : columns([title, ...rows]),
    ...(unheard.length === 0 ? [] : [columns([['ignored', 'scores', 'why', 'batch'], ...unheard])]),
    ...(ignoredMore === 0 ? [] : [`and ${ignoredMore} more`]),
    ...(payout.status === 'wrong' || payout.status === 'partial' ? [verdictView(payout, token)] : []),
  ].join('\n\n');
}

export function verdictView(verdict: ReturnType<typeof verdictJson>, token: number): string {
  const { status, differences, otherResults } = verdict;
  const rows = differences.map(({ account, due, paid }) => [String(account), money(due, token), money(paid, token)]);
  return [
    `epoch ${verdict.epoch}: ${WORDS[status]} (${money(verdict.paid, token)} of ${money(verdict.due, token)})`,
    ...(rows.length === 0 ? [] : [columns([['account', 'due', 'paid'], ...rows])]),
    ...otherResults.map(({ batch, resultHash }) => `batch ${batch} names another result: ${resultHash}`),
  ].join('\n\n');
}

const WORDS: Readonly<Record<PayoutVerdict['status'], string>> = {
  paid: 'paid as it should be',
  partial: 'paid in part',
  unpaid: 'not paid',
  wrong: 'PAID WRONG',
};
