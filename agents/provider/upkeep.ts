import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import type { Announcer } from './announcer.ts';
import type { Claims } from './claims.ts';
import type { LedgerTime } from './ledgerTime.ts';
import type { ProviderStore } from './providerStore.ts';

export interface UpkeepDeps {
  readonly client: LedgerClient;
  readonly store: ProviderStore;
  readonly claims: Claims;
  readonly announcer: Announcer | undefined;
  readonly time: LedgerTime;
  readonly clock: Clock;
  readonly log: Logger;
  /** A channel is over: nothing of it is to be kept in memory. */
  readonly forget: (channel: number) => void;
}

/** What a provider does by itself, again and again: clock, claims, announcement, forgetting. Each fails on its own. */
export class Upkeep {
  readonly #options: { readonly pollMs: number; readonly retentionSeconds: number };
  readonly #deps: UpkeepDeps;
  #isLedgerThere = true;

  constructor(options: { readonly pollMs: number; readonly retentionSeconds: number }, deps: UpkeepDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Whether the node answered the last time. */
  get isLedgerThere(): boolean {
    return this.#isLedgerThere;
  }

  /** Until the signal; what is under way then is ended first. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, claims, announcer } = this.#deps;
    while (!signal.aborted) {
      await this.#ask();
      if (this.#isLedgerThere) {
        await this.#try('claims', () => claims.claim({ signal }));
        await this.#try('announcement', async () => announcer?.refresh());
      }
      await this.#try('retention', () => this.#forget());
      await clock.sleep(this.#options.pollMs, signal);
    }
  }

  async #ask(): Promise<void> {
    const { client, time, log } = this.#deps;
    try {
      time.set((await client.getChainInfo()).time);
      this.#isLedgerThere = true;
    } catch (error) {
      if (this.#isLedgerThere) log.warn({ err: error }, 'the node does not answer');
      this.#isLedgerThere = false;
    }
  }

  async #try(step: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#deps.log.warn({ err: error, step }, 'upkeep failed');
    }
  }

  async #forget(): Promise<void> {
    const { store, claims, time, log, forget } = this.#deps;
    await store.forgetShown(time.now());
    for (const { channel, receipts, lost } of claims.over(this.#options.retentionSeconds)) {
      if (lost > 0n) log.error({ channel, lost }, 'a channel ended with value that was not claimed');
      forget(channel);
      await store.forgetChannel({ channel, receipts });
      claims.forget(channel);
    }
  }
}
