import { ProviderError } from './providerError.ts';

/** When a channel is claimed: whichever comes first. */
export interface ClaimPolicy {
  /** Unclaimed value, base units. */
  readonly value: bigint;
  /** Age of the oldest unclaimed receipt. */
  readonly ageSeconds: number;
  /** Time that is left until the claim would be refused (expiry + GRACE). */
  readonly marginSeconds: number;
  /** The least that a claim must bring after its fee and the model's royalty, base units. */
  readonly minimumGain: bigint;
}

export interface FreeCalls {
  /** Of one address in `perSeconds`; 0: none. */
  readonly calls: number;
  readonly perSeconds: number;
  /** Addresses that are counted at a time; what comes from others is refused. */
  readonly addresses: number;
}

export interface ProviderLimits {
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Requests that run at a time; as many as the runner has workers. */
  readonly concurrency: number;
  /** Requests that wait for one of them. */
  readonly queue: number;
  /** Longest run; then the request fails with RUN_TIMEOUT. */
  readonly runMs: number;
  readonly headerBytes: number;
  /** For headers, and for a whole request, to arrive. */
  readonly headersMs: number;
  readonly requestMs: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Bytes of inputs that are being received or worked on, all together: whoever comes then is told to come again. */
  readonly bodyBytes: number;
  /** Channels whose books are kept in memory while nothing happens on them. */
  readonly idleChannels: number;
  /** Channels that are looked up on the ledger at a time. */
  readonly lookups: number;
  /** What one address may have in a minute: samples, and channels that are not in memory. */
  readonly samplesPerMinute: number;
  readonly lookupsPerMinute: number;
  /** Inputs and outputs of public requests on disk; then public requests are refused. */
  readonly shownBytes: number;
}

/** What others are told, and where they reach this provider. */
export interface AnnouncementOptions {
  /** ATTEST account of subtype 4, owned by the provider's account. */
  readonly agent: number;
  readonly name: string;
  /** ATTEST account of the service it works for. Default: the agent's parent on the ledger. */
  readonly service?: number | undefined;
  readonly endpoint: string;
  /** Multiaddress, or ''. */
  readonly peer: string;
  /** How long an announcement lasts; it is renewed when half of that is over. At most 7 days. */
  readonly lifetimeSeconds: number;
}

export interface ProviderOptions {
  /** ATTEST account of the model. */
  readonly model: number;
  /** KEY account to be paid at. Default: the key's first account of the model's token. */
  readonly provider?: number | undefined;
  /** Of one inference, base units of the token. */
  readonly price: bigint;
  readonly listen: { readonly host: string /** 0: any free port. */; readonly port: number };
  /** Addresses are those that a proxy in front says. */
  readonly trustProxy: boolean;
  /** The least deposit a channel must have when its first voucher comes, base units. */
  readonly minimumDeposit: bigint;
  /** The least time it must still take vouchers. */
  readonly minimumSeconds: number;
  /** How long inputs and outputs of public requests are kept, and receipts of channels that are over. */
  readonly retentionSeconds: number;
  readonly limits: ProviderLimits;
  readonly free: FreeCalls;
  readonly claim: ClaimPolicy;
  /** Pause between looks at clock, claims and what can be forgotten. */
  readonly pollMs: number;
  /** Claim everything that is worth its fee when stopped. */
  readonly claimOnStop: boolean;
  readonly announcement?: AnnouncementOptions | undefined;
}

const MIB = 1_048_576;
const DAY_SECONDS = 86_400;

export const DEFAULT_LIMITS: ProviderLimits = {
  inputBytes: MIB,
  outputBytes: MIB,
  concurrency: 1,
  queue: 64,
  runMs: 30_000,
  headerBytes: 8_192,
  headersMs: 5_000,
  requestMs: 15_000,
  connections: 1_024,
  connectionsPerAddress: 256,
  bodyBytes: 64 * MIB,
  idleChannels: 4_096,
  lookups: 16,
  samplesPerMinute: 240,
  lookupsPerMinute: 240,
  shownBytes: 4_096 * MIB,
};

export const NO_FREE_CALLS: FreeCalls = { calls: 0, perSeconds: 3_600, addresses: 10_000 };

export const DEFAULT_CLAIM: ClaimPolicy = {
  value: 10n ** 16n,
  ageSeconds: DAY_SECONDS,
  marginSeconds: DAY_SECONDS / 2,
  minimumGain: 1n,
};

type Given = Pick<ProviderOptions, 'model' | 'price'> &
  Partial<Omit<ProviderOptions, 'limits' | 'free' | 'claim'>> & {
    readonly limits?: Partial<ProviderLimits>;
    readonly free?: Partial<FreeCalls>;
    readonly claim?: Partial<ClaimPolicy>;
  };

/** Fills in what is not given. @throws ProviderError BAD_OPTIONS */
export function providerOptions(given: Given): ProviderOptions {
  const options: ProviderOptions = {
    listen: { host: '127.0.0.1', port: 0 },
    trustProxy: false,
    minimumDeposit: given.price > 0n ? given.price : 1n,
    minimumSeconds: 60,
    retentionSeconds: 7 * DAY_SECONDS,
    pollMs: 5_000,
    claimOnStop: false,
    ...given,
    limits: { ...DEFAULT_LIMITS, ...given.limits },
    free: { ...NO_FREE_CALLS, ...given.free },
    claim: { ...DEFAULT_CLAIM, ...given.claim },
  };
  const { limits, claim, announcement } = options;
  const isBad =
    options.price < 0n ||
    limits.concurrency < 1 ||
    limits.queue < 0 ||
    claim.minimumGain < 1n ||
    claim.marginSeconds >= DAY_SECONDS + options.minimumSeconds;
  if (isBad) throw new ProviderError('BAD_OPTIONS', 'price, concurrency, queue or claims are out of range');
  if (announcement !== undefined && announcement.lifetimeSeconds > 7 * DAY_SECONDS) {
    throw new ProviderError('BAD_OPTIONS', 'an announcement lasts seven days at most');
  }
  return options;
}
