import type { EOACode7702Tx, TypedTransaction } from '@ethereumjs/tx';
import { keccakHex } from '../../../chain/evm/crypto.ts';
import { maxCost } from '../../../chain/evm/txRules.ts';
import type { EvmTx, TxSource } from '../../../chain/evm/types.ts';
import { FakeClock } from '../../../chain/testing/fakeClock.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { EvmPool, type EvmPoolOptions } from '../evmPool.ts';
import type { EvmDropCode } from '../evmPoolErrors.ts';
import { RecoverPool } from '../recoverPool.ts';
import { common, rawTx, type TestTx, type Wallet } from './txs.ts';

interface FakeAccount {
  readonly nonce: bigint;
  readonly balance: bigint;
  readonly code: Uint8Array;
}

const NO_CODE = new Uint8Array();
export const ETHER = 10n ** 18n;
export const DELEGATION = new Uint8Array([0xef, 0x01, 0x00, ...new Array<number>(20).fill(0x11)]);

/** A pool over a state that tests write by hand. */
export class PoolFixture {
  readonly clock = new FakeClock();
  readonly recovery: RecoverPool;
  readonly pool: EvmPool;
  /** What left the pool, as code by hash. */
  readonly dropped = new Map<Hex, EvmDropCode>();
  readonly pending: Hex[] = [];
  baseFee = 10n;
  reads = 0;
  recovered = 0;
  /** What reading an account throws. */
  failure: Error | undefined;
  /** As of the newest block, and of the next one: the same until there is a block. */
  #current = new Map<Hex, FakeAccount>();
  #accounts = this.#current;

  constructor(options: Partial<EvmPoolOptions> = {}, recovery: { maxWaiting?: number } = {}) {
    this.recovery = new RecoverPool({ threads: 0, ...recovery });
    this.pool = new EvmPool(
      { gasLimit: 30_000_000n, ...options },
      {
        common,
        clock: this.clock,
        state: () => {
          const accounts = this.#current;
          return {
            account: async (address) => {
              this.reads += 1;
              if (this.failure !== undefined) throw this.failure;
              const account = accounts.get(address);
              return account === undefined ? undefined : { ...account, codeHash: keccakHex(account.code) };
            },
            code: async (address) => accounts.get(address)?.code ?? NO_CODE,
          };
        },
        baseFee: () => this.baseFee,
        recover: (txs: TypedTransaction[], raws?: Uint8Array[]) => {
          this.recovered += txs.length;
          return this.recovery.recoverMany(txs, raws);
        },
        authorities: (tx: EOACode7702Tx) => this.recovery.authorities(tx),
      },
    );
    this.pool.onDropped = ({ tx, code }) => this.dropped.set(tx.hash, code);
    this.pool.onPending = ({ hash }) => this.pending.push(hash);
  }

  /** As of the next block; before the first one, now, unless the pool has read it. */
  fund(wallet: Wallet | Hex, balance = ETHER, { nonce = 0n, code = NO_CODE } = {}): void {
    const address = typeof wallet === 'string' ? wallet : wallet.address;
    this.#accounts.set(address, { nonce, balance, code });
  }

  balance(address: Hex): bigint {
    return this.#accounts.get(address)?.balance ?? 0n;
  }

  nonce(address: Hex): number {
    return Number(this.#accounts.get(address)?.nonce ?? 0n);
  }

  add(wallet: Wallet, tx: TestTx = {}): Promise<EvmTx> {
    return this.pool.add(rawTx(wallet, tx));
  }

  /** The code with which adding is refused, or 'added'. */
  async outcome(wallet: Wallet, tx: TestTx = {}): Promise<string> {
    return this.outcomeOf(rawTx(wallet, tx));
  }

  async outcomeOf(raw: Uint8Array): Promise<string> {
    try {
      await this.pool.add(raw);
      return 'added';
    } catch (error) {
      if (error instanceof Error && 'code' in error) return String(error.code);
      throw error;
    }
  }

  /** A block with these: each costs its sender all it may cost. */
  async mine(txs: readonly EvmTx[] = []): Promise<void> {
    for (const { sender, tx } of txs) {
      const account = this.#accounts.get(sender) ?? { nonce: 0n, balance: 0n, code: NO_CODE };
      this.#accounts.set(sender, { ...account, nonce: tx.nonce + 1n, balance: account.balance - maxCost(tx) });
    }
    await this.settle(txs);
  }

  /** A block with these; what they did to accounts is set already. */
  async settle(txs: readonly EvmTx[]): Promise<void> {
    this.#current = this.#accounts;
    this.#accounts = new Map(this.#current);
    await this.pool.onBlock({ txs, baseFee: this.baseFee });
  }

  /** Everything the source gives for one block, all accepted. */
  take(options: { baseFee?: bigint; maxBytes?: number; gas?: bigint } = {}): EvmTx[] {
    const source = this.pool.source({
      baseFee: options.baseFee ?? this.baseFee,
      maxBytes: options.maxBytes ?? 10 ** 9,
    });
    return takeAll(source, options.gas ?? 10n ** 12n);
  }
}

export function takeAll(source: TxSource, gas: bigint): EvmTx[] {
  const taken: EvmTx[] = [];
  let gasLeft = gas;
  for (let tx = source.next(gasLeft); tx !== undefined; tx = source.next(gasLeft)) {
    source.accept(tx);
    taken.push(tx);
    gasLeft -= tx.tx.gasLimit;
  }
  return taken;
}

/** A transaction as a block brings it that the pool has never seen. */
export function foreign(wallet: Wallet, tx: TypedTransaction): EvmTx {
  const raw = tx.serialize();
  return { hash: keccakHex(raw), sender: wallet.address, raw, tx };
}
