import type { BlockHeader } from '@ethereumjs/block';
import type { TypedTransaction } from '@ethereumjs/tx';
import type { ExecutedBlock } from './types.ts';

/** Gas that the users' transactions of a block used. */
export function userGas({ receipts, systemTxs }: Pick<ExecutedBlock, 'receipts' | 'systemTxs'>): bigint {
  return receipts.slice(systemTxs).reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
}

/** EIP-1559's base fee of the block after `parent`, wei. */
export function nextBaseFee(parent: BlockHeader): bigint {
  return parent.calcNextBaseFee();
}

/** The most a transaction pays for a unit of gas, wei. */
export function feeCap(tx: TypedTransaction): bigint {
  return 'maxFeePerGas' in tx ? tx.maxFeePerGas : tx.gasPrice;
}

/** The most it pays the beneficiary above the base fee, wei. */
export function tipCap(tx: TypedTransaction): bigint {
  return 'maxPriorityFeePerGas' in tx ? tx.maxPriorityFeePerGas : tx.gasPrice;
}

/** What it pays the beneficiary for a unit of gas at this base fee, wei; negative if the cap is below the base fee. */
export function effectiveTip(tx: TypedTransaction, baseFee: bigint): bigint {
  const room = feeCap(tx) - baseFee;
  const tip = tipCap(tx);
  if (tip < room) return tip;
  return room;
}

export function effectiveGasPrice(tx: TypedTransaction, baseFee: bigint): bigint {
  return baseFee + effectiveTip(tx, baseFee);
}
