import { sha256 } from '@noble/hashes/sha2.js';
import { type Hex, bytesToHex as hex } from 'viem';
import type { Db } from '../../../chain/db.ts';
import { artefactCommitment } from '../../../protocol/attestation.ts';
import { verifyAnswer } from '../../../protocol/receipts/answer.ts';
import { actor, TEST_DOMAIN } from '../../../protocol/testing/actors.ts';
import { type Field, Kind } from '../../../protocol/types.ts';
import { SdkError } from '../../../sdk/errors.ts';
import { answerHash } from '../../../sdk/oracle/commitment.ts';
import type { QuestionView } from '../../../sdk/oracle/question.ts';
import { ExecutionError } from '../../execution/executionError.ts';
import type { AnswererDeps } from '../answererOptions.ts';
import type { AnswerToSend, AskedLog, OraclePort, SendOutcome } from '../oraclePort.ts';

export const PROVIDER = 101;
export const OTHER = 102;
export const MODEL = 11;
export const OWNER = actor(1);
export const WEIGHTS = sha256(new TextEncoder().encode('weights'));

type Question = AskedLog & { readonly block: bigint; status: QuestionView['status']; answered: number[] };

/** Oracle in memory: takes answers as the contract does, as far as an answerer can tell. */
export class FakeOracle implements OraclePort {
  newest = 100n;
  timestamp = 0;
  price = 0n;
  /** What `send` does: takes it, loses it, lets it fail in its block, or cannot be reached. */
  sending: 'take' | 'lose' | 'fail' | 'hold' | 'break' = 'take';
  /** Questions that were looked at. */
  looks = 0;
  readonly sent: AnswerToSend[] = [];
  /** What is committed on L1 is so much older, seconds. */
  safeLag = 0;
  /** Transactions with commitments, by what they commit to; and when each was first in a block. */
  readonly commits: Hex[] = [];
  readonly commitments = new Map<Hex, number>();
  /** Of whoever builds blocks, seconds. A block is made only for a transaction. */
  clock: () => number = () => 0;
  readonly questions = new Map<bigint, Question>();
  #blocks = 0;
  readonly #outcomes = new Map<Hex, SendOutcome>();

  ask(change: Partial<AskedLog> = {}): bigint {
    this.newest += 1n;
    const question = change.question ?? BigInt(this.questions.size + 1);
    const asked = {
      question,
      providers: [PROVIDER, OTHER],
      quorum: 1,
      fee: 50n,
      deadline: 1_060,
      revealFrom: 0,
      callbackGas: 0,
      input: new TextEncoder().encode(`question ${question}`),
      ...change,
    };
    this.#makeBlock();
    const revealFrom = asked.quorum === 1 ? 0 : this.timestamp + Math.floor((asked.deadline - this.timestamp) / 2);
    this.questions.set(question, { ...asked, revealFrom, ...change, block: this.newest, status: 'open', answered: [] });
    return question;
  }

  /** The transactions that were held are in a block. */
  deliver(): void {
    this.#makeBlock();
    for (const hash of this.commits) this.#noteCommitment(hash);
    for (const answer of this.sent) this.#take(answer);
    for (const hash of this.#outcomes.keys()) this.#outcomes.set(hash, 'included');
  }

  async head(tag?: 'latest' | 'safe'): Promise<{ number: bigint; hash: Hex; timestamp: number }> {
    const held = [...this.questions].map(([number, { input }]) => `${number} ${hex(input)}`);
    const hash = hex(sha256(new TextEncoder().encode(`${this.newest} ${this.#blocks} ${held.join()}`)));
    return { number: this.newest, hash, timestamp: this.timestamp - (tag === 'safe' ? this.safeLag : 0) };
  }

  async gasPrice(): Promise<bigint> {
    return this.price;
  }

  async asked(_model: number, { fromBlock, toBlock }: { fromBlock: bigint; toBlock: bigint }): Promise<AskedLog[]> {
    return [...this.questions.values()].filter(({ block }) => block >= fromBlock && block <= toBlock);
  }

  async question(question: bigint): Promise<QuestionView> {
    this.looks += 1;
    const found = this.questions.get(question);
    if (found === undefined) throw new SdkError('NOT_FOUND', 'no such question');
    const { fee, quorum, input, answered, ...rest } = found;
    const asker: Hex = `0x${'aa'.repeat(20)}`;
    return {
      ...rest,
      question,
      asker,
      model: MODEL,
      answered: [...answered],
      quorum,
      fee,
      price: fee / BigInt(quorum),
      callback: '0x00000000',
      inputHash: hex(sha256(input)),
    };
  }

  async account(index: number): Promise<{ kind: number; a: bigint; b: bigint }> {
    if (index === PROVIDER) return { kind: Kind.KEY, a: OWNER.key[0], b: OWNER.key[1] };
    if (index === MODEL) return { kind: Kind.ATTEST, a: artefactCommitment(WEIGHTS), b: 0n };
    return { kind: 0, a: 0n, b: 0n };
  }

  async send(answer: AnswerToSend): Promise<Hex> {
    if (this.sending === 'break') throw new SdkError('BAD_ANSWER', 'the node is away');
    this.sent.push(answer);
    const hash = this.#transaction();
    if (this.sending === 'take') this.#take(answer, hash);
    return hash;
  }

  async committedAt(receiptHash: Hex): Promise<number | undefined> {
    this.looks += 1;
    return this.commitments.get(receiptHash);
  }

  async commit(receiptHash: Hex): Promise<Hex> {
    if (this.sending === 'break') throw new SdkError('BAD_ANSWER', 'the node is away');
    this.commits.push(receiptHash);
    const hash = this.#transaction();
    if (this.sending === 'take') this.#noteCommitment(receiptHash);
    return hash;
  }

  /** The blocks with what was sent so far are given up, and nobody has it. */
  forgetTransactions(): void {
    for (const hash of this.#outcomes.keys()) this.#outcomes.set(hash, 'unknown');
  }

  #noteCommitment(receiptHash: Hex): void {
    if (!this.commitments.has(receiptHash)) this.commitments.set(receiptHash, this.timestamp);
  }

  /** One whose fate is as told. */
  #transaction(): Hex {
    const hash: Hex = `0x${(this.#outcomes.size + 1).toString(16).padStart(64, '0')}`;
    const outcomes = { take: 'included', lose: 'unknown', fail: 'failed', hold: 'pending', break: 'unknown' } as const;
    this.#outcomes.set(hash, outcomes[this.sending]);
    if (this.sending === 'take' || this.sending === 'fail') this.#makeBlock();
    return hash;
  }

  #makeBlock(): void {
    this.timestamp = Math.max(this.timestamp, this.clock());
    this.#blocks += 1;
  }

  async outcome(hash: Hex): Promise<SendOutcome> {
    return this.#outcomes.get(hash) ?? 'unknown';
  }

  #take({ receipt, provider }: AnswerToSend, hash?: Hex): void {
    const found = this.questions.get(BigInt(receipt.sequence));
    const isGood =
      verifyAnswer(receipt, OWNER.key, TEST_DOMAIN) && this.#isShownInTime(receipt, found?.revealFrom ?? 0);
    if (found?.status === 'open' && isGood && !found.answered.includes(provider)) found.answered.push(provider);
    else if (hash !== undefined) this.#outcomes.set(hash, 'failed');
  }

  #isShownInTime(receipt: AnswerToSend['receipt'], revealFrom: number): boolean {
    if (revealFrom === 0) return true;
    const committed = this.commitments.get(answerHash(receipt)) ?? Number.POSITIVE_INFINITY;
    return this.timestamp >= revealFrom && committed < revealFrom;
  }
}

/** A database in memory; `copy` is what a process that was killed leaves. */
export class MemoryDb implements Db {
  readonly #values = new Map<string, string>();
  /** Fails from this write on. */
  failsAfter = Number.POSITIVE_INFINITY;

  copy(): MemoryDb {
    const copy = new MemoryDb();
    for (const [key, value] of this.#values) copy.#values.set(key, value);
    return copy;
  }

  async get(key: string): Promise<string | undefined> {
    return this.#values.get(key);
  }

  async getBytes(): Promise<undefined> {
    return undefined;
  }

  async write(ops: Parameters<Db['write']>[0]): Promise<void> {
    this.failsAfter -= 1;
    if (this.failsAfter < 0) throw new TypeError('killed');
    for (const op of ops) {
      if (op.type === 'del') this.#values.delete(op.key);
      else if ('value' in op) this.#values.set(op.key, op.value);
    }
  }

  async *range({ gte, lt }: Parameters<Db['range']>[0]): AsyncIterable<readonly [string, string]> {
    const found = [...this.#values].filter(([key]) => key >= gte && key < lt);
    yield* found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  async close(): Promise<void> {}
}

/** Says its input backwards; counts its runs. */
export class FakeRunner {
  readonly sha256: Uint8Array;
  runs = 0;
  /** Fails with this code. */
  failure: ExecutionError['code'] | undefined;
  onRun: () => void = () => undefined;

  constructor(digest: Uint8Array = WEIGHTS) {
    this.sha256 = digest;
  }

  execution(): ReturnType<AnswererDeps['runner']['execution']> {
    return { document: '{}', word: 7n as Field };
  }

  async run(input: Uint8Array): Promise<Uint8Array> {
    this.runs += 1;
    this.onRun();
    if (this.failure !== undefined) throw new ExecutionError(this.failure, 'as told');
    return input.slice().reverse();
  }
}
