import type { Block } from '@ethereumjs/block';
import type { EVM } from '@ethereumjs/evm';
import type { TypedTransaction } from '@ethereumjs/tx';
import type { Address } from '@ethereumjs/util';
import type { GasNeeded } from '../intrinsicGas.ts';
import type { RawLog } from '../receipts.ts';
import { EMPTY_ACCOUNT, type LaneState } from '../state/laneState.ts';
import { textOf } from '../state/stateStore.ts';
import type { FastJournal } from './fastJournal.ts';

export interface MessageRun {
  readonly tx: TypedTransaction;
  readonly sender: Address;
  readonly block: Block;
  readonly needed: GasNeeded;
  /** Wei for a unit of gas: what the sender pays, and the beneficiary's part of it. */
  readonly price: bigint;
  readonly tip: bigint;
}

export interface MessageResult {
  readonly gasUsed: bigint;
  readonly status: 0 | 1;
  readonly logs: readonly RawLog[];
}

/** At most a fifth of the gas comes back (EIP-3529). */
const REFUND_QUOTIENT = 5n;

/**
 * What `runTx` does with a transaction that was checked and has no authorizations: fees, one message, refund, tip, destroyed and empty
 * accounts. An exception that is no EVM error goes through; taking back what was done is then up to the caller.
 */
export async function runMessage(
  { tx, sender, block, needed, price, tip }: MessageRun,
  { evm, state }: { evm: EVM; state: LaneState },
): Promise<MessageResult> {
  const journal = evm.journal as unknown as FastJournal; // `accelerate` put it there
  journal.cleanJournal();
  journal.begin();
  const coinbase = block.header.coinbase.bytes;
  if ('accessList' in tx) {
    for (const [address, slots] of tx.accessList) {
      journal.addWarmedAddress(address);
      for (const slot of slots) journal.addWarmedStorage(address, slot);
    }
  }
  journal.addWarmedAddress(sender.bytes);
  if (tx.to !== undefined) journal.addWarmedAddress(tx.to.bytes);
  journal.addWarmedAddress(coinbase);

  const senderKey = textOf(sender.bytes);
  const before = (await state.record(sender.bytes)) ?? EMPTY_ACCOUNT;
  journal.touch(senderKey);
  state.setRecord(senderKey, {
    ...before,
    nonce: before.nonce + 1n,
    balance: before.balance - tx.gasLimit * price,
  });
  const { execResult } = await evm.runCall({
    block,
    gasPrice: price,
    caller: sender,
    gasLimit: tx.gasLimit - needed.intrinsic,
    ...(tx.to && { to: tx.to }),
    value: tx.value,
    data: tx.data,
    skipNonceIncrement: true,
  });
  const spent = execResult.executionGasUsed + needed.intrinsic;
  const refund = execResult.gasRefund ?? 0n;
  const most = spent / REFUND_QUOTIENT;
  const paid = spent - (refund < most ? refund : most);
  const gasUsed = paid < needed.floor ? needed.floor : paid;
  await credit(state, journal, sender.bytes, (tx.gasLimit - gasUsed) * price);
  await credit(state, journal, coinbase, gasUsed * tip);
  for (const destroyed of execResult.selfdestruct?.keys() ?? []) {
    // EIP-6780: only what this transaction created
    if (execResult.createdAddresses?.has(destroyed)) await remove(state, Buffer.from(destroyed.slice(2), 'hex'));
  }
  await journal.cleanup();
  state.originalStorageCache.clear();
  state.keep();
  return { gasUsed, status: execResult.exceptionError === undefined ? 1 : 0, logs: execResult.logs ?? [] };
}

async function credit(state: LaneState, journal: FastJournal, address: Uint8Array, amount: bigint): Promise<void> {
  const key = textOf(address);
  const record = (await state.record(address)) ?? EMPTY_ACCOUNT;
  journal.touch(key);
  state.setRecord(key, { ...record, balance: record.balance + amount });
}

async function remove(state: LaneState, address: Uint8Array): Promise<void> {
  const record = await state.record(address);
  if (record !== null) state.removeRecord(textOf(address), record);
}
