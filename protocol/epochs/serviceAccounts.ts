import { sha256 } from '@noble/hashes/sha2.js';
import { isOver, unpackAttestation, unpackChannel } from '../account.ts';
import { artefactCommitment } from '../attestation.ts';
import { payloadWord } from '../codec/opWords.ts';
import {
  type AccountIndex,
  type ChannelTerms,
  type Field,
  type L1Op,
  L1Opcode,
  type Op,
  Opcode,
  Subtype,
} from '../types.ts';
import { EpochError } from './epochError.ts';

/** What of a batch matters here; everything is in its posted data. */
export interface EpochBatch {
  readonly number: number;
  /** Seconds. */
  readonly timestamp: number;
  readonly l1Ops: readonly L1Op[];
  /** The ops of each transaction, assigned indices filled in. */
  readonly ops: readonly (readonly Op[])[];
}

/** The service's own account. */
export interface ServiceAccount {
  readonly keeper: AccountIndex;
  readonly token: number;
  pool: bigint;
}

/** A channel that names the service as its model: evaluators' stakes, and any other whose claims pay it a royalty. */
export interface ServiceChannel {
  readonly terms: Pick<ChannelTerms, 'payer' | 'provider' | 'expiry'>;
  balance: bigint;
}

export interface ServiceAccountsState {
  readonly service: ServiceAccount | undefined;
  readonly channels: ReadonlyMap<AccountIndex, ServiceChannel>;
  readonly agents: ReadonlyMap<AccountIndex, AccountIndex>;
  readonly tokens: ReadonlyMap<AccountIndex, number>;
}

/**
 * The accounts that a service depends on, followed through the operations of posted batches. Every rule of the ledger held (the batches
 * are proven), so effects are applied and nothing is checked again. Held: the pool, the channels that are not over and name the service,
 * one agent an owner, and the token of every KEY account whose token is not 0 (agents of another token could not be paid).
 */
export class ServiceAccounts {
  readonly #index: AccountIndex;
  readonly #artefact: Field;
  #service: ServiceAccount | undefined;
  readonly #channels: Map<AccountIndex, ServiceChannel>;
  /** Owner → the first of its agents by index. */
  readonly #agents: Map<AccountIndex, AccountIndex>;
  readonly #tokens: Map<AccountIndex, number>;
  /** Owed to the service's account by claims of this batch. */
  #royalties = 0n;

  constructor(options: { service: AccountIndex; documentText: string }, state?: ServiceAccountsState) {
    this.#index = options.service;
    this.#artefact = artefactCommitment(sha256(new TextEncoder().encode(options.documentText)));
    this.#service = state?.service && { ...state.service };
    this.#channels = new Map([...(state?.channels ?? [])].map(([index, channel]) => [index, { ...channel }]));
    this.#agents = new Map(state?.agents);
    this.#tokens = new Map(state?.tokens);
  }

  get state(): ServiceAccountsState {
    return { service: this.#service, channels: this.#channels, agents: this.#agents, tokens: this.#tokens };
  }

  get service(): Readonly<ServiceAccount> | undefined {
    return this.#service;
  }

  /** What each payer has staked in channels that last until `end` (seconds); the keeper cannot evaluate. */
  stakes(end: number): Map<AccountIndex, bigint> {
    const stakes = new Map<AccountIndex, bigint>();
    const keeper = this.#service?.keeper;
    for (const { terms, balance } of this.#channels.values()) {
      const { payer, provider, expiry } = terms;
      if (provider !== keeper || payer === keeper || expiry < end) continue;
      stakes.set(payer, (stakes.get(payer) ?? 0n) + balance);
    }
    return stakes;
  }

  /** `[agent, owner]`, one an owner, in no order. */
  agents(): (readonly [agent: AccountIndex, owner: AccountIndex])[] {
    return [...this.#agents].map(([owner, agent]) => [agent, owner] as const);
  }

  /** @throws EpochError WRONG_DOCUMENT, before anything changes */
  check(batch: EpochBatch): void {
    for (const op of batch.ops.flat()) {
      if (op.opcode !== Opcode.ATTEST || op.to !== this.#index) continue;
      const { subtype } = unpackAttestation(payloadWord(op, 2));
      const artefact = payloadWord(op, 0);
      if (artefact === this.#artefact && subtype === Subtype.SERVICE) continue;
      throw new EpochError('WRONG_DOCUMENT', { service: this.#index, artefact, expected: this.#artefact, subtype });
    }
  }

  apply(batch: EpochBatch): void {
    for (const op of batch.l1Ops) this.#applyL1(op);
    for (const op of batch.ops.flat()) this.#applyOp(op);
    if (this.#service !== undefined) this.#service.pool += this.#royalties;
    this.#royalties = 0n;
    for (const [index, { terms }] of this.#channels) {
      // Over for good: no claim, no stake. Forgotten, so that what is held here does not only grow.
      if (isOver({ ...terms, model: this.#index }, batch.timestamp)) this.#channels.delete(index);
    }
  }

  #applyL1(op: L1Op): void {
    if (op.isVoid) return;
    if (op.opcode === L1Opcode.DEPOSIT_NEW) this.#setToken(op.index, op.token);
    else this.#move(op.index, op.opcode === L1Opcode.DEPOSIT_TO ? op.amount : -op.amount);
  }

  #applyOp(op: Op): void {
    const { opcode, from, to, amount, fee } = op;
    if (opcode === Opcode.CLAIM) {
      const royalty = payloadWord(op, 2);
      if (this.#channels.has(from)) this.#royalties += royalty;
      this.#move(from, -(amount + fee + royalty));
      return;
    }
    this.#move(from, -(amount + fee));
    if (opcode === Opcode.TRANSFER || opcode === Opcode.CLOSE) this.#move(to, amount);
    else if (opcode === Opcode.REGISTER) this.#setToken(to, this.#tokenOf(from));
    else if (opcode === Opcode.ATTEST) this.#attest(op);
    else if (opcode === Opcode.OPEN) this.#open(op);
  }

  #attest(op: Op): void {
    const { owner, parent, subtype } = unpackAttestation(payloadWord(op, 2));
    const token = this.#tokenOf(owner);
    if (op.to === this.#index) this.#service = { keeper: owner, token, pool: op.amount };
    else if (subtype === Subtype.AGENT && parent === this.#index && token === this.#service?.token) {
      const known = this.#agents.get(owner);
      if (known === undefined || op.to < known) this.#agents.set(owner, op.to);
    }
  }

  #open(op: Op): void {
    const { payer, provider, model, expiry } = unpackChannel(payloadWord(op, 2));
    if (model === this.#index) this.#channels.set(op.to, { terms: { payer, provider, expiry }, balance: op.amount });
  }

  #move(index: AccountIndex, amount: bigint): void {
    if (index === this.#index && this.#service !== undefined) this.#service.pool += amount;
    const channel = this.#channels.get(index);
    if (channel !== undefined) channel.balance += amount;
  }

  #setToken(index: AccountIndex, token: number): void {
    if (token !== 0) this.#tokens.set(index, token);
  }

  #tokenOf(index: AccountIndex): number {
    return this.#tokens.get(index) ?? 0;
  }
}
