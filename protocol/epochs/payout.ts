import { canonicalJson } from '../documents/canonicalJson.ts';
import { textHash } from '../documents/signedDocument.ts';
import type { AccountIndex, Field } from '../types.ts';
import type { SparseRow } from '../yuma/packedRows.ts';
import { yumaEpoch } from '../yuma/yumaEpoch.ts';
import type { YumaOutput } from '../yuma/yumaInput.ts';
import type { Weight } from './memo.ts';
import type { Participant } from './participants.ts';
import type { Ignored } from './scoreBook.ts';
import { epochStart, type ServiceDocument } from './serviceDocument.ts';

/** Bonds by account, both ascending, none of 0: uids are numbered anew in every epoch. */
export type AccountBonds = readonly (readonly [
  evaluator: AccountIndex,
  row: readonly (readonly [provider: AccountIndex, bond: number])[],
])[];

export type Payment = readonly [account: AccountIndex, amount: bigint];

/** An epoch that is over, as the ledger's data tell it: all that its payout follows from. */
export interface EpochInput {
  readonly epoch: number;
  /** As of its start. */
  readonly participants: readonly Participant[];
  /** Of the last epoch in which a reveal counted. */
  readonly bonds: AccountBonds;
  /** What counts. */
  readonly reveals: ReadonlyMap<AccountIndex, readonly Weight[]>;
  readonly ignored: readonly Ignored[];
  readonly ignoredMore: number;
  /**
   * What the service's account held at its start beyond what it owed: promised then, so that a keeper that empties the pool before the
   * end owes it all the same.
   */
  readonly pool: bigint;
}

export interface EpochResult extends EpochInput {
  readonly service: AccountIndex;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  /** By uid, as Yuma took them. */
  readonly weights: readonly SparseRow[];
  readonly yuma: YumaOutput;
  /** After this epoch. */
  readonly newBonds: AccountBonds;
  /** What could be paid at most. */
  readonly emission: bigint;
  /** Ascending by account, none of 0. */
  readonly paid: readonly Payment[];
  /** What stays of the pool once everybody is paid. */
  readonly left: bigint;
  readonly resultHash: Field;
}

/**
 * What an epoch pays: Yuma over the revealed weights, with the bonds of whoever took part in the epoch before. Pure; whoever has the
 * ledger's data computes the same.
 */
export function epochResult(
  { service, document }: { service: AccountIndex; document: ServiceDocument },
  input: EpochInput,
): EpochResult {
  const { epoch, participants, reveals, pool } = input;
  const uids = new Map(participants.map(({ account, uid }) => [account, uid]));
  const weights = weightRows(participants, reveals);
  const emission = pool < document.emission ? pool : document.emission;
  const { kappa, bondsPenalty, bondsMovingAverage } = document;
  const yuma = yumaEpoch({
    stake: participants.map(({ stake }) => stake),
    permits: participants.map(({ isEvaluator }) => isEvaluator),
    weights,
    bonds: bondRows(participants, input.bonds, uids),
    emission,
    kappa,
    bondsPenalty,
    bondsMovingAverage,
  });
  // Nobody judged: nothing that was earned before changes, however long a chain stands still.
  const newBonds = reveals.size === 0 ? input.bonds : accountBonds(participants, yuma.bonds);
  const earners = rankedOf(participants, yuma).length === 0 ? [] : participants;
  const paid = earners.flatMap((participant): Payment[] => {
    const amount = due(participant, yuma, reveals.has(participant.account));
    return amount > 0n ? [[participant.account, amount]] : [];
  });
  const left = pool - paid.reduce((sum, [, amount]) => sum + amount, 0n);
  const resultHash = hashOf({ service, epoch, bonds: newBonds, paid });
  const [start, end] = [epochStart(document, epoch), epochStart(document, epoch + 1)];
  return { ...input, service, start, end, weights, yuma, newBonds, emission, paid, left, resultHash };
}

/**
 * Providers that earned something. Where there are none Yuma splits by stake: in a service that would pay evaluators for agreeing to
 * say nothing.
 */
export function rankedOf(participants: readonly Participant[], yuma: Pick<YumaOutput, 'incentive'>): AccountIndex[] {
  return participants.flatMap(({ account, uid }) => ((yuma.incentive[uid] ?? 0) > 0 ? [account] : []));
}

/** Who evaluates and has not revealed earns nothing for evaluating, whatever its bonds of earlier epochs: only what it provides is paid. */
function due({ uid, isEvaluator }: Participant, yuma: YumaOutput, hasRevealed: boolean): bigint {
  const all = yuma.emission[uid] ?? 0n;
  if (!isEvaluator || hasRevealed) return all;
  const provided = yuma.incentiveEmission[uid] ?? 0n;
  return provided < all ? provided : all;
}

/** `textHash` of the canonical JSON of what an epoch comes to. Amounts are decimal strings. */
export function hashOf(said: {
  service: AccountIndex;
  epoch: number;
  bonds: AccountBonds;
  paid: readonly Payment[];
}): Field {
  const { service, epoch, bonds, paid } = said;
  const amounts = paid.map(([account, amount]) => [account, amount.toString()]);
  return textHash(canonicalJson({ bonds, epoch, paid: amounts, service }));
}

function weightRows(
  participants: readonly Participant[],
  reveals: ReadonlyMap<AccountIndex, readonly Weight[]>,
): SparseRow[] {
  const uidOf = new Map(participants.flatMap(({ agent, uid }) => (agent === undefined ? [] : [[agent, uid] as const])));
  return participants.map(({ account }) => {
    const row = (reveals.get(account) ?? []).flatMap(([agent, weight]) => {
      const uid = uidOf.get(agent);
      return uid === undefined ? [] : [[uid, weight] as const];
    });
    return row.sort(([a], [b]) => a - b);
  });
}

function bondRows(
  participants: readonly Participant[],
  bonds: AccountBonds,
  uids: ReadonlyMap<AccountIndex, number>,
): SparseRow[] {
  const rows = new Map(bonds);
  // Who evaluates no more has no bonds any more: else a stake that left would go on earning.
  return participants.map(({ account, isEvaluator }) =>
    (isEvaluator ? (rows.get(account) ?? []) : []).flatMap(([provider, bond]) => {
      const uid = uids.get(provider);
      return uid === undefined ? [] : [[uid, bond] as const];
    }),
  );
}

function accountBonds(participants: readonly Participant[], rows: readonly SparseRow[]): AccountBonds {
  return participants.flatMap(({ account, uid }): AccountBonds => {
    const row = (rows[uid] ?? []).flatMap(([column, bond]) => {
      const provider = participants[column]?.account;
      return provider === undefined || bond === 0 ? [] : [[provider, bond] as const];
    });
    return row.length === 0 ? [] : [[account, row]];
  });
}
