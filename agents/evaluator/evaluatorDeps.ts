import type { Db } from '../../chain/db.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ServiceLedgerOptions } from '../../protocol/epochs/serviceLedger.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import type { ProviderApi } from '../consumer/providerApi.ts';
import type { Reexecutor } from '../consumer/reexecution.ts';
import type { ChainPort } from './chainPort.ts';
import type { LedgerSource } from './ledgerSource.ts';
import type { Shopper, Target } from './shopping.ts';

export interface EvaluatorOptions extends ServiceLedgerOptions {
  /** KEY account that stakes and signs scores. */
  readonly account: AccountIndex;
  /** Labels of the task; absent for a task without. */
  readonly classes?: number;
  /** Answers bought of each provider in an epoch. Default 10. */
  readonly purchases?: number;
  /** Answers bought of each provider in one step, so that they spread over the epoch. Default 1. */
  readonly purchasesAStep?: number;
  /** Receipts asked of a claim. Default 3. */
  readonly samples?: number;
  /** Claims looked at in one step. Default 16. */
  readonly claimsAStep?: number;
  /** How long before the reveals begin the commitment leaves, seconds. Default a quarter of the time for commitments, at most 60. */
  readonly commitMarginSeconds?: number;
}

/** A question whose answer is known. */
export interface Question {
  readonly input: Uint8Array;
  readonly label: number;
}

export interface EvaluatorDeps {
  readonly chain: ChainPort;
  readonly source: LedgerSource;
  readonly db: Db;
  readonly shopper: Shopper;
  /** Providers that announced themselves for the service; verified. */
  readonly targets: (signal?: AbortSignal) => Promise<readonly Target[]>;
  readonly api: (endpoint: string) => Pick<ProviderApi, 'sample'>;
  /** The model of an attestation, to run it again; undefined if this evaluator does not have the file. */
  readonly runner: (model: AccountIndex) => Reexecutor | undefined;
  /** Questions that nobody has seen, others for each agent: `number` counts those it was asked in the epoch. */
  readonly question: (salt: Field, number: number, agent: AccountIndex) => Question | undefined;
  /** What an output says; undefined if it is no answer to the task. */
  readonly labelOf: (output: Uint8Array) => number | undefined;
  /** Below 2^248, from a good source: who can guess it knows what is sampled, and the scores before they are revealed. */
  readonly random: () => Field;
  readonly log?: Logger;
}

const DEFAULTS = { purchases: 10, purchasesAStep: 1, samples: 3, claimsAStep: 16 } as const;

export type CompleteOptions = EvaluatorOptions & Required<Pick<EvaluatorOptions, keyof typeof DEFAULTS>>;

export function withDefaults(options: EvaluatorOptions): CompleteOptions {
  return { ...DEFAULTS, ...options };
}
