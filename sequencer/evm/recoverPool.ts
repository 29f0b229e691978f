import type { Worker } from 'node:worker_threads';
import type { EOACode7702Tx, TypedTransaction } from '@ethereumjs/tx';
import { tsWorker } from '../../circuits/build/tsWorker.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { WorkerThreads } from '../workerThreads.ts';
import { ANSWER_BYTES, ITEM_BYTES, recoverBatch } from './recoverBatch.ts';
import { authorizationsOf, packSignature, type Signed, txSignature } from './signatures.ts';

/** Signatures of one message to a thread: about 15 ms of work, so that a burst is shared out evenly. */
const MAX_BATCH = 256;
/** Below this many a message costs more than it shares out. */
const MIN_BATCH = 8;
/** Signatures recovered here in one go when there are no threads: about 2 ms. */
const MAIN_THREAD_BATCH = 32;
/** Deaths of its thread after which a batch is done here. */
const MAX_DEATHS = 2;

/** STOPPED: the pool was stopped. QUEUE_FULL: too many signatures wait already; nothing of the request was done. */
export type RecoverErrorCode = 'STOPPED' | 'QUEUE_FULL';

export class RecoverError extends Error {
  override readonly name = 'RecoverError';
  readonly code: RecoverErrorCode;
  readonly data: { readonly waiting?: number; readonly limit?: number };

  constructor(code: RecoverErrorCode, data: RecoverError['data'] = {}) {
    super(code);
    this.code = code;
    this.data = data;
  }
}

export interface RecoverPoolOptions {
  /** 0: on the caller's thread, in small portions. */
  readonly threads: number;
  /** Signatures that may wait or be under way. Default 32,768. */
  readonly maxWaiting?: number;
}

export interface RecoverPoolDeps {
  /** A thread that runs recoverWorker.ts. */
  readonly startThread: () => Worker;
}

export interface SignedAuthorization {
  readonly authority: Hex;
  readonly nonce: bigint;
}

/** One request: some signatures, answered together. */
interface Request {
  readonly signatures: readonly (Signed | undefined)[];
  readonly addresses: (Hex | undefined)[];
  /** Signatures that are not answered yet. */
  open: number;
  resolve(addresses: (Hex | undefined)[]): void;
  reject(error: RecoverError): void;
}

interface Slot {
  readonly request: Request;
  readonly position: number;
  readonly signed: Signed;
}

interface Batch {
  readonly slots: readonly Slot[];
  deaths: number;
}

/**
 * Finds out who signed, on worker threads. Requests of one turn of the event loop travel together, and requests are answered in the order
 * in which they came, so that a sender's transactions reach the pool as they were sent. A thread that dies is replaced and its batch
 * repeated. Threads keep the process alive until `stop()`.
 */
export class RecoverPool {
  readonly #threadCount: number;
  readonly #maxWaiting: number;
  readonly #threads: WorkerThreads<Batch, Uint8Array>;
  readonly #retries: Batch[] = [];
  /** In order of arrival; those answered out of turn wait here for the ones before them. */
  readonly #requests = new Set<Request>();
  #slots: Slot[] = [];
  #nextSlot = 0;
  #waiting = 0;
  #isScheduled = false;
  #isStopped = false;

  constructor(options: RecoverPoolOptions, deps: RecoverPoolDeps = { startThread }) {
    this.#threadCount = Math.max(0, Math.floor(options.threads));
    this.#maxWaiting = options.maxWaiting ?? 32_768;
    this.#threads = new WorkerThreads(
      { count: this.#threadCount },
      {
        startThread: deps.startThread,
        onAnswer: (batch, answers) => {
          // The thread gets new work before this one deals with the answers.
          this.#dispatch();
          if (batch !== undefined) this.#answer(batch, answers);
          this.#settle();
        },
        onDeath: (batch) => this.#repeat(batch),
      },
    );
    this.#threads.fill();
  }

  /** Signatures that wait or are under way. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * The senders, in order; undefined where the signature is nobody's (or has s above n/2).
   * @param raws the transactions' EIP-2718 bytes, if at hand: saves encoding them
   * @throws RecoverError
   */
  recoverMany(txs: readonly TypedTransaction[], raws?: readonly Uint8Array[]): Promise<(Hex | undefined)[]> {
    return this.#request(txs.map((tx, i) => txSignature(tx, raws?.[i])));
  }

  /** Who signed the authorizations that can take effect on this chain. @throws RecoverError */
  async authorities(tx: EOACode7702Tx): Promise<SignedAuthorization[]> {
    const authorizations = authorizationsOf(tx);
    const addresses = await this.#request(authorizations.map(({ signed }) => signed));
    return authorizations.flatMap(({ nonce }, i) => {
      const authority = addresses[i];
      return authority === undefined ? [] : { authority, nonce };
    });
  }

  /** Ends the threads; what is under way is rejected with STOPPED. Can be called twice. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#slots = [];
    this.#nextSlot = 0;
    this.#retries.length = 0;
    this.#waiting = 0;
    for (const request of this.#requests) request.reject(new RecoverError('STOPPED'));
    this.#requests.clear();
    await this.#threads.stop();
  }

  #request(signatures: readonly (Signed | undefined)[]): Promise<(Hex | undefined)[]> {
    return new Promise((resolve, reject) => {
      if (this.#isStopped) return reject(new RecoverError('STOPPED'));
      if (this.#waiting + signatures.length > this.#maxWaiting) {
        return reject(new RecoverError('QUEUE_FULL', { waiting: this.#waiting, limit: this.#maxWaiting }));
      }
      const addresses = signatures.map(() => undefined);
      const request: Request = { signatures, addresses, open: 0, resolve, reject };
      signatures.forEach((signed, position) => {
        if (signed === undefined) return;
        this.#slots.push({ request, position, signed });
        request.open += 1;
      });
      this.#waiting += request.open;
      this.#requests.add(request);
      this.#schedule();
    });
  }

  /** Everything asked for in this turn of the event loop goes out together. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#threadCount === 0) this.#runHere();
      else this.#dispatch();
      this.#settle();
    });
  }

  #runHere(): void {
    const batch = this.#take(MAIN_THREAD_BATCH);
    if (batch === undefined) return;
    this.#answer(batch, recoverBatch(pack(batch)));
    if (this.#nextSlot < this.#slots.length) this.#schedule();
  }

  #dispatch(): void {
    if (this.#isStopped) return;
    if (this.#hasWork()) this.#threads.fill();
    const { idle } = this.#threads;
    idle.forEach((thread, i) => {
      const share = Math.ceil((this.#slots.length - this.#nextSlot) / (idle.length - i));
      const batch = this.#retries.shift() ?? this.#take(Math.min(MAX_BATCH, Math.max(MIN_BATCH, share)));
      if (batch === undefined) return;
      const items = pack(batch);
      this.#threads.give(thread, batch, items, [items.buffer]);
    });
  }

  #hasWork(): boolean {
    return this.#retries.length > 0 || this.#nextSlot < this.#slots.length;
  }

  #take(count: number): Batch | undefined {
    const slots = this.#slots.slice(this.#nextSlot, this.#nextSlot + count);
    this.#nextSlot += slots.length;
    // Cut off what was handed out only when it is the larger part: each slot is moved once on average.
    if (this.#nextSlot > MAX_BATCH && this.#nextSlot * 2 > this.#slots.length) {
      this.#slots = this.#slots.slice(this.#nextSlot);
      this.#nextSlot = 0;
    }
    return slots.length === 0 ? undefined : { slots, deaths: 0 };
  }

  #repeat(batch: Batch | undefined): void {
    if (batch !== undefined) {
      batch.deaths += 1;
      if (batch.deaths < MAX_DEATHS) this.#retries.push(batch);
      else this.#answer(batch, recoverBatch(pack(batch)));
    }
    this.#dispatch();
    this.#settle();
  }

  #answer(batch: Batch, answers: Uint8Array): void {
    if (this.#isStopped) return;
    const digits = Buffer.from(answers.buffer, answers.byteOffset, answers.length).toString('hex');
    batch.slots.forEach(({ request, position }, i) => {
      const at = i * ANSWER_BYTES;
      if (answers[at] === 1) request.addresses[position] = `0x${digits.slice(2 * at + 2, 2 * (at + ANSWER_BYTES))}`;
      request.open -= 1;
    });
    this.#waiting -= batch.slots.length;
  }

  /** Answers the finished requests at the front. */
  #settle(): void {
    for (const request of this.#requests) {
      if (request.open > 0) return;
      this.#requests.delete(request);
      request.resolve(request.addresses);
    }
  }
}

function startThread(): Worker {
  return tsWorker(new URL('./recoverWorker.ts', import.meta.url), undefined);
}

function pack({ slots }: Batch): Uint8Array<ArrayBuffer> {
  const items = new Uint8Array(slots.length * ITEM_BYTES);
  slots.forEach(({ signed }, i) => {
    packSignature(signed, items, i * ITEM_BYTES);
  });
  return items;
}
