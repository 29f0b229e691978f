import type { Clock } from '../../chain/clock.ts';
import type { Db } from '../../chain/db.ts';
import type { Logger } from '../../chain/logger.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import type { Audit } from '../execution/executionDocument.ts';
import type { TensorSpec } from '../execution/tensors.ts';
import type { ChannelPoolOptions } from './channelPool.ts';
import type { Offering, WantedModel } from './offering.ts';
import type { ProviderApiOptions } from './providerApi.ts';
import type { ProviderTransport } from './providerTransport.ts';
import type { Reexecutor } from './reexecution.ts';

export interface ConsumerOptions extends Omit<ChannelPoolOptions, 'payer'>, ProviderApiOptions {
  /** Token id of the account that pays; default 0. */
  readonly token?: number;
  /** The account that pays; default: the key's first one of the token. */
  readonly from?: number;
  /** Which part of the answers is run again where the model is at hand, 0 … 1; a provider's first answer always. Default 0.05. */
  readonly checkShare?: number;
  /** See `rank`. Default 0.1. */
  readonly explore?: number;
  /** Providers paid for one answer until one gives it; each could keep the price of one. Default 3. */
  readonly maxAttempts?: number;
  /** How often a question is sent again after no answer. Default 2. */
  readonly retries?: number;
}

export interface ConsumerDependencies {
  readonly client: LedgerClient;
  readonly account: LedgerAccount;
  /** A folder, or an open database: one process at a time. */
  readonly store: string | Db;
  /** Who says to serve a model; announcements must have been verified. Default: what the node lists, verified (agents/discovery). */
  readonly discover?: (wanted: WantedModel & { readonly token: number }) => Promise<readonly Offering[]>;
  /** Carries calls to an endpoint otherwise than by HTTP; undefined: by HTTP. */
  readonly transport?: (endpoint: string) => ProviderTransport | undefined;
  /** In [0, 1): which answers are checked and which strangers are tried. Default Math.random. */
  readonly random?: () => number;
  readonly clock?: Clock;
  readonly log?: Logger;
}

export interface InferOptions extends WantedModel {
  /** For one answer, base units. */
  readonly maxPrice: bigint;
  /** Whether the provider may show input and output to whoever checks it. Default `private`. */
  readonly audit?: Audit;
  /** The provider's address; default: whoever `discover` finds, best first. */
  readonly endpoint?: string;
  /** With `endpoint`: the account that must be paid there. Default: whoever the address says. */
  readonly provider?: number;
  /** Runs the model here, to check answers. */
  readonly runner?: Reexecutor;
  /** `always`: every answer is run again. Default `sample`. */
  readonly check?: 'always' | 'sample';
  readonly signal?: AbortSignal;
}

/** A model's tensors as bytes, or what makes them once the model's inputs are known. */
export type ModelInput = Uint8Array | ((inputs: readonly TensorSpec[]) => Uint8Array);

export interface Answer {
  readonly output: Uint8Array;
  readonly receipt: SignedReceipt;
  readonly provider: number;
  readonly endpoint: string;
  readonly channel: number;
  readonly price: bigint;
  /** What the channel can still pay, base units. */
  readonly left: bigint;
  readonly check: 'same' | 'unchecked';
  readonly latencyMs: number;
  /** Of those who were asked before, in order. */
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly endpoint: string;
  readonly code: string;
  readonly message: string;
}
