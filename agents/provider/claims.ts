import type { Logger } from '../../chain/logger.ts';
import { GRACE_SECONDS, royaltyOf } from '../../protocol/account.ts';
import type { AccountIndex, SignedVoucher } from '../../protocol/types.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import { EngramError, NodeUnavailableError } from '../../sdk/errors.ts';
import type { ChannelView, Hex } from '../../sdk/rpcTypes.ts';
import type { ClaimPolicy } from './options.ts';
import type { ProviderMetrics } from './providerMetrics.ts';
import type { ChannelRecord, ProviderStore } from './providerStore.ts';

/** What a channel owes, as far as it is on disk. */
interface Due {
  readonly channel: AccountIndex;
  readonly expiry: number;
  voucher: SignedVoucher;
  receipts: number;
  claimed: bigint;
  /** Seconds; undefined: all is claimed. */
  since: number | undefined;
  /** Not tried again before (seconds), and how long the next pause is. */
  notBefore: number;
  pauseSeconds: number;
}

/** A channel that can be forgotten, and what it never paid. */
export interface Over {
  readonly channel: AccountIndex;
  readonly receipts: number;
  readonly lost: bigint;
}

export interface ClaimsDeps {
  readonly client: LedgerClient;
  readonly account: LedgerAccount;
  readonly store: ProviderStore;
  readonly metrics: ProviderMetrics;
  readonly log: Logger;
  /** Seconds, the ledger's. */
  readonly now: () => number;
}

export interface ClaimOutcome {
  readonly transactions: readonly Hex[];
  /** Channels that were claimed, and what they paid. */
  readonly channels: readonly number[];
  readonly value: bigint;
}

const FIRST_PAUSE_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 3_600;
/** A transaction that is in no block after that is left to the next round. */
const INCLUDED_MS = 60_000;

/**
 * Takes what channels owe, by policy. It knows only vouchers whose receipts are on disk, so nothing is claimed that was not delivered, and
 * a claim that was lost on the way is seen at the next look at the ledger.
 */
export class Claims {
  readonly #policy: ClaimPolicy;
  readonly #deps: ClaimsDeps;
  readonly #dues = new Map<number, Due>();
  #running: Promise<ClaimOutcome> | undefined;

  constructor(policy: ClaimPolicy, deps: ClaimsDeps) {
    this.#policy = policy;
    this.#deps = deps;
  }

  /** What an earlier process left. */
  async load(): Promise<void> {
    for await (const record of this.#deps.store.records()) {
      this.owed(record);
      const due = this.#dues.get(record.channel);
      if (due === undefined) continue;
      due.claimed = await this.#deps.store.claimed(record.channel);
      due.since = due.voucher.total > due.claimed ? record.unpaidSince : undefined;
    }
  }

  /** Base units that vouchers promise and no claim has brought. */
  get unclaimed(): bigint {
    let sum = 0n;
    for (const { voucher, claimed } of this.#dues.values()) if (voucher.total > claimed) sum += voucher.total - claimed;
    return sum;
  }

  get channels(): number {
    return this.#dues.size;
  }

  /** Since when something is unpaid on a channel; undefined: nothing is. */
  unpaidSince(channel: number): number | undefined {
    return this.#dues.get(channel)?.since;
  }

  /** A record is on disk. */
  owed({ channel, expiry, voucher, receipts, unpaidSince }: ChannelRecord): void {
    if (voucher === undefined) return;
    const due = this.#dues.get(channel);
    if (due === undefined) {
      const fresh = { claimed: 0n, notBefore: 0, pauseSeconds: FIRST_PAUSE_SECONDS };
      this.#dues.set(channel, { channel, expiry, voucher, receipts, since: unpaidSince, ...fresh });
      return;
    }
    due.voucher = voucher;
    due.receipts = receipts;
    if (voucher.total > due.claimed) due.since ??= unpaidSince;
  }

  /**
   * Claims what is due (`all`: whatever is worth its fee); `signal` ends the wait for blocks, not what was sent. One round at a time: a
   * second caller waits for it, then has its own.
   */
  async claim({
    all = false,
    signal,
  }: {
    readonly all?: boolean;
    readonly signal?: AbortSignal;
  } = {}): Promise<ClaimOutcome> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
    const running = this.#round(all, signal);
    this.#running = running;
    try {
      return await running;
    } finally {
      this.#running = undefined;
    }
  }

  /** Channels whose time of grace is over long enough to be forgotten. */
  over(keepSeconds: number): readonly Over[] {
    const now = this.#deps.now();
    return [...this.#dues.values()]
      .filter(({ expiry }) => now >= expiry + GRACE_SECONDS + keepSeconds)
      .map(({ channel, receipts, voucher, claimed }) => {
        return { channel, receipts, lost: voucher.total > claimed ? voucher.total - claimed : 0n };
      });
  }

  forget(channel: number): void {
    this.#dues.delete(channel);
  }

  async #round(all: boolean, signal: AbortSignal | undefined): Promise<ClaimOutcome> {
    const now = this.#deps.now();
    const wanted = [...this.#dues.values()].filter(
      (due) => (all || due.notBefore <= now) && this.#isDue(due, now, all),
    );
    const worth = wanted.length === 0 ? [] : await this.#worth(wanted);
    const outcome = { transactions: [] as Hex[], channels: [] as number[], value: 0n };
    if (worth.length === 0) return outcome;
    const failed = await this.#send(worth, outcome, signal);
    // One channel that the ledger refuses must not hold up the others.
    if (failed !== undefined && worth.length > 1 && !(failed instanceof NodeUnavailableError)) {
      for (const due of worth) if (due.voucher.total > due.claimed) await this.#send([due], outcome, signal);
    }
    return outcome;
  }

  #isDue({ voucher, claimed, since, expiry }: Due, now: number, all: boolean): boolean {
    const { value, ageSeconds, marginSeconds } = this.#policy;
    const end = expiry + GRACE_SECONDS;
    if (now >= end || voucher.total === 0n) return false;
    // At last the ledger is asked even if all seems claimed: a block that had the claim may be gone.
    if (end - now <= marginSeconds) return true;
    if (voucher.total <= claimed) return false;
    return all || voucher.total - claimed >= value || (since !== undefined && now - since >= ageSeconds);
  }

  /** Of these, the ones that bring more than they cost; what the ledger says of them is noted. */
  async #worth(wanted: readonly Due[]): Promise<Due[]> {
    const info = await this.#deps.client.getChainInfo();
    const worth: Due[] = [];
    for (const due of wanted) {
      const view = await this.#look(due);
      if (view === undefined) continue;
      const fee = info.fees.find(({ token }) => token === view.token)?.minimumFee ?? 0n;
      const delta = due.voucher.total - view.claimed;
      const gain = delta - royaltyOf(delta, view.royaltyBps) - fee;
      if (delta > 0n && !view.isOver && gain >= this.#policy.minimumGain) worth.push(due);
      else this.#pause(due);
    }
    return worth;
  }

  async #look(due: Due): Promise<ChannelView | undefined> {
    try {
      const view = await this.#deps.client.getChannel(due.channel);
      await this.#claimedIs(due, view.claimed);
      return view;
    } catch (error) {
      if (!(error instanceof EngramError) || error instanceof NodeUnavailableError) throw error;
      this.#fail([due], error);
      return undefined;
    }
  }

  /** Returns what went wrong. */
  async #send(
    dues: readonly Due[],
    outcome: { transactions: Hex[]; channels: number[]; value: bigint },
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const { client, account } = this.#deps;
    const hashes: Hex[] = [];
    let failed: unknown;
    try {
      const vouchers = dues.map(({ voucher }) => voucher);
      await client.claim({ account, vouchers, onSent: (hash) => hashes.push(hash) });
    } catch (error) {
      failed = error;
    }
    for (const hash of hashes) {
      try {
        await client.waitFor(hash, 'included', { timeoutMs: INCLUDED_MS, signal });
        outcome.transactions.push(hash);
      } catch (error) {
        failed ??= error;
      }
    }
    const paid: Due[] = [];
    let value = 0n;
    for (const due of dues) {
      const before = due.claimed;
      try {
        const { claimed } = await client.getChannel(due.channel);
        await this.#claimedIs(due, claimed);
      } catch (error) {
        failed ??= error;
      }
      if (due.claimed <= before) continue;
      paid.push(due);
      value += due.claimed - before;
      due.pauseSeconds = FIRST_PAUSE_SECONDS;
    }
    outcome.channels.push(...paid.map(({ channel }) => channel));
    outcome.value += value;
    if (paid.length > 0) {
      this.#deps.metrics.claimed(paid.length, value);
      this.#deps.log.info({ transactions: hashes, channels: paid.length, value }, 'claimed');
    }
    const left = dues.filter(({ voucher, claimed }) => voucher.total > claimed);
    if (failed !== undefined && left.length > 0) this.#fail(left, failed);
    return left.length > 0 ? failed : undefined;
  }

  async #claimedIs(due: Due, claimed: bigint): Promise<void> {
    if (claimed === due.claimed) return;
    due.claimed = claimed;
    due.since = due.voucher.total > claimed ? (due.since ?? this.#deps.now()) : undefined;
    await this.#deps.store.writeClaimed(due.channel, claimed);
  }

  #fail(dues: readonly Due[], error: unknown): void {
    const code = error instanceof EngramError ? error.code : 'INTERNAL';
    this.#deps.metrics.claimFailed(code);
    this.#deps.log.warn({ code, err: error, channels: dues.map(({ channel }) => channel) }, 'a claim was refused');
    for (const due of dues) this.#pause(due);
  }

  #pause(due: Due): void {
    const now = this.#deps.now();
    const left = due.expiry + GRACE_SECONDS - now;
    // Near the end it is tried more often, not less.
    due.notBefore = now + Math.max(1, Math.min(due.pauseSeconds, Math.floor(left / 8)));
    due.pauseSeconds = Math.min(2 * due.pauseSeconds, LONGEST_PAUSE_SECONDS);
  }
}
