import { type Db, type DbOp, prefixRange, put, putBytes } from '../../chain/db.ts';
import { index, int, type Json, type JsonCodec, object, optional } from '../../protocol/json.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { decodeReceipt, voucherJson } from '../../protocol/receipts/receiptCodec.ts';
import type { AccountIndex, SignedVoucher } from '../../protocol/types.ts';
import { GroupCommit } from './groupCommit.ts';
import { ProviderError } from './providerError.ts';

/** What is known of a channel between two requests. */
export interface ChannelRecord {
  readonly channel: AccountIndex;
  /** Seconds. */
  readonly expiry: number;
  /** `ProviderBook.toJson()`. */
  readonly book: Json;
  /** The newest voucher that the book has verified: what is claimed with. */
  readonly voucher: SignedVoucher | undefined;
  /** Number of receipts. */
  readonly receipts: number;
  /** Seconds: when the oldest receipt that no claim had paid was made. */
  readonly unpaidSince: number;
}

const anyJson: JsonCodec<Json> = { encode: (value) => value, decode: (json) => json as Json }; // the book checks its own

const record = object<ChannelRecord>({
  channel: index,
  expiry: int,
  book: anyJson,
  voucher: optional(voucherJson),
  receipts: int,
  unpaidSince: int,
});

/** Whose books a folder holds. */
export interface StoreOwner {
  readonly domain: bigint;
  readonly provider: number;
  readonly model: number;
}

/** One answer, to be stored before it leaves. */
export interface StoredAnswer {
  readonly record: ChannelRecord;
  readonly sequence: number;
  /** 221 bytes. */
  readonly receipt: Uint8Array;
  readonly output: Uint8Array;
  /** The input of a public request, which is kept until then (seconds). */
  readonly shown?: { readonly input: Uint8Array; readonly until: number } | undefined;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const recordKey = (channel: number): string => `c/${hex(channel, 8)}`;
const receiptKey = (channel: number, sequence: number): string => `r/${hex(channel, 8)}/${hex(sequence, 8)}`;
const claimKey = (channel: number): string => `k/${hex(channel, 8)}`;
const outputKey = (channel: number): string => `o/${hex(channel, 8)}`;
const shownKey = (channel: number, sequence: number, part: 'input' | 'output'): string =>
  `s/${hex(channel, 8)}/${hex(sequence, 8)}/${part}`;
const expiryKey = (until: number, channel: number, sequence: number): string =>
  `x/${hex(until, 10)}/${hex(channel, 8)}/${hex(sequence, 8)}`;

const OWNER = 'owner';
const DELETED_AT_ONCE = 512;

/** Books, receipts and what public requests show, in one database. Only whoever restarts reads books back. */
export class ProviderStore {
  readonly #db: Db;
  readonly #commits: GroupCommit;
  #shownBytes = 0;

  private constructor(db: Db) {
    this.#db = db;
    this.#commits = new GroupCommit(db);
  }

  /** Of inputs and outputs that public requests show. */
  get shownBytes(): number {
    return this.#shownBytes;
  }

  /** @throws ProviderError STORE_MISMATCH: another deployment's, provider's or model's */
  static async open(db: Db, { domain, provider, model }: StoreOwner): Promise<ProviderStore> {
    const owner = JSON.stringify({ domain: domain.toString(), provider, model });
    const found = await db.get(OWNER);
    if (found !== undefined && found !== owner) {
      throw new ProviderError('STORE_MISMATCH', 'these are the books of another provider', { found, expected: owner });
    }
    if (found === undefined) await db.write([put(OWNER, owner)]);
    const store = new ProviderStore(db);
    for await (const [, bytes] of db.range(prefixRange('x/'))) store.#shownBytes += Number(bytes);
    return store;
  }

  /** @throws ProtocolError for a damaged record */
  async *records(): AsyncIterable<ChannelRecord> {
    for await (const [, text] of this.#db.range(prefixRange('c/'))) yield record.decode(JSON.parse(text));
  }

  /** @throws ProtocolError for a damaged record */
  async record(channel: number): Promise<ChannelRecord | undefined> {
    const text = await this.#db.get(recordKey(channel));
    return text === undefined ? undefined : record.decode(JSON.parse(text));
  }

  /** What the channel had paid out when the ledger was last asked. */
  async claimed(channel: number): Promise<bigint> {
    return BigInt((await this.#db.get(claimKey(channel))) ?? 0);
  }

  writeClaimed(channel: number, claimed: bigint): Promise<void> {
    return this.#write([put(claimKey(channel), claimed.toString())]);
  }

  /** On disk when it resolves. */
  writeRecord(of: ChannelRecord): Promise<void> {
    return this.#write([recordOp(of)]);
  }

  /** Book, receipt and output, all or nothing; on disk when it resolves. @throws ProviderError STORE_FAILED */
  async writeAnswer({ record: of, sequence, receipt, output, shown }: StoredAnswer): Promise<void> {
    const { channel } = of;
    const ops: DbOp[] = [
      recordOp(of),
      putBytes(receiptKey(channel, sequence), receipt),
      putBytes(outputKey(channel), output),
    ];
    const bytes = shown === undefined ? 0 : shown.input.length + output.length;
    if (shown !== undefined) {
      ops.push(
        putBytes(shownKey(channel, sequence, 'input'), shown.input),
        putBytes(shownKey(channel, sequence, 'output'), output),
        put(expiryKey(shown.until, channel, sequence), String(bytes)),
      );
    }
    await this.#write(ops);
    this.#shownBytes += bytes;
  }

  /** Output of the channel's last receipt. */
  lastOutput(channel: number): Promise<Uint8Array | undefined> {
    return this.#db.getBytes(outputKey(channel));
  }

  receiptBytes(channel: number, sequence: number): Promise<Uint8Array | undefined> {
    return this.#db.getBytes(receiptKey(channel, sequence));
  }

  async receipt(channel: number, sequence: number): Promise<SignedReceipt | undefined> {
    const bytes = await this.receiptBytes(channel, sequence);
    return bytes === undefined ? undefined : decodeReceipt(bytes);
  }

  /** Input and output of a public request; undefined: it was private, or they are no longer kept. */
  async shown(channel: number, sequence: number): Promise<{ input: Uint8Array; output: Uint8Array } | undefined> {
    const [input, output] = await Promise.all([
      this.#db.getBytes(shownKey(channel, sequence, 'input')),
      this.#db.getBytes(shownKey(channel, sequence, 'output')),
    ]);
    return input === undefined || output === undefined ? undefined : { input, output };
  }

  /** Forgets what public requests showed until `now` (seconds). Returns how many. */
  async forgetShown(now: number): Promise<number> {
    let count = 0;
    let ops: DbOp[] = [];
    let freed = 0;
    for await (const [key, bytes] of this.#db.range({ gte: 'x/', lt: `x/${hex(now + 1, 10)}` })) {
      const [, , channel = '', sequence = ''] = key.split('/');
      const [c, s] = [Number.parseInt(channel, 16), Number.parseInt(sequence, 16)];
      ops.push(del(key), del(shownKey(c, s, 'input')), del(shownKey(c, s, 'output')));
      count += 1;
      freed += Number(bytes);
      if (ops.length < DELETED_AT_ONCE) continue;
      await this.#write(ops);
      ops = [];
    }
    if (ops.length > 0) await this.#write(ops);
    this.#shownBytes -= freed;
    return count;
  }

  /** Forgets a channel: its book, receipts and last output. */
  async forgetChannel({ channel, receipts }: Pick<ChannelRecord, 'channel' | 'receipts'>): Promise<void> {
    for (let from = 0; from < receipts; from += DELETED_AT_ONCE) {
      const to = Math.min(receipts, from + DELETED_AT_ONCE);
      await this.#write(Array.from({ length: to - from }, (_, i) => del(receiptKey(channel, from + i))));
    }
    // The book goes last: a channel that is half forgotten is forgotten again.
    await this.#write([del(outputKey(channel)), del(claimKey(channel)), del(recordKey(channel))]);
  }

  /** Everything asked for is on disk. */
  idle(): Promise<void> {
    return this.#commits.idle();
  }

  async #write(ops: readonly DbOp[]): Promise<void> {
    try {
      await this.#commits.write(ops);
    } catch (cause) {
      throw new ProviderError('STORE_FAILED', 'the books cannot be written', {}, { cause });
    }
  }
}

function recordOp(of: ChannelRecord): DbOp {
  return put(recordKey(of.channel), JSON.stringify(record.encode(of)));
}

function del(key: string): DbOp {
  return { type: 'del', key };
}
