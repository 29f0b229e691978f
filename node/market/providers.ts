import { setImmediate as breathe } from 'node:timers/promises';
import type { Clock } from '../../chain/clock.ts';
import { unpackAttestation } from '../../protocol/account.ts';
import type { Announcement } from '../../protocol/announcements/announcement.ts';
import { type Account, type AccountIndex, Kind, Subtype } from '../../protocol/types.ts';
import type { ProviderView } from '../../sdk/marketTypes.ts';
import type { Announced } from './announced.ts';
import type { AttestationList } from './attestationList.ts';
import { type ProviderTally, uptimeOf } from './claimTallies.ts';
import type { MarketIndex } from './marketIndex.ts';
import { ProviderRanking } from './providerRanking.ts';

export interface ProviderFilter {
  readonly model?: AccountIndex | undefined;
  readonly service?: AccountIndex | undefined;
}

export interface ProvidersDeps {
  readonly index: Pick<MarketIndex, 'view'>;
  readonly announced: Announced;
  readonly account: (index: AccountIndex) => Account | undefined;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** From the last epoch of a service that is over; undefined: not known (yet), or it did not provide. */
  readonly score: (service: AccountIndex, owner: AccountIndex) => ProviderView['score'];
}

const MAX_PROVIDERS = 200;
/** Of one owner's agents. */
const MAX_ENDPOINTS = 8;
const MAX_MODELS = 64;
/** Providers between two chances for others to run: each may cost 32 hashes the first time. */
const SLICE = 8;
/** Those without an announcement between them: nothing is hashed. */
const LONG_SLICE = 512;

interface Found {
  readonly owner: AccountIndex;
  /** By agent. */
  readonly announced: readonly Announcement[];
  readonly tally: Readonly<ProviderTally> | undefined;
}

/** Who provides: what owners announced of their agents, joined with what the ledger settled for the same owners. */
export class Providers {
  readonly #deps: ProvidersDeps;
  readonly #ranking = new ProviderRanking();

  constructor(deps: ProvidersDeps) {
    this.#deps = deps;
  }

  /** Announced ones with settled claims first, then other announced ones, then who has claims alone; of each the most active. */
  async list(filter: ProviderFilter): Promise<readonly ProviderView[]> {
    const { index, announced, clock } = this.#deps;
    const byOwner = await announced.byOwner();
    const { tallies, attestations } = await index.view();
    const now = Math.floor(clock.nowMs() / 1_000);
    const found: (Found & Pick<ProviderView, 'uptime'>)[] = [];
    let seen = 0;
    for (const [owner, own] of byOwner) {
      if (++seen % SLICE === 0) await breathe();
      const one = { owner, announced: own, tally: tallies.provider(owner) };
      if (this.#isAsked(one, filter, attestations)) found.push({ ...one, uptime: uptimeOf(one.tally, now) });
    }
    found.sort((x, y) => classOf(x) - classOf(y) || y.uptime.active - x.uptime.active || byClaims(x, y));
    const ranked = found.length < MAX_PROVIDERS ? await this.#ranking.of(tallies, now) : [];
    for (const owner of ranked) {
      if (found.length >= MAX_PROVIDERS) break;
      if (++seen % LONG_SLICE === 0) await breathe();
      const one = { owner, announced: [], tally: tallies.provider(owner) };
      if (byOwner.has(owner) || !this.#isAsked(one, filter, attestations)) continue;
      found.push({ ...one, uptime: uptimeOf(one.tally, now) });
    }
    const views: ProviderView[] = [];
    for (const one of found.slice(0, MAX_PROVIDERS)) {
      if (views.length % SLICE === SLICE - 1) await breathe();
      views.push(this.#view(one, filter, attestations));
    }
    return views;
  }

  #isAsked({ owner, announced, tally }: Found, { model, service }: ProviderFilter, list: AttestationList): boolean {
    if (service !== undefined && !this.#servicesOf(owner, list).includes(service)) return false;
    if (model === undefined || tally?.models.has(model) === true) return true;
    const capabilities = announced.flatMap((one) => one.capabilities);
    return capabilities.some((one) => one.model === model && this.#deps.announced.isAttested(one));
  }

  #view(found: Found & Pick<ProviderView, 'uptime'>, filter: ProviderFilter, list: AttestationList): ProviderView {
    const { owner, announced, tally, uptime } = found;
    const shown = this.#shown(announced, filter);
    const service = this.#serviceOf(owner, shown, filter, list);
    const score = service === undefined ? undefined : this.#deps.score(service, owner);
    return {
      ...(shown !== undefined && { agent: shown.agent, name: shown.name, announcedUntil: shown.expiry }),
      owner,
      endpoints: endpointsOf(shown === undefined ? [] : [shown, ...announced]),
      ...(service !== undefined && { service }),
      models: this.#modelsOf(announced),
      settled: settledOf(tally),
      uptime,
      ...(score !== undefined && { score }),
    };
  }

  /** Of an owner's agents the one that serves what is asked for; else the first. */
  #shown(announced: readonly Announcement[], { model, service }: ProviderFilter): Announcement | undefined {
    const fits = announced.find(
      ({ agent, capabilities }) =>
        (service === undefined || this.#parentOf(agent) === service) &&
        (model === undefined || capabilities.some((one) => one.model === model)),
    );
    return fits ?? announced[0];
  }

  /** By the ledger, whatever is announced: who takes part follows from the agents' parents. */
  #serviceOf(
    owner: AccountIndex,
    shown: Announcement | undefined,
    { service }: ProviderFilter,
    list: AttestationList,
  ): AccountIndex | undefined {
    const services = this.#servicesOf(owner, list);
    const preferred = service ?? (shown && this.#parentOf(shown.agent));
    return preferred !== undefined && services.includes(preferred) ? preferred : services[0];
  }

  #servicesOf(owner: AccountIndex, list: AttestationList): readonly AccountIndex[] {
    const { account } = this.#deps;
    const token = account(owner)?.token;
    return list.agentsOf(owner).flatMap((agent) => {
      const parent = this.#parentOf(agent);
      const service = parent === undefined ? undefined : account(parent);
      if (parent === undefined || service?.kind !== Kind.ATTEST || service.token !== token) return [];
      return unpackAttestation(service.c).subtype === Subtype.SERVICE ? [parent] : [];
    });
  }

  #parentOf(agent: AccountIndex): AccountIndex | undefined {
    const account = this.#deps.account(agent);
    return account?.kind === Kind.ATTEST ? unpackAttestation(account.c).parent : undefined;
  }

  /** Only what the ledger attests as it is announced. */
  #modelsOf(announced: readonly Announcement[]): ProviderView['models'] {
    const models = new Map<string, ProviderView['models'][number]>();
    for (const capability of announced.flatMap(({ capabilities }) => capabilities)) {
      if (models.size === MAX_MODELS) break;
      const { model, token, price } = capability;
      if (this.#deps.announced.isAttested(capability)) {
        models.set(`${model}/${token}/${price}`, { model, token, price });
      }
    }
    return [...models.values()];
  }
}

function classOf({ tally }: Found): number {
  return tally === undefined ? 1 : 0;
}

function byClaims(x: Found, y: Found): number {
  return (y.tally?.claims ?? 0) - (x.tally?.claims ?? 0) || x.owner - y.owner;
}

function endpointsOf(announced: readonly Announcement[]): readonly string[] {
  const all = announced.flatMap(({ endpoint, peer }) => (peer === '' ? [endpoint] : [endpoint, peer]));
  return [...new Set(all)].slice(0, MAX_ENDPOINTS);
}

function settledOf(tally: Readonly<ProviderTally> | undefined): ProviderView['settled'] {
  if (tally === undefined) return { claims: 0, channels: 0, payers: 0, earned: [] };
  const { claims, channels, payers, earned, since, last } = tally;
  return {
    claims,
    channels: channels.size,
    payers: payers.size,
    earned: [...earned].map(([token, amount]) => ({ token, amount })),
    since,
    last,
  };
}
