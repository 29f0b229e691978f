import type { EOACode7702Tx, TypedTransaction } from '@ethereumjs/tx';
import type { Clock } from '../../chain/clock.ts';
import type { EngramCommon } from '../../chain/evm/common.ts';
import { keccakHex } from '../../chain/evm/crypto.ts';
import { decodeEvmTx } from '../../chain/evm/decodeTx.ts';
import { feeCap } from '../../chain/evm/fees.ts';
import { checkStatic, maxCost } from '../../chain/evm/txRules.ts';
import type { EvmTx, TxSource } from '../../chain/evm/types.ts';
import { SYSTEM_SENDER } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { AccountCache, type EvmStateReader, type PoolAccount } from './accountCache.ts';
import { checkAccount, checkAdmission } from './admission.ts';
import { type EvmDropCode, EvmPoolError } from './evmPoolErrors.ts';
import { type EvmPoolOptions, withDefaults } from './evmPoolOptions.ts';
import { type PoolEntry, poolEntry } from './poolEntry.ts';
import { PoolSource, type SourceOptions } from './poolSource.ts';
import { PoolTxs } from './poolTxs.ts';
import { RecoverError, type SignedAuthorization } from './recoverPool.ts';
import { SenderTxs } from './senderTxs.ts';

export type { EvmPoolOptions };

export interface EvmPoolDeps {
  readonly common: EngramCommon;
  readonly clock: Clock;
  /** The state after the newest block; asked for once a block. Its answers must not change when the next block comes. */
  readonly state: () => EvmStateReader;
  /** Of the next block, wei. */
  readonly baseFee: () => bigint;
  /** Senders in order; undefined for nobody's signature. */
  readonly recover: (txs: TypedTransaction[], raws?: Uint8Array[]) => Promise<(Hex | undefined)[]>;
  /** Who signed a transaction's EIP-7702 authorizations. */
  readonly authorities: (tx: EOACode7702Tx) => Promise<readonly SignedAuthorization[]>;
}

export interface PoolContent {
  readonly pending: Map<Hex, EvmTx[]>;
  readonly queued: Map<Hex, EvmTx[]>;
}

/** Stands for the sender while it is not known: the checks that come first do not depend on it. */
const NOBODY: Hex = '0x0000000000000000000000000000000000000000';
/** Accounts read after a block besides those of its senders. */
const MAX_WATCHED_READS = 1_000;
/** A transaction that this many blocks could not take where it stood is dropped. */
const MAX_REJECTIONS = 3;
/** Rejections that time or other transactions can make good. Every other one is for ever. */
const PASSING = new Set<string>([
  'NONCE_TOO_LOW',
  'NONCE_TOO_HIGH',
  'INSUFFICIENT_FUNDS',
  'FEE_CAP_BELOW_BASE_FEE',
  'GAS_LIMIT_EXCEEDED',
  'SENDER_HAS_CODE',
]);

/**
 * The EVM lane's transactions that wait for a block. Lives in memory only: a client sends again what no block took in before a restart.
 * `onBlock` is to be told of every block, in order, as soon as `state` gives the state after it.
 */
export class EvmPool {
  readonly #options: Required<EvmPoolOptions>;
  readonly #deps: EvmPoolDeps;
  readonly #txs: PoolTxs;
  /** What is being checked: the same bytes again wait for the outcome instead of being checked again. */
  readonly #arriving = new Map<Hex, Promise<EvmTx>>();
  /** Senders whose accounts are to be read anew. */
  readonly #stale = new Set<Hex>();
  #accounts: AccountCache | undefined;
  /** Counts blocks. */
  #epoch = 0;
  #sequence = 0;
  #baseFee: bigint | undefined;
  onAdded: (tx: EvmTx) => void = () => undefined;
  /** Once its turn can come: what `newPendingTransactions` announces. */
  onPending: (tx: EvmTx) => void = () => undefined;
  /** It left the pool other than into a block. */
  onDropped: (dropped: { readonly tx: EvmTx; readonly code: EvmDropCode }) => void = () => undefined;

  constructor(options: EvmPoolOptions, deps: EvmPoolDeps) {
    this.#options = withDefaults(options);
    this.#deps = deps;
    this.#txs = new PoolTxs(this.#options, {
      onAdded: (tx) => this.onAdded(tx),
      onPending: (tx) => this.onPending(tx),
      onDropped: (tx, code) => this.onDropped({ tx, code }),
    });
  }

  /**
   * Takes a transaction in, or says why not and changes nothing. What costs least is checked first, the sender's signature last.
   * @param raw EIP-2718 bytes; kept, so they must not be changed
   * @throws EvmPoolError, and what `state` throws
   */
  async add(raw: Uint8Array): Promise<EvmTx> {
    const limit = this.#options.maxTxBytes;
    if (raw.length > limit) throw new EvmPoolError('OVERSIZED', { size: raw.length, limit });
    const hash = keccakHex(raw);
    if (this.#txs.get(hash) !== undefined) throw new EvmPoolError('ALREADY_KNOWN');
    const arriving = this.#arriving.get(hash);
    if (arriving !== undefined) {
      await arriving;
      throw new EvmPoolError('ALREADY_KNOWN');
    }
    const arrival = this.#arrive(hash, raw);
    this.#arriving.set(hash, arrival);
    try {
      return await arrival;
    } finally {
      this.#arriving.delete(hash);
    }
  }

  async #arrive(hash: Hex, raw: Uint8Array): Promise<EvmTx> {
    const tx = this.#decode(raw);
    const sender = await this.#senderOf(tx, raw);
    const evmTx: EvmTx = { hash, sender, raw, tx };
    const authorizations = 'authorizationList' in tx ? await this.#authorities(evmTx, tx) : [];
    for (;;) {
      const epoch = this.#epoch;
      const known = this.#account(sender);
      const account = known instanceof Promise ? await known : known;
      // A block may have come in meanwhile; from here on nothing can.
      if (epoch === this.#epoch) return this.#admit(evmTx, account, authorizations);
    }
  }

  #decode(raw: Uint8Array): TypedTransaction {
    try {
      const tx = decodeEvmTx(raw, this.#deps.common);
      checkStatic(tx, NOBODY, this.#options);
      const { maxTxGas } = this.#options;
      if (tx.gasLimit > maxTxGas) throw new EvmPoolError('TX_GAS_TOO_HIGH', { gas: tx.gasLimit, limit: maxTxGas });
      const minimum = this.#options.minGasPrice;
      if (feeCap(tx) < minimum) throw new EvmPoolError('UNDERPRICED', { feeCap: feeCap(tx), minimum });
      return tx;
    } catch (error) {
      throw EvmPoolError.from(error);
    }
  }

  async #senderOf(tx: TypedTransaction, raw: Uint8Array): Promise<Hex> {
    const [sender] = await orFull(this.#deps.recover([tx], [raw]));
    if (sender === undefined) throw new EvmPoolError('INVALID_SIGNATURE');
    if (sender === SYSTEM_SENDER) throw new EvmPoolError('SYSTEM_SENDER');
    return sender;
  }

  /** Hundreds of signatures may be in one transaction: not before its sender can pay for it. */
  async #authorities(evmTx: EvmTx, tx: EOACode7702Tx): Promise<readonly SignedAuthorization[]> {
    checkAccount(evmTx, maxCost(tx), await this.#account(evmTx.sender));
    return orFull(this.#deps.authorities(tx));
  }

  #admit(tx: EvmTx, account: PoolAccount, authorizations: readonly SignedAuthorization[]): EvmTx {
    this.#expire();
    const known = this.#txs.senders.get(tx.sender);
    if (known !== undefined && known.epoch !== this.#epoch) this.#txs.sync(known, account, this.#epoch);
    const sender = this.#txs.senders.get(tx.sender) ?? new SenderTxs(tx.sender, account, this.#epoch);
    const addedAtMs = this.#deps.clock.nowMs();
    const entry = poolEntry(tx, { addedAtMs, sequence: this.#sequence++, authorizations });
    checkAdmission(entry, sender, this.#txs, this.#options);
    if (sender.at(entry.nonce) === undefined) {
      this.#txs.makeRoom(entry, sender, this.#baseFee ?? this.#deps.baseFee());
    }
    this.#txs.insert(entry, sender);
    return tx;
  }

  get(hash: Hex): EvmTx | undefined {
    return this.#txs.get(hash)?.tx;
  }

  /** The nonce with which this sender's next transaction follows its pending ones; `stateNonce` is its account's. */
  nextNonce(address: Hex, stateNonce: bigint): bigint {
    const next = BigInt(this.#txs.senders.get(address)?.nextNonce ?? 0);
    return next > stateNonce ? next : stateNonce;
  }

  status(): { pending: number; queued: number; bytes: number } {
    const { pending, size, bytes } = this.#txs;
    return { pending, queued: size - pending, bytes };
  }

  /** By sender, in the order of nonces. */
  content(): PoolContent {
    const pending = new Map<Hex, EvmTx[]>();
    const queued = new Map<Hex, EvmTx[]>();
    for (const [address, sender] of this.#txs.senders) {
      if (sender.pending.length > 0) pending.set(address, txsOf(sender.pending));
      if (sender.queued.length > 0) queued.set(address, txsOf(sender.queued));
    }
    return { pending, queued };
  }

  contentFrom(address: Hex): { pending: EvmTx[]; queued: EvmTx[] } {
    const sender = this.#txs.senders.get(address);
    return { pending: txsOf(sender?.pending ?? []), queued: txsOf(sender?.queued ?? []) };
  }

  /** Is there anything a block with this base fee could take? */
  hasPending(baseFee: bigint): boolean {
    for (const { pending } of this.#txs.senders.values()) {
      if (pending[0] !== undefined && pending[0].feeCap >= baseFee) return true;
    }
    return false;
  }

  /** For one block. What it gives out stays in the pool until `onBlock`. */
  source(options: SourceOptions): TxSource {
    return new PoolSource(options, { senders: this.#txs.senders, onReject: (tx, code) => this.#reject(tx, code) });
  }

  #reject(tx: EvmTx, code: string): void {
    const entry = this.#txs.get(tx.hash);
    if (entry === undefined) return;
    entry.rejections += 1;
    // What a block said is an EvmTxErrorCode (TxSource): the cast only names it.
    if (!PASSING.has(code) || entry.rejections >= MAX_REJECTIONS) this.#txs.drop(entry, code as EvmDropCode);
    else this.#stale.add(tx.sender);
  }

  /**
   * Forgets what a block took in, and whatever waited for the same nonces; then reads the accounts that the block may have changed.
   * Of the accounts it does not read none can have become poorer: only its own transaction or a delegation takes from an account without
   * code. @param block `txs` with or without system transactions; `baseFee` is the next block's. @throws what `state` throws
   */
  async onBlock(block: { readonly txs: readonly EvmTx[]; readonly baseFee: bigint }): Promise<void> {
    this.#epoch += 1;
    this.#accounts = new AccountCache(this.#deps.state());
    this.#baseFee = block.baseFee;
    const delegating: EOACode7702Tx[] = [];
    for (const { hash, tx } of block.txs) {
      if (!('authorizationList' in tx)) continue;
      const known = this.#txs.get(hash);
      if (known === undefined) delegating.push(tx);
      else for (const { authority } of known.authorizations) this.#stale.add(authority);
    }
    for (const address of this.#txs.advance(block.txs)) this.#stale.add(address);
    this.#expire();
    this.#enqueueWatched();
    for (const tx of delegating) {
      for (const { authority } of await this.#deps.authorities(tx)) this.#stale.add(authority);
    }
    await this.#readStale();
  }

  /** Blocks are gone: nonces and balances may have gone back for any sender. @param baseFee of the next block @throws what `state` throws */
  async onRollback(block: { readonly baseFee: bigint }): Promise<void> {
    for (const address of this.#txs.senders.keys()) this.#stale.add(address);
    await this.onBlock({ txs: [], baseFee: block.baseFee });
  }

  /** Takes turns if there are more than can be read after a block. */
  #enqueueWatched(): void {
    const { watched } = this.#txs;
    const turn = [...firstOf(watched, MAX_WATCHED_READS)];
    for (const address of turn) {
      watched.delete(address);
      watched.add(address);
      this.#stale.add(address);
    }
  }

  async #readStale(): Promise<void> {
    for (const address of this.#stale) {
      if (this.#txs.senders.has(address)) {
        const epoch = this.#epoch;
        const account = await this.#account(address);
        // If the next block came in, its own call reads them.
        if (epoch !== this.#epoch) return;
        const sender = this.#txs.senders.get(address);
        if (sender !== undefined && sender.epoch !== epoch) this.#txs.sync(sender, account, epoch);
      }
      this.#stale.delete(address);
    }
  }

  #account(address: Hex): PoolAccount | Promise<PoolAccount> {
    this.#accounts ??= new AccountCache(this.#deps.state());
    return this.#accounts.get(address);
  }

  #expire(): void {
    const before = this.#deps.clock.nowMs() - this.#options.lifetimeMs;
    for (let entry = this.#txs.oldest; entry !== undefined && entry.addedAtMs < before; entry = this.#txs.oldest) {
      this.#txs.drop(entry, 'STALE');
    }
  }
}

/** Too many signatures wait: to the client that is a full pool. */
async function orFull<T>(recovering: Promise<T>): Promise<T> {
  try {
    return await recovering;
  } catch (error) {
    if (error instanceof RecoverError && error.code === 'QUEUE_FULL') {
      throw new EvmPoolError('POOL_FULL', error.data, { cause: error });
    }
    throw error;
  }
}

function* firstOf<T>(items: Iterable<T>, count: number): Generator<T> {
  let given = 0;
  for (const item of items) {
    if (given++ >= count) return;
    yield item;
  }
}

function txsOf(entries: readonly PoolEntry[]): EvmTx[] {
  return entries.map(({ tx }) => tx);
}
