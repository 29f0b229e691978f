/** What the engram_* JSON-RPC tells of the AI market; conventions as in rpcTypes.ts, lists as in explorerTypes.ts. */
import type { Page, PageOptions } from './explorerTypes.ts';
import type { ArtefactKind, AttestationView, Hex, Origin } from './rpcTypes.ts';

export interface AttestationFilter extends PageOptions {
  readonly kind?: ArtefactKind;
  readonly owner?: number;
}

/** An attested artefact with what is known of its use. */
export interface ListedAttestation extends Omit<AttestationView, 'created'> {
  /** Absent: it is older than the snapshot that this node began with. */
  readonly created?: Origin;
  /** Attestations that name it as their parent. */
  readonly children: number;
  /** Channels that name it as their model, and what they paid by settled claims. */
  readonly channels: number;
  readonly settled: { readonly claims: number; readonly paid: bigint; readonly royalties: bigint };
}

/** A provider, by what it announced and by what the ledger settled for it. */
export interface ProviderView {
  /** ATTEST account of the agent; absent: it has claims, but announced nothing that is still valid. */
  readonly agent?: number;
  /** KEY account that is paid. */
  readonly owner: number;
  readonly name?: string;
  readonly endpoints: readonly string[];
  /** The service it takes part in; absent: none. */
  readonly service?: number;
  /** Seconds. */
  readonly announcedUntil?: number;
  readonly models: readonly {
    readonly model: number;
    readonly token: number;
    /** Base units an inference. */
    readonly price: bigint;
  }[];
  /** By settled claims of channels that name `owner` as provider. */
  readonly settled: {
    readonly claims: number;
    readonly channels: number;
    readonly payers: number;
    readonly earned: readonly { readonly token: number; readonly amount: bigint }[];
    /** Seconds: of the first and the last claim. */
    readonly since?: number;
    readonly last?: number;
  };
  /** Hours of the last `of` in which it settled receipts, newest last, and their share; the ledger's own record, nobody's word. */
  readonly uptime: { readonly hours: readonly boolean[]; readonly active: number; readonly of: number };
  /** From the last epoch of its service that is over: incentive as a share of 1, and its rank among that epoch's providers. */
  readonly score?: {
    readonly epoch: number;
    readonly incentive: number;
    readonly rank: number;
    readonly among: number;
  };
}

export type EpochState = 'open' | 'unpaid' | 'waiting' | 'paid' | 'wrong';

export interface ServiceView {
  /** ATTEST account. */
  readonly service: number;
  /** KEY account of the keeper. */
  readonly keeper: number;
  readonly token: number;
  /** What its pool holds. */
  readonly pool: bigint;
  /** SHA-256 of its document. */
  readonly document?: Hex;
  /** From the document; absent while this node does not have it. */
  readonly terms?: {
    readonly name: string;
    readonly startsAt: number;
    readonly epochSeconds: number;
    /** Base units an epoch at most. */
    readonly reward: bigint;
    /** Not from the document, which names none: what its announced agents serve. */
    readonly models: readonly number[];
  };
  /** −1: none has begun. */
  readonly currentEpoch?: number;
}

export interface EpochSummary {
  readonly epoch: number;
  /** Seconds. */
  readonly from: number;
  readonly to: number;
  readonly state: EpochState;
  readonly due: bigint;
  readonly paid: bigint;
  readonly providers: number;
  readonly evaluators: number;
}

export interface EpochView extends EpochSummary {
  readonly service: number;
  readonly token: number;
  /** Hash of the result that everybody computes alike; absent while it is open. */
  readonly resultHash?: Hex;
  /**
   * Providers by what they are due for it, most first. Shares are of 1: consensus is the most that enough stake gives, rank what the stake
   * gives within consensus, incentive the part of all ranks.
   */
  readonly earners: readonly {
    readonly account: number;
    readonly agent: number;
    readonly consensus: number;
    readonly rank: number;
    readonly incentive: number;
    readonly due: bigint;
    readonly paid: bigint;
  }[];
  readonly judges: readonly {
    readonly account: number;
    readonly stake: bigint;
    readonly hasRevealed: boolean;
    /** Why its scores did not count. */
    readonly ignored?: string;
    /** Its weights, as they count: share of 1 by provider's account. */
    readonly weights: readonly { readonly provider: number; readonly weight: number }[];
    /** Of them, what more than κ of the stake did not support. */
    readonly clipped: readonly { readonly provider: number; readonly weight: number }[];
    /** How many weights there are beyond the 200 largest, which are those listed; absent: none. */
    readonly more?: number;
    readonly dividend: number;
    readonly due: bigint;
    readonly paid: bigint;
  }[];
}

export interface MarketMethods {
  engram_getAttestations: { params: readonly [filter?: AttestationFilter]; result: Page<ListedAttestation> };
  /** Announced providers and those with settled claims, of a model or a service if given; at most 200. */
  engram_getProviders: {
    params: readonly [filter?: { readonly model?: number; readonly service?: number }];
    result: readonly ProviderView[];
  };
  engram_getServices: { params: readonly []; result: readonly ServiceView[] };
  /** Newest first. UNKNOWN_DOCUMENT: nobody gave this node the service's document. */
  engram_getEpochs: {
    params: readonly [service: number, options?: { readonly limit?: number }];
    result: readonly EpochSummary[];
  };
  /** null: no such epoch, or forgotten. */
  engram_getEpoch: { params: readonly [service: number, epoch: number]; result: EpochView | null };
  /** Gives the node a service's document (its canonical text), which must be the one that the service's account commits to; it is kept. */
  engram_publishService: {
    params: readonly [service: number, document: string];
    result: { readonly service: number };
  };
}
