/** Receipts of settled claims, drawn so that a provider cannot know which, fetched, verified and run again. */
import { bigintToBytes } from '../../protocol/bytes.ts';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import { receiptHash } from '../../protocol/receipts/receipt.ts';
import { verifyReceiptProof } from '../../protocol/receipts/receiptTree.ts';
import type { SettledClaim } from '../../protocol/receipts/settledClaims.ts';
import { verifyReceipt } from '../../protocol/receipts/verifyReceipt.ts';
import type { AccountIndex, Field, Point } from '../../protocol/types.ts';
import { ConsumerError } from '../consumer/consumerError.ts';
import type { Sample } from '../consumer/providerAnswers.ts';
import type { ProviderApi } from '../consumer/providerApi.ts';
import { type Reexecutor, runAgain } from '../consumer/reexecution.ts';
import { ExecutionError } from '../execution/executionError.ts';
import type { Finding } from './judging.ts';

export interface SampledClaim {
  readonly claim: Pick<SettledClaim, 'channel' | 'provider' | 'total' | 'receiptsRoot'>;
  readonly terms: { readonly provider: AccountIndex; readonly model: AccountIndex };
  readonly providerKey: Point;
  /** What a receipt costs by what the provider announces, base units. */
  readonly price: bigint;
}

export interface SamplingOptions {
  readonly domain: Field;
  /** The salt of the commitment: unknown to the provider until the reveal, and whoever wants can repeat the draw after it. */
  readonly salt: Field;
  /** Receipts asked of one claim. */
  readonly count: number;
  readonly signal?: AbortSignal | undefined;
}

export interface SamplingDeps {
  readonly api: Pick<ProviderApi, 'sample'>;
  /** The model as this evaluator has it. */
  readonly runner: Reexecutor;
}

/** `keccak256(salt ‖ receiptsRoot ‖ i)` modulo the number of receipts; 32, 32 and 4 bytes. */
export function drawnPosition(salt: Field, receiptsRoot: Field, i: number, size: number): number {
  const bytes = new Uint8Array(68);
  bytes.set(bigintToBytes(salt, 32), 0);
  bytes.set(bigintToBytes(receiptsRoot, 32), 32);
  bytes.set(bigintToBytes(BigInt(i), 4), 64);
  return Number(keccak256(bytes) % BigInt(size));
}

/** Receipts are found by their number, and a root says nothing of how many it is over: what total and price suggest, and one less, */
function sizesOf({ claim, price }: SampledClaim): number[] {
  if (price === 0n) return [];
  const most = claim.total / price;
  // a voucher for the next answer pays for one more than its root is over; a closing one does not
  return [most, most - 1n].filter((size) => size > 0n && size < 2n ** 32n).map(Number);
}

/**
 * Looks at a few receipts of a claim. A receipt that the provider does not show is passed over: it may be private. Nothing is found where
 * the number of receipts cannot be told (the price changed).
 */
export async function sampleClaim(
  sampled: SampledClaim,
  options: SamplingOptions,
  deps: SamplingDeps,
): Promise<Finding[]> {
  for (const size of sizesOf(sampled)) {
    const findings: Finding[] = [];
    let isSize = false;
    for (let i = 0; i < options.count; i += 1) {
      const position = drawnPosition(options.salt, sampled.claim.receiptsRoot, i, size);
      const sample = await fetchSample(sampled, position, size, { options, deps });
      if ('kind' in sample) {
        findings.push(sample);
        // Who lets one wait lets all wait: no more time is lost here.
        if (sample.kind === 'unanswered') return findings;
        continue;
      }
      if (!verifyReceiptProof(sampled.claim.receiptsRoot, receiptHash(sample.receipt), sample.proof)) {
        // As likely as not another number of receipts; only under the right one it is a fault.
        if (!isSize) break;
        findings.push({ kind: 'fault', code: 'RECEIPT_NOT_INCLUDED' });
        continue;
      }
      isSize = true;
      findings.push(await judgeSample(sampled, sample, { options, deps }));
    }
    if (isSize) return findings;
  }
  return [];
}

interface Context {
  readonly options: SamplingOptions;
  readonly deps: SamplingDeps;
}

async function fetchSample(
  { claim }: SampledClaim,
  position: number,
  size: number,
  { options, deps }: Context,
): Promise<Sample | Finding> {
  try {
    return await deps.api.sample(claim.channel, position, size, options.signal);
  } catch (error) {
    if (!(error instanceof ConsumerError) || error.code === 'ABORTED') throw error;
    if (error.code !== 'REFUSED') return { kind: 'unanswered' };
    // Not shown: private, or no longer kept. Busy: asked too much.
    return { kind: 'passed' };
  }
}

async function judgeSample(sampled: SampledClaim, sample: Sample, { options, deps }: Context): Promise<Finding> {
  const { claim, terms, providerKey } = sampled;
  const { receipt, proof } = sample;
  const verdict = verifyReceipt({ receipt, proof, claim, terms, providerKey }, options.domain);
  if (!verdict.isValid) return { kind: 'fault', code: verdict.code };
  // Run otherwise than can be repeated here, or said to be private: nothing to hold the bytes against.
  if (receipt.execution !== deps.runner.execution('public').word) return { kind: 'passed' };
  return repeat(sample, { options, deps });
}

/** Consumer and provider together choose what stands under a root: an input must not be able to stop whoever looks at it. */
async function repeat({ input, output }: Sample, { options, deps }: Context): Promise<Finding> {
  const { signal } = options;
  try {
    const { isSame } = await runAgain(deps.runner, { input, output, signal });
    return isSame ? { kind: 'answered', isRepeated: true } : { kind: 'fault', code: 'OUTPUT_MISMATCH' };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ExecutionError)) throw error;
    // The model gives no output for these bytes, so whoever signed one made it up. Any other failure may be this computer's.
    return error.code === 'BAD_TENSOR' ? { kind: 'fault', code: 'BAD_TENSOR' } : { kind: 'passed' };
  }
}
