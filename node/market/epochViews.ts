/** Epochs as the RPC shows them: who earned what, and why. Pure. */
import { wordHex } from '../../protocol/bytes.ts';
import type { Weight } from '../../protocol/epochs/memo.ts';
import type { Participant } from '../../protocol/epochs/participants.ts';
import type { EpochResult } from '../../protocol/epochs/payout.ts';
import { epochStart } from '../../protocol/epochs/serviceDocument.ts';
import type { ServiceLedger } from '../../protocol/epochs/serviceLedger.ts';
import { ratio, toU16 } from '../../protocol/yuma/fixedPoint.ts';
import type { SparseRow } from '../../protocol/yuma/packedRows.ts';
import type { EpochSummary, EpochView } from '../../sdk/marketTypes.ts';
import { digestOf, type Settlement, summaryOf } from './epochDigest.ts';

type Judge = EpochView['judges'][number];
type Earner = EpochView['earners'][number];

/** Of one judge, the largest: there can be thousands. */
const MAX_WEIGHTS = 200;
const ONE = 0xffff;

/** An epoch that is over. */
export function overView(result: EpochResult, settlement: Settlement, token: number): EpochView {
  const { participants, yuma, weights, service, reveals, ignored } = result;
  const { payments } = settlement;
  const share = (values: readonly number[], uid: number): number => (values[uid] ?? 0) / ONE;
  const due = new Map(result.paid);
  const split = (participant: Participant) =>
    splitOf(participant, {
      due: due.get(participant.account) ?? 0n,
      paid: payments.get(participant.account) ?? 0n,
      incentive: yuma.incentiveEmission[participant.uid] ?? 0n,
    });
  const ranks = ranksOf(result);
  const earners = participants.flatMap((one): Earner[] => {
    const { account, agent, uid } = one;
    if (agent === undefined) return [];
    const [consensus, incentive] = [share(yuma.consensus, uid), share(yuma.incentive, uid)];
    return [{ account, agent, consensus, rank: ranks[uid] ?? 0, incentive, ...split(one).earned }];
  });
  const judges = participants.flatMap((one): Judge[] => {
    const { account, isEvaluator, stake, uid } = one;
    if (!isEvaluator) return [];
    const reason = reveals.has(account) ? undefined : ignored.findLast((entry) => entry.account === account)?.reason;
    return [
      {
        account,
        stake,
        hasRevealed: reveals.has(account),
        ...(reason !== undefined && { ignored: reason }),
        ...weightsOf(uid, weights[uid] ?? [], { participants, consensus: yuma.consensus }),
        dividend: share(yuma.dividends, uid),
        ...split(one).judged,
      },
    ];
  });
  return {
    ...summaryOf(digestOf(result), settlement),
    ...{ service, token, resultHash: wordHex(result.resultHash) },
    earners: earners.sort((x, y) => compare(y.due, x.due) || y.incentive - x.incentive || x.account - y.account),
    judges,
  };
}

/** The epoch that the newest batch is in: who takes part, and what was revealed so far. Nothing is due yet. */
export function openView(ledger: ServiceLedger): EpochView {
  const { participants, scores, currentEpoch: epoch, options } = ledger;
  const uids = new Map(participants.flatMap(({ agent, uid }) => (agent === undefined ? [] : [[agent, uid] as const])));
  const rowOf = (weights: readonly Weight[]): SparseRow =>
    weights.flatMap(([agent, weight]) => {
      const uid = uids.get(agent);
      return uid === undefined ? [] : [[uid, weight] as const];
    });
  const nothing = { due: 0n, paid: 0n } as const;
  return {
    ...openSummary(ledger),
    epoch,
    service: options.service,
    token: ledger.service?.token ?? 0,
    earners: participants.flatMap(({ account, agent }): Earner[] =>
      agent === undefined ? [] : [{ account, agent, consensus: 0, rank: 0, incentive: 0, ...nothing }],
    ),
    judges: participants.flatMap(({ account, isEvaluator, stake, uid }): Judge[] => {
      if (!isEvaluator) return [];
      const weights = scores?.reveals.get(account);
      const reason = weights ? undefined : scores?.ignored.findLast((entry) => entry.account === account)?.reason;
      return [
        {
          ...{ account, stake, dividend: 0, hasRevealed: weights !== undefined, ...nothing },
          ...(reason !== undefined && { ignored: reason }),
          ...weightsOf(uid, rowOf(weights ?? []), { participants }),
        },
      ];
    }),
  };
}

export function openSummary({ options: { document }, currentEpoch: epoch, participants }: ServiceLedger): EpochSummary {
  return {
    epoch,
    from: epochStart(document, epoch),
    to: epochStart(document, epoch + 1),
    state: 'open',
    due: 0n,
    paid: 0n,
    providers: participants.filter(({ isProvider }) => isProvider).length,
    evaluators: participants.filter(({ isEvaluator }) => isEvaluator).length,
  };
}

/** By uid: the sum of each judge's share of the stake times its weight, or consensus where that is less. Yuma's own are scaled already. */
function ranksOf({ participants, weights, yuma }: EpochResult): Float64Array {
  const ranks = new Float64Array(participants.length);
  const total = participants.reduce((sum, { stake }) => sum + stake, 0n);
  for (const { uid: judge, stake } of participants) {
    if (stake === 0n) continue;
    const part = Number((stake << 32n) / total) / 2 ** 32;
    const counted = (weights[judge] ?? []).filter(([uid]) => uid !== judge);
    const sum = counted.reduce((all, [, weight]) => all + weight, 0);
    for (const [uid, weight] of counted) {
      ranks[uid] = (ranks[uid] ?? 0) + part * Math.min(weight / sum, (yuma.consensus[uid] ?? 0) / ONE);
    }
  }
  return ranks;
}

/**
 * A judge's weights as they count: without the one for itself, as shares of their sum; and what of each is above consensus. That is known
 * in 1/65535, so what was clipped is told where it shows in that unit.
 */
function weightsOf(
  judge: number,
  row: SparseRow,
  { participants, consensus }: { participants: readonly Participant[]; consensus?: readonly number[] },
): Pick<Judge, 'weights' | 'clipped' | 'more'> {
  const counted = row.filter(([uid]) => uid !== judge);
  const sum = counted.reduce((total, [, weight]) => total + weight, 0);
  const shares = counted.flatMap(([uid, weight]) => {
    const provider = participants[uid]?.account;
    if (provider === undefined) return [];
    // Compared as Yuma rounds it: what is not above consensus there is not here.
    const isClipped = consensus !== undefined && toU16(ratio(weight, sum)) > (consensus[uid] ?? 0);
    return [{ provider, weight: weight / sum, agreed: isClipped ? (consensus[uid] ?? 0) / ONE : undefined }];
  });
  shares.sort((x, y) => y.weight - x.weight || x.provider - y.provider);
  const listed = shares.slice(0, MAX_WEIGHTS);
  return {
    weights: listed.map(({ provider, weight }) => ({ provider, weight })),
    clipped: listed.flatMap(({ provider, weight, agreed }) =>
      agreed === undefined ? [] : [{ provider, weight: weight - agreed }],
    ),
    ...(shares.length > listed.length && { more: shares.length - listed.length }),
  };
}

/**
 * Who provides and evaluates is paid one amount. It is told apart: incentive first, the rest for evaluating; and what was paid fills them in
 * this order, whatever is too much counting for the last one it has.
 */
function splitOf(
  { isProvider, isEvaluator }: Participant,
  { due, paid, incentive }: { due: bigint; paid: bigint; incentive: bigint },
): Record<'earned' | 'judged', { readonly due: bigint; readonly paid: bigint }> {
  const provided = !isProvider ? 0n : isEvaluator ? least(incentive, due) : due;
  const first = !isProvider ? 0n : isEvaluator ? least(provided, paid) : paid;
  return { earned: { due: provided, paid: first }, judged: { due: due - provided, paid: paid - first } };
}

function least(x: bigint, y: bigint): bigint {
  return x < y ? x : y;
}

function compare(x: bigint, y: bigint): number {
  return x === y ? 0 : x < y ? -1 : 1;
}
