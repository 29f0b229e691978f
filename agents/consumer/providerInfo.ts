import { z } from 'zod';
import { hexToBytes } from '../../protocol/bytes.ts';
import { field, isCanonical } from '../../protocol/field.ts';
import { ACCOUNT_LIMIT, accountIndex } from '../../protocol/ids.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import type { Audit } from '../execution/executionDocument.ts';
import type { TensorSpec } from '../execution/tensors.ts';
import { ConsumerError } from './consumerError.ts';
import { type ExecutionTerms, executionTerms } from './executionTerms.ts';

/** What a provider says of itself (`GET /v1/info`): its word, checked for form and against itself only. */
export interface ProviderInfo {
  readonly domain: Field;
  /** The KEY account that is paid. */
  readonly provider: AccountIndex;
  readonly model: { readonly index: AccountIndex; readonly sha256: Uint8Array };
  readonly token: number;
  /** Of one answer, base units. */
  readonly price: bigint;
  readonly execution: Readonly<Record<Audit, ExecutionTerms>>;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly limits: {
    readonly inputBytes: number;
    readonly outputBytes: number;
    readonly concurrency: number;
    readonly queue: number;
  };
  readonly free: { readonly calls: number; readonly perSeconds: number };
  /** The least a channel must hold, base units. */
  readonly minimumDeposit: bigint;
  /** The least time a channel must still take vouchers, seconds. */
  readonly minimumSeconds: number;
  /** Its signed announcement, unchecked. */
  readonly announcement?: unknown;
}

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const index = count.refine((value) => value < ACCOUNT_LIMIT);
/** Below 2^96, as the ledger's amounts. */
const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,28})$/)
  .transform(BigInt)
  .refine((value) => value < 2n ** 96n);
const word = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,76})$/)
  .transform(BigInt)
  .refine(isCanonical)
  .transform(field);
const sha256 = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .transform(hexToBytes);
const spec = z.object({
  name: z.string().regex(/^[\x20-\x7e]{1,255}$/),
  type: z.enum(['float32', 'int32', 'int64', 'uint8', 'bool']),
  dimensions: z.array(count.nullable()).max(8),
});

const schema = z.object({
  domain: word,
  provider: index,
  model: z.object({ index, sha256 }),
  token: count.max(255),
  price: amount,
  execution: z.object({ public: z.string().max(4_096), private: z.string().max(4_096) }),
  inputs: z.array(spec).max(255),
  outputs: z.array(spec).max(255),
  limits: z.object({ inputBytes: count, outputBytes: count, concurrency: count, queue: count }),
  free: z.object({ calls: count, perSeconds: count }),
  minimumDeposit: amount,
  minimumSeconds: count,
  announcement: z.unknown().optional(),
});

/** @throws ConsumerError BAD_ANSWER, MODEL_CHANGED (an execution document is of another model than the info) */
export function parseProviderInfo(json: unknown): ProviderInfo {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new ConsumerError('BAD_ANSWER', `the provider's info is malformed at ${at}`, { at }, { cause: parsed.error });
  }
  const { provider, model, execution, announcement, ...rest } = parsed.data;
  const termsOf = (audit: Audit) => executionTerms(execution[audit], { audit, sha256: model.sha256 });
  return {
    ...rest,
    provider: accountIndex(provider),
    model: { index: accountIndex(model.index), sha256: model.sha256 },
    execution: { public: termsOf('public'), private: termsOf('private') },
    ...(announcement !== undefined && { announcement }),
  };
}
