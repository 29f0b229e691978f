import type { Db } from '../../chain/db.ts';
import { type Logger, silentLogger } from '../../chain/logger.ts';
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
import type { ServiceLedger, ServiceLedgerOptions } from '../../protocol/epochs/serviceLedger.ts';
import type { AccountIndex, Field, Op } from '../../protocol/types.ts';
import { transfer } from '../../sdk/ops.ts';
import type { ProviderApi } from '../consumer/providerApi.ts';
import type { Reexecutor } from '../consumer/reexecution.ts';
import type { ChainPort } from './chainPort.ts';
import { type EpochWork, EvaluatorStore } from './evaluatorStore.ts';
import { EMPTY_TALLY, type Finding, type Tally, weightOf, withFinding } from './judging.ts';
import { type FoundClaim, LedgerFollower } from './ledgerFollower.ts';
import type { LedgerSource } from './ledgerSource.ts';
import { Outbox } from './outbox.ts';
import { sampleClaim } from './sampling.ts';
import type { Purchase, Shopper, Target } from './shopping.ts';

export interface EvaluatorOptions extends ServiceLedgerOptions {
  /** KEY account that stakes and signs scores. */
  readonly account: AccountIndex;
  /** Labels of the task; absent for a task without. */
  readonly classes?: number;
  /** Answers bought of each provider in an epoch. Default 10. */
  readonly purchases?: number;
  /** Answers bought of each provider in one step, so that they spread over the epoch. Default 1. */
  readonly purchasesAStep?: number;
  /** Receipts asked of a claim. Default 3. */
  readonly samples?: number;
  /** Claims looked at in one step. Default 16. */
  readonly claimsAStep?: number;
  /** How long before the reveals begin the commitment leaves, seconds. Default a quarter of the time for commitments, at most 60. */
  readonly commitMarginSeconds?: number;
}

/** A question whose answer is known. */
export interface Question {
  readonly input: Uint8Array;
  readonly label: number;
}

export interface EvaluatorDeps {
  readonly chain: ChainPort;
  readonly source: LedgerSource;
  readonly db: Db;
  readonly shopper: Shopper;
  /** Providers that announced themselves for the service; verified. */
  readonly targets: (signal?: AbortSignal) => Promise<readonly Target[]>;
  readonly api: (endpoint: string) => Pick<ProviderApi, 'sample'>;
  /** The model of an attestation, to run it again; undefined if this evaluator does not have the file. */
  readonly runner: (model: AccountIndex) => Reexecutor | undefined;
  /** Questions that no provider has seen; `number` counts those asked in the epoch. */
  readonly question: (salt: Field, number: number) => Question | undefined;
  /** What an output says; undefined if it is no answer to the task. */
  readonly labelOf: (output: Uint8Array) => number | undefined;
  /** Below 2^248, from a good source: who can guess it knows what is sampled, and the scores before they are revealed. */
  readonly random: () => Field;
  readonly log?: Logger;
}

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

const DEFAULTS = { purchases: 10, purchasesAStep: 1, samples: 3, claimsAStep: 16 } as const;
const MAX_COMMIT_MARGIN = 60;

/**
 * Judges the providers of a service, epoch by epoch. `step()` does what is due now and can be called at any time, by one process; killed
 * anywhere it goes on where it was, with the salt and the weights that it had stored before the commitment left.
 */
export class Evaluator {
  readonly #options: EvaluatorOptions & Required<Pick<EvaluatorOptions, keyof typeof DEFAULTS>>;
  readonly #deps: EvaluatorDeps;
  readonly #follower: LedgerFollower;
  readonly #store: EvaluatorStore;
  readonly #outbox: Outbox;
  readonly #log: Logger;

  private constructor(
    options: EvaluatorOptions,
    deps: EvaluatorDeps,
    parts: { follower: LedgerFollower; store: EvaluatorStore },
  ) {
    this.#options = { ...DEFAULTS, ...options };
    this.#deps = deps;
    this.#follower = parts.follower;
    this.#store = parts.store;
    this.#outbox = new Outbox(deps);
    this.#log = deps.log ?? silentLogger;
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
    if (now < this.#commitAt(epoch)) return own('judging', judged.findings);
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

  async #judge(work: EpochWork, participants: readonly Participant[], signal?: AbortSignal) {
    const { account } = this.#options;
    const found = new Map((await this.#deps.targets(signal)).map((target) => [target.agent, target]));
    const tallies = new Map(work.tallies.map(({ agent, tally }) => [agent, tally]));
    const findings: { agent: AccountIndex; finding: Finding }[] = [];
    const tallyOf = (agent: AccountIndex): Tally => tallies.get(agent) ?? EMPTY_TALLY;
    const add = (agent: AccountIndex, finding: Finding): void => {
      tallies.set(agent, withFinding(tallyOf(agent), finding));
      findings.push({ agent, finding });
    };
    const mayBuy = (agent: AccountIndex): boolean => tallyOf(agent).bought < this.#options.purchases;
    const bought = (agent: AccountIndex, finding: Finding): void => {
      tallies.set(agent, { ...tallyOf(agent), bought: tallyOf(agent).bought + 1 });
      add(agent, finding);
    };
    const save = (): Promise<void> => {
      const all = [...tallies].map(([agent, tally]) => ({ agent, tally }));
      return this.#store.save({ ...work, tallies: all });
    };
    const targets = new Map<AccountIndex, Target>();
    for (const { agent, account: owner } of participants) {
      const target = agent === undefined ? undefined : found.get(agent);
      if (agent === undefined || owner === account) continue;
      if (target?.owner === owner) targets.set(owner, target);
      // A provider that announces nothing can be asked nothing.
      else if (mayBuy(agent)) bought(agent, { kind: 'unanswered' });
    }
    await this.#sampleClaims(work.salt, targets, { add, save, signal });
    for (const target of targets.values()) {
      for (let i = 0; i < this.#options.purchasesAStep && mayBuy(target.agent); i += 1) {
        bought(target.agent, await this.#buy(work.salt, target, tallyOf(target.agent).bought, signal));
        await save();
      }
    }
    await save();
    const all = [...tallies].map(([agent, tally]) => ({ agent, tally }));
    return { work: { ...work, tallies: all }, findings };
  }

  async #sampleClaims(
    salt: Field,
    targets: ReadonlyMap<AccountIndex, Target>,
    to: {
      add: (agent: AccountIndex, finding: Finding) => void;
      save: () => Promise<void>;
      signal: AbortSignal | undefined;
    },
  ): Promise<void> {
    const claims = this.#follower.claims.slice(0, this.#options.claimsAStep);
    for (const claim of claims) {
      const target = targets.get(claim.provider);
      const findings = target === undefined ? [] : await this.#sample(salt, claim, target, to.signal);
      for (const finding of findings) to.add(target?.agent ?? claim.provider, finding);
    }
    if (claims.length === 0) return;
    // Findings first: a claim looked at twice is better than one never.
    await to.save();
    await this.#follower.drop(claims);
  }

  async #sample(salt: Field, claim: FoundClaim, target: Target, signal: AbortSignal | undefined): Promise<Finding[]> {
    const { chain, api } = this.#deps;
    const terms = await chain.channel(claim.channel);
    const runner = terms.model === target.model ? this.#deps.runner(target.model) : undefined;
    if (runner === undefined) return [];
    const providerKey = await chain.key(claim.provider);
    const { domain, samples: count } = this.#options;
    const sampled = { claim, terms, providerKey, price: target.price };
    return sampleClaim(sampled, { domain, salt, count, signal }, { api: api(target.endpoint), runner });
  }

  async #buy(salt: Field, target: Target, number: number, signal: AbortSignal | undefined): Promise<Finding> {
    const question = this.#deps.question(salt, number);
    if (question === undefined) return { kind: 'passed' };
    const runner = this.#deps.runner(target.model);
    const purchase = await this.#deps.shopper.buy(target, question.input, {
      ...(runner !== undefined && { runner }),
      ...(signal !== undefined && { signal }),
    });
    return this.#findingOf(purchase, question, target);
  }

  #findingOf(purchase: Purchase, { label }: Question, { agent }: Target): Finding {
    if (purchase.kind !== 'answered') {
      this.#log.info({ agent, kind: purchase.kind, code: purchase.code }, 'no good answer');
      if (purchase.kind === 'fault') return { kind: 'fault', code: purchase.code };
      return { kind: purchase.kind };
    }
    const { output, isRepeated } = purchase;
    if (this.#options.classes === undefined) return { kind: 'answered', isRepeated };
    return { kind: 'answered', isRepeated, isCorrect: this.#deps.labelOf(output) === label };
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
    // Begun before the epoch, the open batch would count the commitment to the epoch before.
    if ((await chain.nextBatchTime()) < epochStart(document, epoch)) return 'waiting';
    const ops = await this.#memos([encodeCommit({ epoch, commitment: decision.commitment })]);
    await this.#outbox.send(name, { signer: account, ops, validUntil: revealStart(document, epoch) - 1 });
    return 'committed';
  }

  async #reveal(work: EpochWork): Promise<EvaluatorState> {
    const { chain } = this.#deps;
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
    // While a batch is open that began before the reveals, whoever reads these weights could still commit to them.
    if ((await chain.nextBatchTime()) < revealStart(document, epoch)) return 'waiting';
    const ops = await this.#memos(encodeReveal({ epoch, salt, weights: decision.weights }));
    await this.#outbox.send(name, { signer: account, ops, validUntil: epochStart(document, epoch + 1) - 1 });
    return 'waiting';
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
