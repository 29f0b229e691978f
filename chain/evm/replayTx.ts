import type { Block, BlockHeader } from '@ethereumjs/block';
import type { TypedTransaction } from '@ethereumjs/tx';
import type { VM } from '@ethereumjs/vm';
import { SYSTEM_SENDER } from '../../protocol/lane/addresses.ts';
import type { Field } from '../../protocol/types.ts';
import { BlockRun, type BlockRunDeps } from './blockRun.ts';
import type { EngramCommon } from './common.ts';
import { bytesHex } from './crypto.ts';
import { decodeEvmTx, decodeSystemTx } from './decodeTx.ts';
import { EvmError } from './errors.ts';
import { withSender } from './sender.ts';
import type { EvmBlockRecord, EvmTx } from './types.ts';

/** A transaction about to be run again on the state before it. */
export interface ReplayedTx {
  readonly vm: VM;
  readonly block: Block;
  /** The transaction at `upTo`, ready for `runTx`; absent behind the last one. */
  readonly tx: TypedTransaction | undefined;
  /** Gas the block's transactions before it have used. */
  readonly gasUsed: bigint;
}

/**
 * Runs a stored block on its parent's state, up to but without transaction `upTo` (system transactions count).
 * @param deps a machine on a copy of the parent's state
 * @throws EvmError STATE_MISSING; BAD_INPUT for a record that is no block of this chain
 */
export async function replayTx(
  { parent, record, upTo }: { parent: BlockHeader; record: EvmBlockRecord; upTo: number },
  deps: BlockRunDeps,
): Promise<ReplayedTx> {
  const { header, messages, mirror, systemTxs } = record;
  const { common, vm } = deps;
  const run = new BlockRun(
    {
      parent,
      timestamp: Number(header.timestamp),
      beneficiary: bytesHex(header.coinbase.bytes),
      ledgerRoot: BigInt(bytesHex(header.extraData)) as Field, // a header of ours: it was one
      ledgerHash: bytesHex(header.parentBeaconBlockRoot ?? new Uint8Array(32)),
      mirror,
      messages,
    },
    deps,
  );
  await run.begin();
  for (const message of messages.slice(0, upTo)) await run.runSystem(message);
  for (let i = systemTxs; i < upTo; i++) await run.runUser(storedTx(record, i, common));
  const next = messages[upTo];
  if (next !== undefined) await run.fundSystem(next);
  const last = upTo < record.txs.length ? storedTx(record, upTo, common) : undefined;
  const tx = last && withSender(last.tx, last.sender);
  return { vm, block: run.block, tx, gasUsed: run.gasUsed };
}

/** Transaction `position` of a stored block. @throws EvmError BAD_INPUT */
export function storedTx(record: EvmBlockRecord, position: number, common: EngramCommon): EvmTx {
  const raw = record.txs[position];
  const receipt = record.receipts[position];
  if (raw === undefined || receipt === undefined) throw new EvmError('BAD_INPUT', { position });
  const isSystem = position < record.systemTxs;
  const tx = isSystem ? decodeSystemTx(raw, common) : decodeEvmTx(raw, common);
  return { hash: receipt.txHash, sender: isSystem ? SYSTEM_SENDER : receipt.from, raw, tx };
}
