import type { Clock } from '../../chain/clock.ts';
import { ConsumerError } from './consumerError.ts';
import type { AnswerRecord } from './consumerStore.ts';
import type { PaidChannel } from './paidChannel.ts';
import type { ProviderApi } from './providerApi.ts';

export interface ConversationOptions {
  readonly clock: Clock;
  /** How often a question is sent again after no answer, or a broken one. */
  readonly retries: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Taken {
  readonly answer: AnswerRecord;
  readonly input: Uint8Array;
  readonly output: Uint8Array;
  /** From the first time it was sent now to the answer. */
  readonly latencyMs: number;
}

const LOST = ['UNREACHABLE', 'TIMEOUT', 'TRUNCATED', 'BAD_ANSWER'];
const LATER = ['BUSY', 'REQUEST_PENDING', 'QUOTA', 'STOPPING'];
const MAX_PAUSE_MS = 5_000;
const PAUSE_MS = 200;

/** How long to wait before asking again, ms; undefined: asking again changes nothing. */
function pause(error: unknown): number | undefined {
  if (!(error instanceof ConsumerError)) return undefined;
  if (LOST.includes(error.code)) return PAUSE_MS;
  const { status, refusal, retryAfterSeconds } = error.details;
  if (error.code !== 'REFUSED' || typeof status !== 'number') return undefined;
  if (status < 500 && !LATER.includes(String(refusal))) return undefined;
  const asked = typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1_000 : PAUSE_MS;
  return Math.min(Math.max(asked, 0), MAX_PAUSE_MS);
}

/** Whether the provider said no for good: the question can be replaced by another. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ConsumerError && error.code === 'REFUSED' && pause(error) === undefined;
}

/**
 * Sends the open question of a channel until its answer is there: the same voucher and input again while answers get lost, then the
 * provider's book. Nothing is paid twice, whatever got lost.
 * @throws ConsumerError, ReceiptError: the last failure. The question stays open then.
 */
export async function answerOf(paid: PaidChannel, api: ProviderApi, options: ConversationOptions): Promise<Taken> {
  const question = await paid.pending();
  if (question === undefined) throw new ConsumerError('BAD_STORE', 'no open question', { channel: paid.index });
  const { clock, retries, signal } = options;
  const started = clock.nowMs();
  const timed = (taken: Omit<Taken, 'latencyMs'>): Taken => ({ ...taken, latencyMs: clock.nowMs() - started });
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { output, receipt } = await api.infer({ ...question, ...(signal !== undefined && { signal }) });
      if (receipt === undefined) throw new ConsumerError('NO_RECEIPT', 'a paid answer without a receipt');
      return timed({ answer: await paid.take({ receipt, output }), input: question.input, output });
    } catch (error) {
      const pauseMs = pause(error);
      if (pauseMs === undefined) throw error;
      if (attempt >= retries) return timed(await fromBook(paid, api, { error, input: question.input, signal }));
      await clock.sleep(pauseMs, signal);
      if (signal?.aborted) throw new ConsumerError('ABORTED', 'cancelled', {}, { cause: error });
    }
  }
}

/** What the provider's book has. @throws the failure before, unless the book shows worse */
async function fromBook(
  paid: PaidChannel,
  api: ProviderApi,
  before: { error: unknown; input: Uint8Array; signal: AbortSignal | undefined },
): Promise<Omit<Taken, 'latencyMs'>> {
  const { error, input, signal } = before;
  const report = await api
    .channel(paid.index, paid.proof(), signal === undefined ? {} : { signal })
    .catch(() => undefined);
  const { lastReceipt: receipt, lastOutput: output } = report ?? {};
  if (receipt === undefined || output === undefined) throw error;
  await paid.compare(receipt);
  if (receipt.sequence !== paid.received) throw error;
  return { answer: await paid.take({ receipt, output }), input, output };
}
