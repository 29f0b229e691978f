/** Answers bought like any consumer's, so that a provider cannot know who asks. */
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import type { Consumer } from '../consumer/consumer.ts';
import { ConsumerError } from '../consumer/consumerError.ts';
import type { Reexecutor } from '../consumer/reexecution.ts';
import { isExclusion } from '../consumer/scores.ts';

/** A provider as it announced itself; the announcement was verified. */
export interface Target {
  /** ATTEST account. */
  readonly agent: AccountIndex;
  /** KEY account. */
  readonly owner: AccountIndex;
  readonly endpoint: string;
  /** ATTEST account of the model. */
  readonly model: AccountIndex;
  readonly price: bigint;
}

export type Purchase =
  | { readonly kind: 'answered'; readonly output: Uint8Array; readonly isRepeated: boolean }
  | { readonly kind: 'unanswered'; readonly code: string }
  /** This evaluator's own trouble: its money, its store. */
  | { readonly kind: 'passed'; readonly code: string }
  | { readonly kind: 'fault'; readonly code: string };

export interface Shopper {
  buy(target: Target, input: Uint8Array, options: { runner?: Reexecutor; signal?: AbortSignal }): Promise<Purchase>;
}

/** @param maxPrice for one answer, base units: who asks for more is not available at a price that counts */
export function consumerShopper(consumer: Pick<Consumer, 'infer'>, { maxPrice }: { maxPrice: bigint }): Shopper {
  return {
    buy: async ({ endpoint, owner, model }, input, { runner, signal }) => {
      try {
        const answer = await consumer.infer(input, {
          ...{ endpoint, provider: owner, model, maxPrice, audit: 'public', check: 'always' },
          ...(runner !== undefined && { runner }),
          ...(signal !== undefined && { signal }),
        });
        return { kind: 'answered', output: answer.output, isRepeated: answer.check === 'same' };
      } catch (error) {
        signal?.throwIfAborted();
        return ofError(error);
      }
    },
  };
}

function ofError(error: unknown): Purchase {
  if (error instanceof ReceiptError) return { kind: 'fault', code: error.code };
  if (!(error instanceof ConsumerError)) return { kind: 'passed', code: codeOf(error) };
  const { code } = error;
  // Caught once, by this consumer itself.
  if (isExclusion(code) || code === 'PROVIDER_EXCLUDED') return { kind: 'fault', code };
  const isOwn = code === 'BAD_STORE' || code === 'STORE_LOCKED' || code === 'ABORTED';
  return { kind: isOwn ? 'passed' : 'unanswered', code };
}

/** What the ledger or the node refuses, and what this computer cannot run, is not the provider's doing. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}
