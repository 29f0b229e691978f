import type { BatchBody } from '../../protocol/codec/body.ts';
import type { BatchHeader } from '../../protocol/codec/header.ts';
import { FORCE_SECONDS, MAX_L1_MESSAGES } from '../../protocol/lane/constants.ts';
import type { Hex, L1Message } from '../../protocol/lane/types.ts';
import { type Segment, segmentsOf } from '../../protocol/replay.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import type { EvmData } from '../evm/evmData.ts';
import type { DataFault } from './types.ts';

/** What one block of a batch is made of. */
export interface BlockPlan {
  /** Seconds. */
  readonly timestamp: number;
  readonly ledger: Segment;
  /** Fee accounts named by its end. */
  readonly feeAccounts: readonly AccountIndex[];
  readonly l1Messages: readonly L1Message[];
  /** EIP-2718 bytes, which may be anything. */
  readonly txs: readonly Uint8Array[];
}

export interface BatchPlan {
  readonly beneficiary: Hex;
  readonly blocks: readonly BlockPlan[];
}

export interface PlanContext {
  readonly header: BatchHeader;
  readonly body: BatchBody;
  /** Seconds: of the last block before the batch. */
  readonly parentTimestamp: number;
  /** Messages not taken yet, in order: all whose L1 timestamp is at most `committedAt`, and perhaps more. */
  readonly messages: readonly L1Message[];
  /** Seconds. */
  readonly committedAt: number;
  readonly maxDriftSeconds: number;
}

const NOBODY: Hex = `0x${'00'.repeat(20)}`;
const NOTHING: Segment = { l1Ops: [], txOps: [] };

/** The blocks that the posted data say, if everything that can be judged without executing them is in order. */
export function planOf(data: EvmData, context: PlanContext): BatchPlan | DataFault {
  const { header, body, parentTimestamp, committedAt, maxDriftSeconds } = context;
  const { beneficiary, blocks } = data;
  if (BigInt(blocks.length) !== blockCount(header)) return 'number of blocks';
  if (blocks[0]?.timestampDelta !== 0) return 'delta of the first block';
  if (header.timestamp < parentTimestamp) return 'timestamp before the parent';
  const segments = segmentsOf(body, blocks);
  if (segments === undefined) return 'counts of the ledger part';
  const lanes = lanesOf(header);
  const existing = context.messages.filter(({ l1Timestamp }) => l1Timestamp <= committedAt);
  const planned: BlockPlan[] = [];
  let { timestamp } = header;
  let named = 0;
  let taken = 0;
  for (const [i, block] of blocks.entries()) {
    timestamp += block.timestampDelta;
    if (timestamp > committedAt + maxDriftSeconds) return 'timestamp in the future';
    if (block.laneCount < named || block.laneCount > lanes.length) return 'fee lanes';
    named = block.laneCount;
    const l1Messages = existing.slice(taken, taken + block.inboxCount);
    if (l1Messages.length !== block.inboxCount) return 'messages that do not exist';
    taken += block.inboxCount;
    const feeAccounts = lanes.slice(0, named);
    planned.push({ timestamp, ledger: segments[i] ?? NOTHING, feeAccounts, l1Messages, txs: block.txs });
  }
  if (named !== lanes.length) return 'fee lanes';
  if (forced(context).length > taken) return 'messages left out';
  return { beneficiary, blocks: planned };
}

/** What stands in for data that are not valid. */
export function fallbackPlan(context: PlanContext): BatchPlan {
  const { header, body, parentTimestamp } = context;
  const timestamp = Math.max(header.timestamp, parentTimestamp);
  const messages = forced(context);
  const lanes = lanesOf(header);
  const last = Number(blockCount(header)) - 1;
  const blocks = Array.from({ length: last + 1 }, (_, i): BlockPlan => {
    const l1Messages = messages.slice(i * MAX_L1_MESSAGES, (i + 1) * MAX_L1_MESSAGES);
    const ledger = i === last ? body : NOTHING;
    return { timestamp, ledger, feeAccounts: i === last ? lanes : [], l1Messages, txs: [] };
  });
  return { beneficiary: NOBODY, blocks };
}

/** Messages that must be taken by the end of the batch. L1's clock never goes back: they come before all others. */
function forced({ header, messages, committedAt }: PlanContext): readonly L1Message[] {
  const latest = Math.min(header.timestamp - FORCE_SECONDS, committedAt);
  return messages.filter(({ l1Timestamp }) => l1Timestamp <= latest);
}

/** The contract on L1 lets a batch have 1 … 65,536 blocks. */
function blockCount({ firstBlock, lastBlock }: BatchHeader): bigint {
  return lastBlock - firstBlock + 1n;
}

/** The header's fee accounts up to the last one named; a sequencer leaves no gap, but a header with one can be proven. */
function lanesOf({ feeAccounts }: BatchHeader): readonly AccountIndex[] {
  return feeAccounts.slice(0, feeAccounts.findLastIndex((index) => index !== 0) + 1);
}
