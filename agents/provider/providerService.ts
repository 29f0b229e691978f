import type { Clock } from '../../chain/clock.ts';
import type { Db } from '../../chain/db.ts';
import type { Logger } from '../../chain/logger.ts';
import { bytesToHex } from '../../protocol/bytes.ts';
import type { Json } from '../../protocol/json.ts';
import type { Field } from '../../protocol/types.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { domainOf } from '../../sdk/chain.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import { announce } from '../discovery/announce.ts';
import { Announcer, type AnnouncerDeps } from './announcer.ts';
import { ChannelShelf } from './channelShelf.ts';
import { type ClaimOutcome, Claims } from './claims.ts';
import { FreeQuota } from './freeQuota.ts';
import { Gate } from './gate.ts';
import { type HttpServer, startHttp } from './http.ts';
import { type Identity, identify } from './identity.ts';
import { LedgerTime } from './ledgerTime.ts';
import { type FreeCalls, NO_FREE_CALLS, type ProviderOptions } from './options.ts';
import { PaidCalls } from './paidCalls.ts';
import { ProviderError } from './providerError.ts';
import { providerInfo } from './providerInfo.ts';
import { noMetrics, type ProviderMetrics } from './providerMetrics.ts';
import { ProviderRoutes } from './providerRoutes.ts';
import { ProviderStore } from './providerStore.ts';
import { type ProviderRequest, type ProviderResponse, refusalOf, refusalResponse, runFailure } from './requests.ts';
import type { Runner } from './runner.ts';
import { Samples } from './samples.ts';
import { Upkeep } from './upkeep.ts';

export interface ProviderDeps {
  readonly client: LedgerClient;
  /** Whoever is paid; signs receipts and claims. */
  readonly account: LedgerAccount;
  /** The caller's to close, after `stop`. */
  readonly runner: Runner;
  /** The caller's to close, after `stop`. */
  readonly store: Db;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics?: ProviderMetrics | undefined;
  /** Signs and publishes announcements. Default: `announce` of agents/discovery. */
  readonly announce?: AnnouncerDeps['announce'] | undefined;
  /** Requests of other parts at the same address (a dialogue); undefined: not theirs either. */
  readonly extra?: ((request: ProviderRequest) => Promise<ProviderResponse | undefined>) | undefined;
}

interface Parts extends Omit<ProviderDeps, 'store'> {
  readonly metrics: ProviderMetrics;
  readonly store: ProviderStore;
  readonly identity: Identity;
  readonly domain: Field;
  readonly time: LedgerTime;
}

/** How long a stop waits for runs that are under way. */
const STOP_MS = 30_000;

/**
 * Sells answers of one model against vouchers (docs/ai.md section 2): HTTP, books on disk, claims by policy. `handle` is the same without
 * HTTP, for whatever else carries requests.
 */
export class ProviderService {
  readonly #options: ProviderOptions;
  readonly #parts: Parts;
  readonly #gate: Gate;
  readonly #claims: Claims;
  readonly #shelf: ChannelShelf;
  readonly #samples: Samples;
  readonly #routes: ProviderRoutes;
  readonly #announcer: Announcer | undefined;
  readonly #stop = new AbortController();
  /** Runs that are under way, to be ended if a stop takes too long. */
  readonly #runs = new Set<AbortController>();
  #requests = 0;
  #idle: () => void = () => undefined;
  #http: HttpServer | undefined;
  readonly #upkeep: Upkeep;
  #kept: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  private constructor(options: ProviderOptions, parts: Parts) {
    const { account, store, metrics, domain, identity, time, client, log } = parts;
    const { limits, price, retentionSeconds } = options;
    const nowMs = (): number => parts.clock.nowMs();
    const nowSeconds = (): number => nowMs() / 1000;
    const now = (): number => time.now();
    const run = (input: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> => this.#run(input, signal);
    this.#options = options;
    this.#parts = parts;
    this.#gate = new Gate(limits, { nowMs });
    this.#claims = new Claims(options.claim, { client, account, store, metrics, log, now });
    this.#shelf = new ChannelShelf(
      { ...identity, ...options, ...limits, ...identity, domain },
      { client, store, now, nowMs },
    );
    this.#samples = new Samples({ store });
    const execution = {
      public: parts.runner.execution('public').word,
      private: parts.runner.execution('private').word,
    };
    const calls = new PaidCalls(
      { price, seed: account.seed, execution, retentionSeconds, shownBytes: limits.shownBytes },
      { shelf: this.#shelf, store, claims: this.#claims, gate: this.#gate, now, run },
    );
    this.#routes = new ProviderRoutes(
      { domain, inputBytes: limits.inputBytes },
      {
        ...{ calls, shelf: this.#shelf, samples: this.#samples, gate: this.#gate, metrics, run },
        quota: new FreeQuota(options.free, { nowSeconds }),
        samplesOf: new FreeQuota(perMinute(limits.samplesPerMinute), { nowSeconds }),
        lookupsOf: new FreeQuota(perMinute(limits.lookupsPerMinute), { nowSeconds }),
        info: () => this.info(),
        health: () => this.#health(),
      },
    );
    this.#announcer = this.#makeAnnouncer();
    this.#upkeep = new Upkeep(
      { pollMs: options.pollMs, retentionSeconds },
      {
        ...{ client, store, time, log, clock: parts.clock, claims: this.#claims, announcer: this.#announcer },
        forget: (channel) => {
          this.#shelf.forget(channel);
          this.#samples.forget(channel);
        },
      },
    );
    metrics.watch(() => ({
      unclaimed: this.#claims.unclaimed,
      running: this.#gate.running,
      waiting: this.#gate.waiting,
      channels: this.#shelf.size,
    }));
  }

  /**
   * Checks the model against the ledger, opens the books, listens.
   * @throws ProviderError MODEL_MISMATCH, NOT_A_MODEL, NO_KEY_ACCOUNT, STORE_MISMATCH, BAD_OPTIONS; NodeUnavailableError; EADDRINUSE
   */
  static async start(options: ProviderOptions, deps: ProviderDeps): Promise<ProviderService> {
    const { client, account, runner, clock } = deps;
    const log = deps.log.child({ module: 'provider' });
    const time = new LedgerTime({ clock });
    time.set((await client.getChainInfo()).time);
    const identity = await identify({ ...options, sha256: runner.sha256 }, { client, account });
    const domain = domainOf(client.chain);
    const store = await ProviderStore.open(deps.store, { domain, ...identity });
    const metrics = deps.metrics ?? noMetrics;
    const service = new ProviderService(options, { ...deps, log, metrics, store, identity, domain, time });
    await service.#start();
    return service;
  }

  /** `http://host:port`. */
  get url(): string {
    return this.#http?.url ?? '';
  }

  /** The KEY account that is paid, and the model. */
  get identity(): Identity {
    return this.#parts.identity;
  }

  /** `GET /v1/info`. */
  info(): Json {
    return providerInfo(this.#options, { ...this.#parts, announcement: this.#announcer?.current });
  }

  /** Answers a request, whatever carried it; never throws. */
  async handle(request: ProviderRequest): Promise<ProviderResponse> {
    if (this.#stop.signal.aborted && request.method === 'POST') return this.#refuse(stopping());
    this.#requests += 1;
    try {
      return (await this.#parts.extra?.(request)) ?? (await this.#routes.handle(request));
    } catch (error) {
      return this.#refuse(error);
    } finally {
      this.#requests -= 1;
      if (this.#requests === 0) this.#idle();
    }
  }

  /** What can be refused before a request's body has come. */
  precheck(request: Omit<ProviderRequest, 'body'>): ProviderResponse | undefined {
    try {
      if (this.#stop.signal.aborted && request.method === 'POST') throw stopping();
      this.#routes.precheck(request);
      return undefined;
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** Claims whatever is worth its fee, whatever the policy. @throws NodeUnavailableError */
  claimNow(): Promise<ClaimOutcome> {
    return this.#claims.claim({ all: true });
  }

  /** Ends in order: no new requests, those under way are answered, then (if asked for) a last claim. Can be called twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #start(): Promise<void> {
    const { log, metrics, identity } = this.#parts;
    await this.#claims.load();
    const { listen, trustProxy, limits, price } = this.#options;
    this.#http = await startHttp(
      { ...listen, trustProxy, limits },
      {
        handle: (request) => this.handle(request),
        precheck: (request) => this.precheck(request),
        metrics,
        log,
      },
    );
    this.#kept = this.#upkeep.run(this.#stop.signal);
    log.info({ url: this.url, ...identity, price, channels: this.#claims.channels }, 'provider serves');
  }

  async #end(): Promise<void> {
    const { log, store } = this.#parts;
    this.#stop.abort();
    const limit = setTimeout(() => {
      for (const run of this.#runs) run.abort();
    }, STOP_MS);
    // The answers that are under way first: whoever paid waits for them.
    if (this.#requests > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    clearTimeout(limit);
    await this.#http?.stop();
    await this.#kept;
    if (this.#options.claimOnStop) {
      await this.claimNow().catch((error: unknown) => log.warn({ err: error }, 'not claimed before the end'));
    }
    await store.idle();
    log.info({ unclaimed: this.#claims.unclaimed }, 'provider stopped');
  }

  async #run(input: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    const { limits } = this.#options;
    const run = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      run.abort();
    }, limits.runMs);
    this.#runs.add(run);
    signal?.addEventListener('abort', () => run.abort(), { once: true });
    try {
      if (signal?.aborted) run.abort();
      return await this.#parts.runner.run(input, { signal: run.signal, maxOutputBytes: limits.outputBytes });
    } catch (error) {
      throw runFailure(error, isLate);
    } finally {
      clearTimeout(timer);
      this.#runs.delete(run);
    }
  }

  #refuse(error: unknown): ProviderResponse {
    const { metrics, log } = this.#parts;
    const refusal = refusalOf(error);
    metrics.refused(refusal.code);
    if (refusal.status === 500) log.error({ err: error, code: refusal.code }, 'a request failed');
    return refusalResponse(refusal);
  }

  #health(): { ready: boolean; reasons: readonly string[] } {
    if (this.#stop.signal.aborted) return { ready: false, reasons: ['STOPPING'] };
    return { ready: true, reasons: this.#upkeep.isLedgerThere ? [] : ['LEDGER_UNAVAILABLE'] };
  }

  #makeAnnouncer(): Announcer | undefined {
    const { announcement, price } = this.#options;
    const { identity, runner, account, client, time } = this.#parts;
    if (announcement === undefined) return undefined;
    const { provider: owner, model, token } = identity;
    const capability = {
      ...{ model, token, price, name: announcement.name },
      execution: runner.execution('public').word,
      sha256: `0x${bytesToHex(runner.sha256)}` as const,
    };
    return new Announcer(
      { ...announcement, offer: { owner, capabilities: [capability] } },
      {
        now: () => time.now(),
        announce: this.#parts.announce ?? ((document) => announce(client, { account, document })),
      },
    );
  }
}

function perMinute(calls: number): FreeCalls {
  return { calls, perSeconds: 60, addresses: NO_FREE_CALLS.addresses };
}

function stopping(): ProviderError {
  return new ProviderError('STOPPING', 'the provider stops', { retryAfter: 5 });
}
