import type { Hex } from 'viem';
import { answerHash } from '../../sdk/oracle/commitment.ts';
import type { SignedAnswer, Task } from './answerTask.ts';
import type { OraclePort } from './oraclePort.ts';

/**
 * What an answer that is signed needs next. show: it may be shown. commit: a transaction with its commitment, which is its first, or makes a
 * block. wait: nothing before `until` (seconds). late: nobody can commit to it in time any more.
 */
export type CommitmentStep =
  | { readonly kind: 'show' | 'late' }
  | { readonly kind: 'commit'; readonly receiptHash: Hex }
  | { readonly kind: 'wait'; readonly until: number };

/** Commitments that are sent at most, and as many more to make a block. */
const MAX_COMMITS = 3;
const MAX_SENT = 2 * MAX_COMMITS;
/** A lane without traffic makes no block: one is asked for, and after a while another one. */
const BLOCK_SECONDS = 2;

export interface CommitmentView {
  readonly oracle: Pick<OraclePort, 'committedAt' | 'outcome' | 'head'>;
  /** Seconds; not before the newest block's. */
  readonly now: number;
  /** Of the newest block, seconds. */
  readonly newest: number;
  readonly marginSeconds: number;
  readonly showAfter: 'latest' | 'safe';
}

/**
 * An answer leaves only when a block says that it is time: no block after it has an earlier time, so whoever reads the answer is too late to
 * commit to it. A clock says nothing: the next block may have any time from the newest one's on. @throws errors of the node
 */
export async function commitmentStep(
  task: Task & { readonly signed: SignedAnswer },
  { oracle, now, newest, marginSeconds, showAfter }: CommitmentView,
): Promise<CommitmentStep> {
  const { revealFrom, committed, commits } = task;
  if (revealFrom === 0) return { kind: 'show' };
  const receiptHash = answerHash(task.signed.receipt);
  const time = await oracle.committedAt(receiptHash);
  const isUnderWay = async (): Promise<boolean> => {
    const outcome = committed === undefined ? 'unknown' : await oracle.outcome(committed);
    // Included after the contract was asked: the next look sees it.
    return outcome === 'pending' || (time === undefined && outcome === 'included');
  };
  if (time === undefined) {
    if (newest >= revealFrom) return { kind: 'late' };
    if (await isUnderWay()) return { kind: 'wait', until: now };
    return now + marginSeconds >= revealFrom || commits >= MAX_COMMITS
      ? { kind: 'late' }
      : { kind: 'commit', receiptHash };
  }
  if (time >= revealFrom) return { kind: 'late' };
  if (now < revealFrom) return { kind: 'wait', until: revealFrom };
  if (newest >= revealFrom) {
    const isTime = showAfter === 'latest' || (await oracle.head(showAfter)).timestamp >= revealFrom;
    return isTime ? { kind: 'show' } : { kind: 'wait', until: now };
  }
  if (commits >= MAX_SENT || now < revealFrom + BLOCK_SECONDS * (commits - 1)) return { kind: 'wait', until: now };
  return (await isUnderWay()) ? { kind: 'wait', until: now } : { kind: 'commit', receiptHash };
}
