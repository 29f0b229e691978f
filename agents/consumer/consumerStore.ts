import { sha256 } from '@noble/hashes/sha2.js';
import { type Db, type DbOp, openLevel, prefixRange, put, putBytes } from '../../chain/db.ts';
import { ChainError } from '../../chain/errors.ts';
import { bytesToHex } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { fieldWord, index, int, type Json, type JsonCodec, object, oneOf, optional } from '../../protocol/json.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { hashJson, receiptJson } from '../../protocol/receipts/receiptCodec.ts';
import type { Field } from '../../protocol/types.ts';
import type { Audit } from '../execution/executionDocument.ts';
import { ConsumerError } from './consumerError.ts';
import { EXCLUSIONS, type Exclusion, newScore, type Score, scoreJson } from './scores.ts';

/** Whose store it is. Its voucher key is its own: a channel with that key was opened by whoever has this store. */
export interface StoreIdentity {
  readonly domain: Field;
  /** x of the ledger key. */
  readonly owner: Field;
  /** For `voucherSeed`. */
  readonly voucherNumber: number;
}

/** A request that was promised money and has no receipt yet. Its input stands under the number the receipt will have. */
export interface PendingRequest {
  readonly audit: Audit;
  /** What the receipt must commit to. */
  readonly execution: Field;
}

/** `open`: can be asked on; `left`: nothing more is asked, what is left comes back when it is over; `closed`: it came back. */
export type PaidChannelState = 'open' | 'left' | 'closed';

export interface ChannelRecord {
  readonly index: number;
  /** KEY account of who is paid. */
  readonly provider: number;
  readonly model: number;
  readonly sha256: Uint8Array;
  /** Where the provider was reached last. */
  readonly endpoint: string;
  /** Seconds. */
  readonly expiry: number;
  readonly state: PaidChannelState;
  readonly pending: PendingRequest | undefined;
  /** `ConsumerBook` as JSON. */
  readonly book: Json;
}

/** A good receipt; input and output stand beside it. */
export interface AnswerRecord {
  readonly receipt: SignedReceipt;
  readonly audit: Audit;
  /** Whether running the model again was tried, and what came of it. */
  readonly check: 'unchecked' | 'same' | 'other';
}

/** Something a provider was caught at, with what shows it. */
export interface Report {
  readonly code: Exclusion;
  readonly provider: number;
  readonly channel: number;
  /** Where it was asked. */
  readonly endpoint: string;
  /** Seconds, the consumer's clock. */
  readonly time: number;
  /** What the provider signed; absent if the fault is that it did not. */
  readonly receipt: SignedReceipt | undefined;
  /** EQUIVOCATION: the other receipt with its number. */
  readonly other: SignedReceipt | undefined;
  /** OUTPUT_MISMATCH: SHA-256 of what the model gives. */
  readonly expectedHash: Uint8Array | undefined;
}

const raw: JsonCodec<Json> = { encode: (value) => value, decode: (json) => json as Json }; // the book's own codec checks it
const text: JsonCodec<string> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'string') throw new ProtocolError('MALFORMED_BYTES', { expected: 'text' });
    return json;
  },
};
const audit = oneOf<Audit>(['public', 'private']);

const identityJson = object<StoreIdentity>({ domain: fieldWord, owner: fieldWord, voucherNumber: int });
const channelJson = object<ChannelRecord>({
  index,
  provider: index,
  model: index,
  sha256: hashJson,
  endpoint: text,
  expiry: int,
  state: oneOf<PaidChannelState>(['open', 'left', 'closed']),
  pending: optional(object<PendingRequest>({ audit, execution: fieldWord })),
  book: raw,
});
const answerJson = object<AnswerRecord>({
  receipt: receiptJson,
  audit,
  check: oneOf<AnswerRecord['check']>(['unchecked', 'same', 'other']),
});
const reportJson = object<Report>({
  code: oneOf(EXCLUSIONS),
  provider: index,
  channel: index,
  endpoint: text,
  time: int,
  receipt: optional(receiptJson),
  other: optional(receiptJson),
  expectedHash: optional(hashJson),
});

const digits = (value: number, length = 10) => String(value).padStart(length, '0');
/** Addresses are strangers' texts: a hash is as good a key. */
const endpointKey = (endpoint: string) => `endpoint/${bytesToHex(sha256(new TextEncoder().encode(endpoint)))}`;
const place = (channel: number, sequence: number) => `${digits(channel, 8)}/${digits(sequence)}`;

/** One change of the store; several go into one atomic write. */
export type StoreChange = DbOp;

/** What the consumer must not forget. Every write is on disk when it resolves; one process has the store at a time. */
export class ConsumerStore {
  readonly #db: Db;

  private constructor(db: Db) {
    this.#db = db;
  }

  /** @param where a folder, or an open database. @throws ConsumerError STORE_LOCKED, BAD_STORE */
  static async open(where: string | Db): Promise<ConsumerStore> {
    if (typeof where !== 'string') return new ConsumerStore(where);
    try {
      return new ConsumerStore(await openLevel(where));
    } catch (cause) {
      if (!(cause instanceof ChainError)) throw cause;
      if (isLocked(cause)) {
        throw new ConsumerError('STORE_LOCKED', `another process uses ${where}`, { path: where }, { cause });
      }
      throw new ConsumerError('BAD_STORE', `${where} cannot be opened`, { path: where }, { cause });
    }
  }

  /** Who has this store; a new one takes the identity given. @throws ConsumerError BAD_STORE: it is somebody else's */
  async identify(fresh: StoreIdentity): Promise<StoreIdentity> {
    const found = await this.#read('identity', identityJson);
    if (found === undefined) {
      await this.write([put('identity', JSON.stringify(identityJson.encode(fresh)))]);
      return fresh;
    }
    if (found.domain === fresh.domain && found.owner === fresh.owner) return found;
    throw new ConsumerError('BAD_STORE', 'the store is of another account or deployment');
  }

  channels(): Promise<ChannelRecord[]> {
    return this.#list('channel/', channelJson);
  }

  answer(channel: number, sequence: number): Promise<AnswerRecord | undefined> {
    return this.#read(`answer/${place(channel, sequence)}`, answerJson);
  }

  answers(channel: number): Promise<AnswerRecord[]> {
    return this.#list(`answer/${digits(channel, 8)}/`, answerJson);
  }

  input(channel: number, sequence: number): Promise<Uint8Array | undefined> {
    return this.#db.getBytes(`input/${place(channel, sequence)}`);
  }

  output(channel: number, sequence: number): Promise<Uint8Array | undefined> {
    return this.#db.getBytes(`output/${place(channel, sequence)}`);
  }

  /** Takes receipts, inputs and outputs of a channel off the disk; returns how many answers these were. */
  async forgetAnswers(channel: number): Promise<number> {
    const keys: string[] = [];
    for await (const [key] of this.#db.range(prefixRange(`answer/${digits(channel, 8)}/`))) keys.push(key);
    const places = keys.map((key) => key.slice('answer/'.length));
    // an input without an answer: the question that was open when the channel ended
    const open = place(channel, keys.length);
    const kinds = ['answer', 'input', 'output'];
    const gone = [...places, open].flatMap((at) =>
      kinds.map((kind) => ({ type: 'del' as const, key: `${kind}/${at}` })),
    );
    await this.#db.write(gone);
    return keys.length;
  }

  async score(provider: number): Promise<Score> {
    return (await this.#read(`score/${digits(provider, 8)}`, scoreJson)) ?? newScore(provider);
  }

  scores(): Promise<Score[]> {
    return this.#list('score/', scoreJson);
  }

  /** What an address answered that is not asked any more. */
  async endpointFault(endpoint: string): Promise<Exclusion | undefined> {
    return this.#read(endpointKey(endpoint), oneOf(EXCLUSIONS));
  }

  reports(): Promise<Report[]> {
    return this.#list('report/', reportJson);
  }

  /** All or nothing, synced. */
  write(changes: readonly StoreChange[]): Promise<void> {
    return this.#db.write(changes);
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  async #read<T>(key: string, codec: JsonCodec<T>): Promise<T | undefined> {
    const found = await this.#db.get(key);
    return found === undefined ? undefined : parsed(key, found, codec);
  }

  async #list<T>(prefix: string, codec: JsonCodec<T>): Promise<T[]> {
    const found: T[] = [];
    for await (const [key, value] of this.#db.range(prefixRange(prefix))) found.push(parsed(key, value, codec));
    return found;
  }
}

export const change = {
  channel: (record: ChannelRecord): StoreChange =>
    put(`channel/${digits(record.index, 8)}`, JSON.stringify(channelJson.encode(record))),
  input: (channel: number, sequence: number, bytes: Uint8Array): StoreChange =>
    putBytes(`input/${place(channel, sequence)}`, bytes),
  output: (channel: number, sequence: number, bytes: Uint8Array): StoreChange =>
    putBytes(`output/${place(channel, sequence)}`, bytes),
  answer: (record: AnswerRecord): StoreChange =>
    put(`answer/${place(record.receipt.channel, record.receipt.sequence)}`, JSON.stringify(answerJson.encode(record))),
  score: (score: Score): StoreChange =>
    put(`score/${digits(score.provider, 8)}`, JSON.stringify(scoreJson.encode(score))),
  endpoint: (endpoint: string, fault: Exclusion): StoreChange => put(endpointKey(endpoint), JSON.stringify(fault)),
  /** One a provider, channel and kind: a second one says nothing new. */
  report: (report: Report): StoreChange =>
    put(`report/${digits(report.channel, 8)}/${report.code}`, JSON.stringify(reportJson.encode(report))),
};

function parsed<T>(key: string, value: string, codec: JsonCodec<T>): T {
  try {
    return codec.decode(JSON.parse(value));
  } catch (cause) {
    throw new ConsumerError('BAD_STORE', `${key} is damaged`, { key }, { cause });
  }
}

/** LevelDB's own code stands at the end of the causes. */
function isLocked(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if ('code' in at && at.code === 'LEVEL_LOCKED') return true;
  return false;
}
