import type { Clock } from '../chain/clock.ts';
import { LAST_NONCE } from '../protocol/account.ts';
import type { SignedMessage } from '../protocol/crypto/eddsa.ts';
import { ProtocolError, type ProtocolErrorCode } from '../protocol/errors.ts';
import { txHash } from '../protocol/tx.ts';
import { type Account, type AccountIndex, type Field, Kind, Opcode, type SignedTx } from '../protocol/types.ts';
import { voucherItems } from '../protocol/voucherItems.ts';
import { MempoolError, type MempoolErrorCode } from './errors.ts';
import { type FeePolicy, totalFee } from './feePolicy.ts';
import { areKeys, type CheckedKey, type PoolEntry, Selection } from './selection.ts';
import { txBytes, txCost } from './txCost.ts';

export interface MempoolOptions {
  readonly domain: Field;
  /** Default 20,000 transactions. */
  readonly maxTxs?: number;
  /** Default 64 MiB, counted on the wire form. */
  readonly maxBytes?: number;
  /** Default 64. */
  readonly maxPerSender?: number;
  /** How far above the account's nonce a transaction may be and still be held. Default 64. */
  readonly maxNonceGap?: number;
  /** A transaction that was not included for this long is dropped as STALE. Default 3 hours. */
  readonly lifetimeMs?: number;
}

export interface MempoolDeps {
  readonly clock: Clock;
  readonly fees: FeePolicy;
  /** The account as of the last block, this batch's changes included. */
  readonly account: (index: AccountIndex) => Account | undefined;
  /**
   * Everything else the rules can say now about this transaction (operations, targets, tokens, keys, size), as if its nonce
   * were next. Throws ProtocolError or MempoolError.
   */
  readonly check: (tx: SignedTx) => void;
  /** Verdicts in the order of the items. */
  readonly verify: (items: readonly SignedMessage[]) => Promise<readonly boolean[]>;
}

export interface DroppedTx {
  readonly hash: Field;
  readonly code: MempoolErrorCode | ProtocolErrorCode;
}

export interface MempoolStats {
  /** Transactions whose turn can come now: their nonces follow the account's without a gap. */
  readonly pending: number;
  /** Transactions held behind a nonce gap. */
  readonly queued: number;
  readonly bytes: number;
}

type Sender = Map<number, PoolEntry>;

/**
 * Signed transactions that wait for a block, by sender and nonce. Lives in memory only: what is promised to survive a crash
 * is a block, and a client sends again what no block took in.
 */
export class Mempool {
  readonly #options: Required<MempoolOptions>;
  readonly #deps: MempoolDeps;
  readonly #senders = new Map<AccountIndex, Sender>();
  readonly #byHash = new Map<Field, PoolEntry>();
  #bytes = 0;
  #sequence = 0;
  /** Told of every transaction that leaves the pool other than into a block. */
  onDropped: (dropped: DroppedTx) => void = () => undefined;

  constructor(options: MempoolOptions, deps: MempoolDeps) {
    this.#options = {
      maxTxs: 20_000,
      maxBytes: 64 * 2 ** 20,
      maxPerSender: 64,
      maxNonceGap: 64,
      lifetimeMs: 3 * 3_600_000,
      ...options,
    };
    this.#deps = deps;
  }

  /**
   * Takes a transaction in, or says why not and changes nothing. The cheap checks come first and are repeated after the
   * signatures', because blocks are built while those run. Keys never change as long as the chain only grows, so what is verified here
   * holds in every later block; after a rollback an index may be somebody else's (`onRollback`).
   * @throws MempoolError, ProtocolError
   */
  async add(tx: SignedTx): Promise<{ hash: Field }> {
    const hash = txHash(tx, this.#options.domain);
    if (this.#byHash.has(hash)) throw new MempoolError('ALREADY_KNOWN', { hash });
    const { signer } = this.#inspect(tx, hash);
    this.#deps.check(tx);
    const keys = await this.#verify(tx, signer, hash);
    if (this.#byHash.has(hash)) throw new MempoolError('ALREADY_KNOWN', { hash });
    const { entry, replaced } = this.#inspect(tx, hash, keys);
    if (!areKeys(keys, this.#deps.account)) throw new ProtocolError('BAD_SIGNATURE', { signer: tx.signer });
    if (replaced !== undefined) this.#drop(replaced, 'REPLACED');
    else this.#makeRoom(entry);
    this.#insert(entry);
    return { hash };
  }

  /**
   * The transaction's own signature first: what its signer did not sign must not cost the checks of its vouchers. A hash says nothing
   * about signatures, so a failure is remembered nowhere: anyone can send this transaction with a forged voucher.
   * @returns the keys they were checked with @throws ProtocolError BAD_SIGNATURE, BAD_VOUCHER
   */
  async #verify(tx: SignedTx, signer: Account, hash: Field): Promise<CheckedKey[]> {
    const { verify, account } = this.#deps;
    const keys: CheckedKey[] = [{ index: tx.signer, a: signer.a, b: signer.b }];
    const own: SignedMessage = { pub: [signer.a, signer.b], message: hash, signature: tx.signature };
    const [isSigned] = await verify([own]);
    if (isSigned !== true) throw new ProtocolError('BAD_SIGNATURE', { signer: tx.signer });
    const vouchers = voucherItems(tx, this.#options.domain, account);
    if (vouchers.length === 0) return keys;
    const channels = tx.ops.filter(({ opcode }) => opcode === Opcode.CLAIM).map(({ from }) => from);
    for (const [i, { pub }] of vouchers.entries()) {
      keys.push({ index: channels[i] ?? tx.signer, a: pub[0], b: pub[1] });
    }
    const verdicts = await verify(vouchers);
    const bad = vouchers.findIndex((_, i) => verdicts[i] !== true);
    if (bad >= 0) throw new ProtocolError('BAD_VOUCHER', { claim: bad });
    return keys;
  }

  get(hash: Field): PoolEntry | undefined {
    return this.#byHash.get(hash);
  }

  get size(): number {
    return this.#byHash.size;
  }

  /** The nonce with which this account's next transaction follows its pending ones; undefined without such an account. */
  nextNonce(index: AccountIndex): number | undefined {
    const account = this.#deps.account(index);
    if (account === undefined) return undefined;
    const sender = this.#senders.get(index);
    let nonce = account.nonce;
    while (sender?.has(nonce)) nonce += 1;
    return nonce;
  }

  stats(): MempoolStats {
    let pending = 0;
    for (const [index, sender] of this.#senders) {
      let nonce = this.#deps.account(index)?.nonce ?? LAST_NONCE;
      while (sender.has(nonce)) {
        nonce += 1;
        pending += 1;
      }
    }
    return { pending, queued: this.#byHash.size - pending, bytes: this.#bytes };
  }

  /** The pending transactions, best paying first, each sender's in the order of nonces. */
  select(): Selection {
    const heads: PoolEntry[] = [];
    for (const [index, sender] of this.#senders) {
      const head = sender.get(this.#deps.account(index)?.nonce ?? LAST_NONCE);
      if (head !== undefined) heads.push(head);
    }
    return new Selection(heads, (entry) => this.#senders.get(entry.tx.signer)?.get(entry.tx.nonce + 1));
  }

  /** Removes one transaction and reports why. */
  drop(hash: Field, code: DroppedTx['code']): void {
    const entry = this.#byHash.get(hash);
    if (entry !== undefined) this.#drop(entry, code);
  }

  /** Forgets what a block took in, and whatever waited for the same nonces. */
  onBlock(txs: readonly SignedTx[]): void {
    for (const tx of txs) {
      const entry = this.#senders.get(tx.signer)?.get(tx.nonce);
      if (entry === undefined) continue;
      if (sameSignedContent(entry.tx, tx, this.#options.domain, entry.hash)) this.#remove(entry);
      else this.#drop(entry, 'NONCE_TOO_LOW');
    }
  }

  /**
   * Blocks are gone. An index that they gave to somebody may be somebody else's soon, whom these signatures do not bind: what was checked with
   * a key that is not there now leaves the pool, and is returned. To be called before any other block is built.
   */
  onRollback(): SignedTx[] {
    const gone = [...this.#byHash.values()].filter(({ keys }) => !areKeys(keys, this.#deps.account));
    for (const entry of gone) this.#remove(entry);
    return gone.map(({ tx }) => tx);
  }

  /** Drops what can no longer be included: expired at `timestamp` (seconds), or too long in the pool. */
  prune(timestamp: number): void {
    const oldest = this.#deps.clock.nowMs() - this.#options.lifetimeMs;
    for (const entry of [...this.#byHash.values()]) {
      if (entry.tx.validUntil < timestamp) this.#drop(entry, 'EXPIRED');
      else if (entry.addedAtMs < oldest) this.#drop(entry, 'STALE');
    }
  }

  #inspect(
    tx: SignedTx,
    hash: Field,
    keys: readonly CheckedKey[] = [],
  ): { signer: Account; entry: PoolEntry; replaced: PoolEntry | undefined } {
    const { clock, fees, account } = this.#deps;
    const nowMs = clock.nowMs();
    const signer = account(tx.signer);
    if (signer === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index: tx.signer });
    if (signer.kind !== Kind.KEY) throw new ProtocolError('WRONG_KIND', { index: tx.signer });
    if (tx.nonce >= LAST_NONCE) throw new ProtocolError('NONCE_EXHAUSTED', { nonce: tx.nonce });
    if (tx.nonce < signer.nonce) throw new MempoolError('NONCE_TOO_LOW', { nonce: tx.nonce, expected: signer.nonce });
    if (tx.nonce > signer.nonce + this.#options.maxNonceGap) {
      throw new MempoolError('NONCE_TOO_FAR', { nonce: tx.nonce, expected: signer.nonce });
    }
    if (tx.validUntil * 1000 < nowMs) throw new ProtocolError('EXPIRED', { validUntil: tx.validUntil });
    fees.check(tx, signer.token);

    const entry: PoolEntry = {
      tx,
      hash,
      keys,
      bytes: txBytes(tx),
      cost: txCost(tx),
      fee: totalFee(tx),
      score: fees.score(tx, signer.token),
      addedAtMs: nowMs,
      sequence: this.#sequence++,
    };
    const sender = this.#senders.get(tx.signer);
    const replaced = sender?.get(tx.nonce);
    if (replaced !== undefined && (entry.fee * 10n < replaced.fee * 11n || entry.fee === replaced.fee)) {
      throw new MempoolError('REPLACEMENT_UNDERPRICED', { fee: entry.fee, replaces: replaced.fee });
    }
    if (replaced === undefined && (sender?.size ?? 0) >= this.#options.maxPerSender) {
      throw new MempoolError('SENDER_LIMIT', { signer: tx.signer, limit: this.#options.maxPerSender });
    }
    let needed = entry.cost;
    for (const other of sender?.values() ?? []) {
      // What a block took in is debited already, even if the pool has not yet heard of it.
      if (other !== replaced && other.tx.nonce >= signer.nonce) needed += other.cost;
    }
    if (signer.balance < needed) {
      throw new ProtocolError('INSUFFICIENT_BALANCE', { balance: signer.balance, needed });
    }
    return { signer, entry, replaced };
  }

  /** Pushes out the cheapest last transactions of other senders while the pool is over its limits. */
  #makeRoom(entry: PoolEntry): void {
    const victims: PoolEntry[] = [];
    const taken = new Set<PoolEntry>();
    let bytes = this.#bytes + entry.bytes;
    let count = this.#byHash.size + 1;
    while (bytes > this.#options.maxBytes || count > this.#options.maxTxs) {
      const victim = this.#cheapestTail(entry.tx.signer, taken);
      if (victim === undefined || victim.score >= entry.score) throw new MempoolError('POOL_FULL', {});
      victims.push(victim);
      taken.add(victim);
      bytes -= victim.bytes;
      count -= 1;
    }
    for (const victim of victims) this.#drop(victim, 'EVICTED');
  }

  /** Only a sender's last transaction can go without making the ones after it useless. */
  #cheapestTail(except: AccountIndex, taken: ReadonlySet<PoolEntry>): PoolEntry | undefined {
    let cheapest: PoolEntry | undefined;
    for (const [index, sender] of this.#senders) {
      if (index === except) continue;
      let tail: PoolEntry | undefined;
      for (const entry of sender.values()) {
        if (!taken.has(entry) && (tail === undefined || entry.tx.nonce > tail.tx.nonce)) tail = entry;
      }
      if (tail !== undefined && (cheapest === undefined || tail.score < cheapest.score)) cheapest = tail;
    }
    return cheapest;
  }

  #insert(entry: PoolEntry): void {
    const sender = this.#senders.get(entry.tx.signer) ?? new Map<number, PoolEntry>();
    sender.set(entry.tx.nonce, entry);
    this.#senders.set(entry.tx.signer, sender);
    this.#byHash.set(entry.hash, entry);
    this.#bytes += entry.bytes;
  }

  #drop(entry: PoolEntry, code: DroppedTx['code']): void {
    this.#remove(entry);
    this.onDropped({ hash: entry.hash, code });
  }

  #remove(entry: PoolEntry): void {
    if (!this.#byHash.delete(entry.hash)) return;
    this.#bytes -= entry.bytes;
    const sender = this.#senders.get(entry.tx.signer);
    sender?.delete(entry.tx.nonce);
    if (sender?.size === 0) this.#senders.delete(entry.tx.signer);
  }
}

/** Assigned indices are not part of the hash, so a block's transaction hashes to what the pool knows it by. */
function sameSignedContent(pooled: SignedTx, included: SignedTx, domain: Field, hash: Field): boolean {
  return pooled === included || txHash(included, domain) === hash;
}
