import type { AccountIndex, Field, Op } from '../types.ts';
import { Opcode } from '../types.ts';
import { decodeMemo, decodeReveal, type Memo, MemoKind, type Reveal, type Weight } from './memo.ts';
import type { Participant } from './participants.ts';
import { scoreCommitment } from './scoreCommitment.ts';

/** Why scores do not count. */
export type IgnoredReason =
  /** Unused bits, wrong counts, weights that do not ascend, or parts that are not all in one transaction, in order. */
  | 'MALFORMED'
  | 'NOT_AN_EVALUATOR'
  /** For an epoch that has not begun; or a reveal while commitments are still taken. */
  | 'EARLY'
  /** For an epoch that is over; or a commitment once scores are revealed. */
  | 'LATE'
  | 'NO_COMMITMENT'
  /** Not what the last commitment says. */
  | 'OTHER_SCORES'
  /** One counted already. */
  | 'SECOND_REVEAL';

export interface Ignored {
  readonly account: AccountIndex;
  readonly kind: 'COMMIT' | 'REVEAL';
  /** The epoch it names. */
  readonly epoch: number;
  readonly reason: IgnoredReason;
  readonly batch: number;
}

export interface ScoreBookState {
  readonly commitments: ReadonlyMap<AccountIndex, Field>;
  readonly reveals: ReadonlyMap<AccountIndex, readonly Weight[]>;
  readonly ignored: readonly Ignored[];
  /** Those beyond what is kept. */
  readonly ignoredMore: number;
}

/** A place in time: the batch, and whether scores are revealed by now. */
export interface ScoreMoment {
  readonly batch: number;
  readonly isRevealing: boolean;
}

/** Kept of one evaluator, and of all strangers together: anybody can send more at the price of a fee. */
const MAX_IGNORED_EACH = 16;
const MAX_IGNORED_STRANGERS = 256;

/** Commitments and reveals of one epoch. */
export class ScoreBook {
  readonly #options: { service: AccountIndex; epoch: number; domain: Field };
  readonly #evaluators: ReadonlySet<AccountIndex>;
  readonly #agents: ReadonlySet<AccountIndex>;
  readonly #commitments: Map<AccountIndex, Field>;
  readonly #reveals: Map<AccountIndex, readonly Weight[]>;
  readonly #ignored: Ignored[];
  #ignoredMore: number;

  constructor(
    options: { service: AccountIndex; epoch: number; domain: Field; participants: readonly Participant[] },
    state?: ScoreBookState,
  ) {
    this.#options = options;
    const { participants } = options;
    this.#evaluators = new Set(participants.flatMap(({ account, isEvaluator }) => (isEvaluator ? [account] : [])));
    this.#agents = new Set(participants.flatMap(({ agent }) => (agent === undefined ? [] : [agent])));
    this.#commitments = new Map(state?.commitments);
    this.#reveals = new Map(state?.reveals);
    this.#ignored = [...(state?.ignored ?? [])];
    this.#ignoredMore = state?.ignoredMore ?? 0;
  }

  get state(): ScoreBookState {
    const [commitments, reveals] = [this.#commitments, this.#reveals];
    return { commitments, reveals, ignored: this.#ignored, ignoredMore: this.#ignoredMore };
  }

  /** The scores in one transaction: commitments as they come, and the reveals that its ops make together. */
  take(ops: readonly Op[], moment: ScoreMoment): void {
    const runs = new Map<AccountIndex, (Memo & { isWell: boolean })[][]>();
    for (const op of ops) {
      if (op.opcode !== Opcode.TRANSFER || op.to !== this.#options.service) continue;
      const memo = decodeMemo(op);
      if (memo?.kind === MemoKind.COMMIT) this.#commit(op.from, memo, moment);
      if (memo?.kind !== MemoKind.REVEAL) continue;
      const own = runs.get(op.from) ?? [];
      runs.set(op.from, own);
      if (memo.part === 0 || own.length === 0) own.push([memo]);
      else own.at(-1)?.push(memo);
    }
    for (const [account, own] of runs) for (const memos of own) this.#reveal(account, memos, moment);
  }

  #commit(account: AccountIndex, memo: Memo & { isWell: boolean }, { batch, isRevealing }: ScoreMoment): void {
    const { epoch, count, part, parts, m2, m3, isWell } = memo;
    const reason = this.#wrong(account, epoch) ?? (isRevealing ? 'LATE' : undefined);
    const isOne = isWell && count === 0 && part === 0 && parts === 1 && m3 === 0n;
    if (reason === undefined && isOne) this.#commitments.set(account, m2);
    else this.#ignore({ account, kind: 'COMMIT', epoch, reason: reason ?? 'MALFORMED', batch });
  }

  #reveal(account: AccountIndex, memos: readonly (Memo & { isWell: boolean })[], moment: ScoreMoment): void {
    const epoch = memos[0]?.epoch ?? 0;
    const reveal = decodeReveal(memos);
    const reason = this.#wrong(account, epoch) ?? (moment.isRevealing ? this.#judge(account, reveal) : 'EARLY');
    if (reason !== undefined) this.#ignore({ account, kind: 'REVEAL', epoch, reason, batch: moment.batch });
    else if (reveal !== undefined) {
      // Weights for others count for nothing, no more: who provides is settled at the epoch's start, and whoever judges by batches that
      // are proven may learn of it late. An owner that changes its first agent must not spoil what is said of all.
      this.#reveals.set(
        account,
        reveal.weights.filter(([agent]) => this.#agents.has(agent)),
      );
    }
  }

  #judge(account: AccountIndex, reveal: Reveal | undefined): IgnoredReason | undefined {
    if (reveal === undefined) return 'MALFORMED';
    if (this.#reveals.has(account)) return 'SECOND_REVEAL';
    const commitment = this.#commitments.get(account);
    if (commitment === undefined) return 'NO_COMMITMENT';
    const { service, epoch, domain } = this.#options;
    const { salt, words } = reveal;
    if (scoreCommitment({ service, epoch, evaluator: account, salt, words }, domain) !== commitment) {
      return 'OTHER_SCORES';
    }
    return undefined;
  }

  #wrong(account: AccountIndex, epoch: number): IgnoredReason | undefined {
    if (!this.#evaluators.has(account)) return 'NOT_AN_EVALUATOR';
    if (epoch === this.#options.epoch) return undefined;
    return epoch < this.#options.epoch ? 'LATE' : 'EARLY';
  }

  #ignore(entry: Ignored): void {
    const isOwn = this.#evaluators.has(entry.account);
    const alike = this.#ignored.filter(({ account }) =>
      isOwn ? account === entry.account : !this.#evaluators.has(account),
    );
    if (alike.length < (isOwn ? MAX_IGNORED_EACH : MAX_IGNORED_STRANGERS)) this.#ignored.push(entry);
    else this.#ignoredMore += 1;
  }
}
