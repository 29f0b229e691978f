import { silentLogger } from '../../chain/logger.ts';
import type { Participant } from '../../protocol/epochs/participants.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { ConsumerError } from '../consumer/consumerError.ts';
import type { CompleteOptions, EvaluatorDeps, Question } from './evaluatorDeps.ts';
import type { EpochWork, EvaluatorStore } from './evaluatorStore.ts';
import { EMPTY_TALLY, type Finding, type Tally, withFinding } from './judging.ts';
import type { FoundClaim, LedgerFollower } from './ledgerFollower.ts';
import { sampleClaim } from './sampling.ts';
import type { Purchase, Target } from './shopping.ts';

export interface RoundOptions {
  readonly options: CompleteOptions;
  readonly work: EpochWork;
  /** Seconds: nothing more is bought from here on. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

export interface RoundDeps extends EvaluatorDeps {
  readonly follower: LedgerFollower;
  readonly store: EvaluatorStore;
}

export interface RoundResult {
  readonly work: EpochWork;
  readonly findings: readonly { readonly agent: AccountIndex; readonly finding: Finding }[];
}

/** Providers bought from at the same time. */
const PARALLEL = 8;

/** One round of an evaluator: claims found since the last one are sampled, and every provider is asked a few questions. */
export class JudgingRound {
  readonly #given: RoundOptions;
  readonly #deps: RoundDeps;
  readonly #tallies: Map<AccountIndex, Tally>;
  readonly #findings: { agent: AccountIndex; finding: Finding }[] = [];

  constructor(given: RoundOptions, deps: RoundDeps) {
    this.#given = given;
    this.#deps = deps;
    this.#tallies = new Map(given.work.tallies.map(({ agent, tally }) => [agent, tally]));
  }

  /** What is found is stored as it is found. */
  async run(participants: readonly Participant[]): Promise<RoundResult> {
    const targets = await this.#targets(participants);
    await this.#sampleClaims(targets);
    await inParallel([...targets.values()], PARALLEL, (target) => this.#shop(target));
    return { work: await this.#save(), findings: this.#findings };
  }

  /** By owner; without this evaluator itself. A provider that announces nothing can be asked nothing. */
  async #targets(participants: readonly Participant[]): Promise<Map<AccountIndex, Target>> {
    const { account } = this.#given.options;
    const found = new Map((await this.#deps.targets(this.#given.signal)).map((target) => [target.agent, target]));
    const targets = new Map<AccountIndex, Target>();
    for (const { agent, account: owner } of participants) {
      if (agent === undefined || owner === account) continue;
      const target = found.get(agent);
      if (target?.owner === owner) targets.set(owner, target);
      else if (this.#mayBuy(agent)) this.#bought(agent, { kind: 'unanswered' });
    }
    return targets;
  }

  async #sampleClaims(targets: ReadonlyMap<AccountIndex, Target>): Promise<void> {
    const { follower } = this.#deps;
    const claims = follower.claims.slice(0, this.#given.options.claimsAStep);
    if (claims.length === 0) return;
    const silent = new Set<AccountIndex>();
    for (const claim of claims) {
      const target = targets.get(claim.provider);
      if (target === undefined || silent.has(claim.provider)) continue;
      const findings = await this.#sample(claim, target);
      for (const finding of findings) this.#add(target.agent, finding);
      // Who lets one wait lets all wait.
      if (findings.some(({ kind }) => kind === 'unanswered')) silent.add(claim.provider);
    }
    // Findings first: a claim looked at twice is better than one never.
    await this.#save();
    await follower.drop(claims);
  }

  async #sample(claim: FoundClaim, target: Target): Promise<Finding[]> {
    const { chain, api } = this.#deps;
    const { options, work, signal } = this.#given;
    const terms = await chain.channel(claim.channel);
    const runner = terms.model === target.model ? this.#deps.runner(target.model) : undefined;
    if (runner === undefined) return [];
    const sampled = { claim, terms, providerKey: await chain.key(claim.provider), price: target.price };
    const draw = { domain: options.domain, salt: work.salt, count: options.samples, signal };
    try {
      return await sampleClaim(sampled, draw, { api: api(target.endpoint), runner });
    } catch (error) {
      signal?.throwIfAborted();
      // An address that nobody should ask, for example: the provider chose it.
      if (error instanceof ConsumerError) return [{ kind: 'unanswered' }];
      throw error;
    }
  }

  async #shop(target: Target): Promise<void> {
    const { options, deadline } = this.#given;
    for (let i = 0; i < options.purchasesAStep && this.#mayBuy(target.agent); i += 1) {
      // Providers that let everybody wait must not cost the commitment.
      if ((await this.#deps.chain.time()) >= deadline) return;
      this.#bought(target.agent, await this.#buy(target));
      await this.#save();
    }
  }

  async #buy(target: Target): Promise<Finding> {
    const { work, signal } = this.#given;
    const { agent, model } = target;
    const question = this.#deps.question(work.salt, this.#tallyOf(agent).bought, agent);
    if (question === undefined) return { kind: 'passed' };
    const runner = this.#deps.runner(model);
    const purchase = await this.#deps.shopper.buy(target, question.input, {
      ...(runner !== undefined && { runner }),
      ...(signal !== undefined && { signal }),
    });
    return this.#findingOf(purchase, question, agent);
  }

  #findingOf(purchase: Purchase, { label }: Question, agent: AccountIndex): Finding {
    const { log = silentLogger, labelOf } = this.#deps;
    if (purchase.kind === 'answered') {
      const { output, isRepeated } = purchase;
      if (this.#given.options.classes === undefined) return { kind: 'answered', isRepeated };
      return { kind: 'answered', isRepeated, isCorrect: labelOf(output) === label };
    }
    log.info({ agent, kind: purchase.kind, code: purchase.code }, 'no good answer');
    return purchase.kind === 'fault' ? { kind: 'fault', code: purchase.code } : { kind: purchase.kind };
  }

  #tallyOf(agent: AccountIndex): Tally {
    return this.#tallies.get(agent) ?? EMPTY_TALLY;
  }

  #mayBuy(agent: AccountIndex): boolean {
    return this.#tallyOf(agent).bought < this.#given.options.purchases;
  }

  #add(agent: AccountIndex, finding: Finding): void {
    this.#tallies.set(agent, withFinding(this.#tallyOf(agent), finding));
    this.#findings.push({ agent, finding });
  }

  #bought(agent: AccountIndex, finding: Finding): void {
    const tally = this.#tallyOf(agent);
    this.#tallies.set(agent, { ...tally, bought: tally.bought + 1 });
    this.#add(agent, finding);
  }

  async #save(): Promise<EpochWork> {
    const tallies = [...this.#tallies].map(([agent, tally]) => ({ agent, tally }));
    const work = { ...this.#given.work, tallies };
    await this.#deps.store.save(work);
    return work;
  }
}

/** `work` for every item, at most `limit` at a time. The first failure ends it, once what is under way is done. */
async function inParallel<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  const done = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  for (const one of done) if (one.status === 'rejected') throw one.reason;
}
