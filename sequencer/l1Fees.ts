import type { L1Fees } from './l1Port.ts';

/** Never more than `cap` a gas unit, and never a tip above the whole. */
export function cappedFees(fees: L1Fees, cap: bigint): L1Fees {
  const maxFeePerGas = min(fees.maxFeePerGas, cap);
  return { maxFeePerGas, maxPriorityFeePerGas: min(fees.maxPriorityFeePerGas, maxFeePerGas) };
}

/** Fees that outbid `old` under the same nonce, or what the market asks if that is more; at most `cap`. */
export function raisedFees(old: L1Fees, suggested: L1Fees, cap: bigint): L1Fees {
  const raised = {
    maxFeePerGas: max(suggested.maxFeePerGas, bumped(old.maxFeePerGas)),
    maxPriorityFeePerGas: max(suggested.maxPriorityFeePerGas, bumped(old.maxPriorityFeePerGas)),
  };
  return cappedFees(raised, cap);
}

/** Whether nodes take `next` for `old`: below 10 % more they keep the old one. */
export function isOutbidding(next: L1Fees, old: L1Fees): boolean {
  return next.maxFeePerGas * 10n >= old.maxFeePerGas * 11n;
}

/** An eighth more, rounded up: safely above the tenth that nodes ask for. */
function bumped(fee: bigint): bigint {
  return fee + fee / 8n + 1n;
}

function max(x: bigint, y: bigint): bigint {
  return x > y ? x : y;
}

function min(x: bigint, y: bigint): bigint {
  return x < y ? x : y;
}
