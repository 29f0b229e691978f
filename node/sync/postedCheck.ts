import type { PostedBatch } from '../../bridge/client/types.ts';
import { planOf } from '../../chain/derive/plan.ts';
import type { DerivableBatch } from '../../chain/derive/types.ts';
import { EvmError } from '../../chain/evm/errors.ts';
import { decodeEvmData } from '../../chain/evm/evmData.ts';
import type { ChainStore } from '../../chain/store.ts';
import { decodeBody } from '../../protocol/codec/body.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import { sameMessages } from './sameL1.ts';

/** What this node has of a closed batch, as far as it can be compared with L1. */
export interface OwnBatch {
  readonly isSameAsPosted: boolean;
  /** Its blocks are those of the posted data; false: it was derived from data that do not count. */
  readonly isAsPosted: boolean;
}

/** undefined: the node has no such batch. */
export async function ownBatch(posted: PostedBatch, store: ChainStore): Promise<OwnBatch | undefined> {
  const { number, header, stored } = posted;
  const [closed, summary, evm] = await Promise.all([
    store.batch(number),
    store.summary(number),
    store.evmBatch(number),
  ]);
  if (summary === undefined || evm === undefined) return undefined;
  const isAsPosted = evm.commitment === header.evmCommitment;
  // The base of a snapshot has no closed batch: its roots were compared with L1 when it was taken in.
  if (closed === undefined) return { isSameAsPosted: summary.newRoot === header.newRoot && isAsPosted, isAsPosted };
  const { c, r, y } = closed.commitment;
  // L1 computes r and y from the bytes that were posted; c is only what the committer says.
  return { isSameAsPosted: c === stored.c && r === stored.r && y === stored.y, isAsPosted };
}

/**
 * Whether the data a batch of ours was posted with count, by the rules of derivation: our blocks may name messages that L1 does not have
 * (any more), leave some behind, or be posted too early. The transactions in them need no second look: they were executed.
 */
export async function postedDataCount(
  posted: DerivableBatch,
  context: {
    readonly messages: readonly L1Message[];
    readonly maxDriftSeconds: number;
    readonly store: Pick<ChainStore, 'header' | 'evmBlock'>;
  },
): Promise<boolean> {
  const { header, committedAt } = posted;
  const { messages, maxDriftSeconds, store } = context;
  const parent = await store.header(header.firstBlock - 1n);
  if (parent === undefined) return true;
  const body = decodeBody(posted.body, header);
  const parentTimestamp = Number(parent.timestamp);
  try {
    const data = await decodeEvmData(posted.evmData);
    const plan = planOf(data, { header, body, parentTimestamp, messages, committedAt, maxDriftSeconds });
    if (typeof plan === 'string') return false;
    for (const [i, { l1Messages }] of plan.blocks.entries()) {
      const own = await store.evmBlock(header.firstBlock + BigInt(i));
      const ours = own?.messages.filter((message): message is L1Message => message.kind !== 'fromLedger') ?? [];
      if (!sameMessages(ours, l1Messages)) return false;
    }
    return true;
  } catch (error) {
    if (error instanceof EvmError && error.code === 'BAD_EVM_DATA') return false;
    throw error;
  }
}
