import {
  encodeCommit,
  encodeReveal,
  type MemoWords,
  revealParts,
  type Weight,
  weightWords,
} from '../../protocol/epochs/memo.ts';
import type { Participant } from '../../protocol/epochs/participants.ts';
import { scoreCommitment } from '../../protocol/epochs/scoreCommitment.ts';
import { epochAt, epochStart, revealStart } from '../../protocol/epochs/serviceDocument.ts';
import type { ServiceLedger } from '../../protocol/epochs/serviceLedger.ts';
import type { AccountIndex, Op } from '../../protocol/types.ts';
import { transfer } from '../../sdk/ops.ts';
import { type CompleteOptions, type EvaluatorDeps, type EvaluatorOptions, withDefaults } from './evaluatorDeps.ts';
import { type EpochWork, EvaluatorStore } from './evaluatorStore.ts';
import { EMPTY_TALLY, type Finding, type Tally, weightOf } from './judging.ts';
import { JudgingRound } from './judgingRound.ts';
import { LedgerFollower } from './ledgerFollower.ts';
import { Outbox } from './outbox.ts';

export type { EvaluatorDeps } from './evaluatorDeps.ts';

/**
 * idle: no epoch yet, or this account does not take part in it; judging; waiting: committed, and not yet time to reveal; committed: the
 * commitment is under way; revealed: done for this epoch; missed: there was nothing to reveal, or too late.
 */
export type EvaluatorState = 'idle' | 'judging' | 'committed' | 'waiting' | 'revealed' | 'missed';

export interface EvaluatorReport {
  readonly epoch: number;
  readonly state: EvaluatorState;
  readonly findings: readonly { readonly agent: AccountIndex; readonly finding: Finding }[];
}

const MAX_COMMIT_MARGIN = 60;

/**
 * Judges the providers of a service, epoch by epoch. `step()` does what is due now and can be called at any time, by one process; killed
 * anywhere it goes on where it was, with the salt and the weights that it had stored before the commitment left.
 */
export class Evaluator {
  readonly #options: CompleteOptions;
  readonly #deps: EvaluatorDeps;
  readonly #follower: LedgerFollower;
  readonly #store: EvaluatorStore;
  readonly #outbox: Outbox;

  private constructor(
    options: EvaluatorOptions,
    deps: EvaluatorDeps,
    parts: { follower: LedgerFollower; store: EvaluatorStore },
  ) {
    this.#options = withDefaults(options);
    this.#deps = deps;
    this.#follower = parts.follower;
    this.#store = parts.store;
    this.#outbox = new Outbox(deps);
  }

  /** @throws EvaluatorError BAD_STORE */
  static async open(options: EvaluatorOptions, deps: EvaluatorDeps): Promise<Evaluator> {
    const { service, document, domain, account, keepEpochs } = options;
    const store = await EvaluatorStore.open({ service, domain, account }, deps.db);
    const ledgerOptions = { service, document, domain, ...(keepEpochs !== undefined && { keepEpochs }) };
    const follower = await LedgerFollower.open({ ...ledgerOptions, keepClaims: true }, deps);
    return new Evaluator(options, deps, { follower, store });
  }

  get ledger(): ServiceLedger {
    return this.#follower.ledger;
  }

  /** What is stored of an epoch. */
  work(epoch: number): Promise<EpochWork | undefined> {
    return this.#store.load(epoch);
  }

  /** @throws what the node, the source and the store throw; nothing is lost then, and the next step goes on */
  async step(signal?: AbortSignal): Promise<EvaluatorReport> {
    await this.#follower.sync(signal);
    const { document, account } = this.#options;
    const now = await this.#deps.chain.time();
    const epoch = epochAt(document, now);
    const own = (state: EvaluatorState, findings: EvaluatorReport['findings'] = []) => ({ epoch, state, findings });
    if (epoch < Math.max(0, this.ledger.currentEpoch)) return own('idle');
    const participants = this.ledger.participantsOf(epoch);
    if (!participants.some((one) => one.account === account && one.isEvaluator)) return own('idle');
    let work = await this.#workOf(epoch);
    if (now >= revealStart(document, epoch)) return own(await this.#reveal(work));
    if (work.decision !== undefined) return own(await this.#commit(work, participants));
    const judged = await this.#judge(work, participants, signal);
    work = judged.work;
    // Who has seen nothing has nothing to say: no weights would say that nobody is any good.
    const isBlind = work.tallies.every(({ tally }) => tally.asked === 0);
    if (isBlind || now < this.#commitAt(epoch)) return own('judging', judged.findings);
    return own(await this.#commit(work, participants), judged.findings);
  }

  async #workOf(epoch: number): Promise<EpochWork> {
    const stored = await this.#store.load(epoch);
    if (stored !== undefined) return stored;
    const work = { epoch, salt: this.#deps.random(), tallies: [], decision: undefined, isRevealed: false };
    await this.#store.save(work);
    return work;
  }

  #commitAt(epoch: number): number {
    const { document, commitMarginSeconds } = this.#options;
    const end = revealStart(document, epoch);
    const quarter = Math.floor((end - epochStart(document, epoch)) / 4);
    return end - (commitMarginSeconds ?? Math.min(MAX_COMMIT_MARGIN, quarter));
  }

  /** Purchases end when the commitment is due; for who begins later, half-way to the reveals. */
  async #deadline(epoch: number): Promise<number> {
    const now = await this.#deps.chain.time();
    const due = this.#commitAt(epoch);
    return now < due ? due : Math.ceil((now + revealStart(this.#options.document, epoch)) / 2);
  }

  async #judge(work: EpochWork, participants: readonly Participant[], signal?: AbortSignal) {
    const [deps, follower, store] = [this.#deps, this.#follower, this.#store];
    const deadline = await this.#deadline(work.epoch);
    const round = new JudgingRound({ options: this.#options, work, deadline, signal }, { ...deps, follower, store });
    return round.run(participants);
  }

  async #commit(work: EpochWork, participants: readonly Participant[]): Promise<EvaluatorState> {
    const { chain } = this.#deps;
    const { service, document, account, domain } = this.#options;
    const { epoch, salt } = work;
    let { decision } = work;
    if (decision === undefined) {
      const weights = await this.#weights(work, participants);
      const words = weightWords(weights);
      decision = { weights, commitment: scoreCommitment({ service, epoch, evaluator: account, salt, words }, domain) };
      // Before the commitment leaves: a restart must reveal these and no others.
      await this.#store.save({ ...work, decision });
    }
    const name = `commit/${epoch}`;
    if ((await this.#sentState(name)) !== 'gone') return 'committed';
    if ((await chain.time()) >= revealStart(document, epoch)) return 'missed';
    // Begun before the epoch, the open batch would count the commitment to the epoch before.
    if ((await chain.batchTimes()).next < epochStart(document, epoch)) return 'waiting';
    const ops = await this.#memos([encodeCommit({ epoch, commitment: decision.commitment })]);
    await this.#outbox.send(name, { signer: account, ops, validUntil: revealStart(document, epoch) - 1 });
    return 'committed';
  }

  async #reveal(work: EpochWork): Promise<EvaluatorState> {
    const { document, account } = this.#options;
    const { epoch, salt, decision } = work;
    if (decision === undefined) return 'missed';
    const name = `reveal/${epoch}`;
    const state = await this.#sentState(name);
    if (state === 'included') {
      if (!work.isRevealed) await this.#store.save({ ...work, isRevealed: true });
      return 'revealed';
    }
    if (state === 'pending') return 'waiting';
    if ((await this.#sentState(`commit/${epoch}`)) !== 'included' && !this.#isCommitted(epoch)) return 'missed';
    if (!(await this.#isRevealTime(epoch))) return 'waiting';
    const ops = await this.#memos(encodeReveal({ epoch, salt, weights: decision.weights }));
    await this.#outbox.send(name, { signer: account, ops, validUntil: epochStart(document, epoch + 1) - 1 });
    return 'waiting';
  }

  /**
   * Whoever builds blocks can hold a batch open that began before the reveals, read a reveal in its mempool and put a commitment before it.
   * Once L1 has a batch that began within the reveals no commitment can follow. Where the chain stands still somebody must begin it.
   */
  async #isRevealTime(epoch: number): Promise<boolean> {
    const { document, account } = this.#options;
    const from = revealStart(document, epoch);
    const { next, newest, committed } = await this.#deps.chain.batchTimes();
    if (committed >= from) return true;
    const name = `wake/${epoch}`;
    if (newest < from && next >= from && (await this.#sentState(name)) === 'gone') {
      const { fee } = await this.#deps.chain.limits(this.ledger.service?.token ?? 0);
      const ops = [transfer({ from: account, to: account, amount: 0n, fee })];
      await this.#outbox.send(name, { signer: account, ops, validUntil: epochStart(document, epoch + 1) - 1 });
    }
    return false;
  }

  /** What became of what was sent under a name; the node is told again what it has forgotten. */
  async #sentState(name: string): Promise<'pending' | 'included' | 'gone'> {
    const sent = await this.#outbox.sent(name);
    if (sent.length === 0) return 'gone';
    const states = await Promise.all(sent.map(({ hash }) => this.#deps.chain.status(hash)));
    if (states.includes('included')) return 'included';
    if (!states.includes('pending')) await this.#outbox.resend(name);
    const after = await Promise.all(sent.map(({ hash }) => this.#deps.chain.status(hash)));
    if (after.includes('included')) return 'included';
    return after.includes('pending') ? 'pending' : 'gone';
  }

  #isCommitted(epoch: number): boolean {
    const { scores, currentEpoch } = this.ledger;
    return currentEpoch === epoch && scores?.commitments.has(this.#options.account) === true;
  }

  async #memos(memos: readonly MemoWords[]): Promise<Op[]> {
    const { account: from, service: to } = this.#options;
    const { fee } = await this.#deps.chain.limits(this.ledger.service?.token ?? 0);
    return memos.map((memo) => transfer({ from, to, amount: 0n, fee, memo }));
  }

  /** Of who takes part; if a batch does not take so many, the largest. */
  async #weights({ tallies }: EpochWork, participants: readonly Participant[]): Promise<Weight[]> {
    const seen = new Map<AccountIndex, Tally>(tallies.map(({ agent, tally }) => [agent, tally]));
    const { ops } = await this.#deps.chain.limits(this.ledger.service?.token ?? 0);
    const weights = participants
      .flatMap(({ agent }): Weight[] => {
        const weight = agent === undefined ? 0 : weightOf(seen.get(agent) ?? EMPTY_TALLY, this.#options.classes);
        return agent === undefined || weight === 0 ? [] : [[agent, weight]];
      })
      .sort(([, a], [, b]) => b - a);
    while (revealParts(weights.length) > Math.min(ops, 255)) weights.pop();
    return weights.sort(([a], [b]) => a - b);
  }
}
