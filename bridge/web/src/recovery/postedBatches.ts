import { BlockNotFoundError, type Log, type PublicClient, TransactionNotFoundError } from 'viem';
import type { Field } from '../../../../protocol/types.ts';
import { committedArgs, postedBatch } from '../../../client/postedBatch.ts';
import type { PostedBatch } from '../../../client/types.ts';
import { RecoveryError, throwIfAborted } from './errors.ts';
import { l1Error } from './l1Answers.ts';
import { aheadOf } from './parallel.ts';

/** Batches asked for at the same time, two questions each. */
const AHEAD = 8;

interface Wanted {
  readonly log: Log;
  readonly number: number;
  readonly oldRoot: Field;
}

/**
 * The commits of the batches after `after` up to `last`: of several of one number the newest counts, the others were reverted.
 * @throws RecoveryError L1_HISTORY_MISSING if there is none of a number: logs that old are not kept
 */
export function chainOfCommits(
  logs: readonly Log[],
  { after, root, last }: { readonly after: number; readonly root: Field; readonly last: number },
): Wanted[] {
  const newest = new Map(logs.map((log) => [Number(committedArgs(log).number), log]));
  const wanted: Wanted[] = [];
  let oldRoot = root;
  for (let number = after + 1; number <= last; number += 1) {
    const log = newest.get(number);
    if (log === undefined) throw new RecoveryError('L1_HISTORY_MISSING', { batch: number, of: last });
    wanted.push({ log, number, oldRoot });
    oldRoot = committedArgs(log).newRoot as Field; // L1 took it, so it is canonical; the replay compares it
  }
  return wanted;
}

/** The batches of these commits, in order, read from the calldata of their transactions. @throws RecoveryError */
export async function* postedBatches(
  wanted: readonly Wanted[],
  { l1, signal }: { readonly l1: PublicClient; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<PostedBatch> {
  yield* aheadOf(wanted, AHEAD, async ({ log, number, oldRoot }) => {
    throwIfAborted(signal);
    const { transactionHash, blockHash } = log;
    if (transactionHash === null || blockHash === null) throw new RecoveryError('L1_CONTRADICTS', { batch: number });
    try {
      const [{ input, from }, { timestamp }] = await Promise.all([
        l1.getTransaction({ hash: transactionHash }),
        l1.getBlock({ blockHash }),
      ]);
      return postedBatch(log, { input, from, timestamp, oldRoot });
    } catch (error) {
      if (error instanceof TransactionNotFoundError || error instanceof BlockNotFoundError) {
        throw new RecoveryError('L1_HISTORY_MISSING', { batch: number, of: wanted.at(-1)?.number ?? number });
      }
      const { code, data, cause } = l1Error(error);
      throw new RecoveryError(code, { ...data, batch: number }, { cause });
    }
  });
}
