import { expect, test } from 'vitest';
import { maxCost } from '../../chain/evm/txRules.ts';
import type { EvmTx } from '../../chain/evm/types.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { DELEGATION, foreign, PoolFixture } from './testing/poolFixture.ts';
import { PoolModel } from './testing/poolModel.ts';
import { feeTx, Wallet } from './testing/txs.ts';

const ROOMY = {
  maxTxs: 24,
  maxBytes: 6_000,
  maxQueued: 9,
  maxPerSender: 8,
  maxQueuedPerSender: 3,
  lifetimeMs: 40_000,
};
const TIGHT = { ...ROOMY, maxTxs: 3, maxBytes: 900, maxQueued: 2 };
const wallets = Array.from({ length: 7 }, (_, i) => new Wallet(i + 1));
/** The runs are long enough to see all of them. */
const CODES = [
  'DELEGATED_GAP',
  'EVICTED',
  'FUTURE_REPLACES_PENDING',
  'INSUFFICIENT_FUNDS',
  'IN_FLIGHT_LIMIT',
  'NONCE_TOO_LOW',
  'POOL_FULL',
  'REPLACED',
  'REPLACEMENT_UNDERPRICED',
  'SENDER_FULL',
  'STALE',
  'UNDERPRICED',
  'added',
];
const STEPS = 800;

/** mulberry32: below `n`. */
function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
  };
}

class Run {
  readonly f: PoolFixture;
  readonly model: PoolModel;
  readonly outcomes = new Set<string>();
  readonly #random: (n: number) => number;
  #sequence = 0;

  constructor(seed: number, limits: typeof ROOMY) {
    this.f = new PoolFixture(limits);
    this.model = new PoolModel(limits);
    this.#random = generator(seed);
    for (const { address } of wallets) {
      this.#setAccount(address, { nonce: 0, balance: this.#money(), isDelegated: false });
    }
  }

  /** For a few transactions. */
  #money(): bigint {
    return BigInt(this.#random(10)) * 21_000n * 30n;
  }

  #setAccount(address: Hex, account: { nonce: number; balance: bigint; isDelegated: boolean }): void {
    this.model.accounts.set(address, account);
    const code = account.isDelegated ? { code: DELEGATION } : {};
    this.f.fund(address, account.balance, { nonce: BigInt(account.nonce), ...code });
  }

  #wallet(): Wallet {
    return wallets[this.#random(wallets.length)] as Wallet; // below the length
  }

  async step(): Promise<void> {
    const roll = this.#random(20);
    if (roll < 15) await this.#add();
    else if (roll < 19) await this.#block();
    else this.f.clock.advance(this.#random(15_000));
  }

  #tx(wallet: Wallet): EvmTx {
    const nonce = Math.max(0, this.model.account(wallet.address).nonce + this.#random(8) - 1);
    const feeCap = BigInt(8 + this.#random(30));
    const tip = BigInt(this.#random(Number(feeCap) + 1));
    const data = new Uint8Array(this.#random(8) === 0 ? this.#random(700) : 0);
    const gas = data.length > 0 ? 40_000n : 21_000n;
    return foreign(wallet, feeTx(wallet, { nonce, feeCap, tip, data, gas, value: BigInt(this.#random(1_000)) }));
  }

  async #add(): Promise<void> {
    const tx = this.#tx(this.#wallet());
    const fees = tx.tx;
    if (!('maxFeePerGas' in fees)) throw new TypeError('not of type 2');
    const isKnown = this.f.pool.get(tx.hash) !== undefined;
    const outcome = await this.f.outcomeOf(tx.raw);
    if (isKnown) return expect(outcome).toBe('ALREADY_KNOWN');
    const expected = this.model.add({
      sender: tx.sender,
      hash: tx.hash,
      nonce: Number(fees.nonce),
      feeCap: fees.maxFeePerGas,
      tip: fees.maxPriorityFeePerGas,
      cost: maxCost(fees),
      bytes: tx.raw.length,
      sequence: this.#sequence++,
      addedAtMs: this.f.clock.nowMs(),
    });
    expect(outcome).toBe(expected);
    this.outcomes.add(outcome);
  }

  /** Some of what the pool offers, some transactions from elsewhere, money to some; delegated accounts lose it to others. */
  async #block(): Promise<void> {
    const txs = this.f.take().slice(0, this.#random(8));
    if (this.#random(3) === 0) {
      const wallet = this.#wallet();
      const { nonce } = this.model.account(wallet.address);
      if (txs.every(({ sender }) => sender !== wallet.address)) {
        txs.push(foreign(wallet, feeTx(wallet, { nonce, value: 123_456n, feeCap: 1n })));
      }
    }
    for (const { sender, tx } of txs) {
      const account = this.model.account(sender);
      const balance = account.balance > maxCost(tx) ? account.balance - maxCost(tx) : 0n;
      this.#setAccount(sender, { ...account, nonce: Number(tx.nonce) + 1, balance });
    }
    for (const { address } of wallets) {
      const account = this.model.account(address);
      const isSender = txs.some(({ sender }) => sender === address);
      const roll = this.#random(10);
      if (roll < 2) this.#setAccount(address, { ...account, balance: account.balance + this.#money() });
      else if (roll === 2 && account.isDelegated) this.#setAccount(address, { ...account, balance: 0n });
      // Who delegates itself has sent a transaction.
      else if (roll === 3 && isSender) this.#setAccount(address, { ...account, isDelegated: !account.isDelegated });
    }
    this.f.baseFee = this.model.baseFee = BigInt(5 + this.#random(15));
    await this.f.settle(txs);
    this.model.block(new Set(txs.map(({ hash }) => hash)), this.f.clock.nowMs());
  }

  check(): void {
    const { pool } = this.f;
    const { pending, queued } = pool.content();
    for (const { address } of wallets) {
      const hashes = (txs: readonly { hash: Hex }[] = []): Hex[] => txs.map(({ hash }) => hash);
      expect(hashes(pending.get(address))).toEqual(hashes(this.model.pending(address)));
      expect(hashes(queued.get(address))).toEqual(hashes(this.model.queued(address)));
    }
    const count = this.model.senders().reduce((sum, sender) => sum + this.model.pending(sender).length, 0);
    const bytes = this.model.txs.reduce((sum, tx) => sum + tx.bytes, 0);
    expect(pool.status()).toEqual({ pending: count, queued: this.model.txs.length - count, bytes });
    expect(this.f.take().map(({ hash }) => hash)).toEqual(this.model.select());
    expect(this.f.dropped).toEqual(this.model.dropped);
  }
}

/** Every code that was given, by an outcome or a drop. */
async function codesOf(start: number, limits: typeof ROOMY): Promise<string[]> {
  const run = new Run(start, limits);
  for (let i = 0; i < STEPS; i++) {
    await run.step();
    run.check();
  }
  return [...run.model.dropped.values(), ...run.outcomes];
}

test('the pool does what the plain model does, and everything happens that can', async () => {
  const codes = new Set([...(await codesOf(1, ROOMY)), ...(await codesOf(2, TIGHT))]);
  expect([...codes].sort()).toEqual(CODES);
});

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

test.each([ROOMY, TIGHT])(`the same with seed ${seed}, at most $maxTxs transactions`, async (limits) => {
  expect((await codesOf(seed, limits)).length).toBeGreaterThan(0);
});
