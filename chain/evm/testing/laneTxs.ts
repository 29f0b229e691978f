import type { Hex } from '../../../protocol/lane/types.ts';
import type { EvmLane } from '../evmLane.ts';
import type { EvmTx } from '../types.ts';
import { account, code, laneFixture, sign, type Wallet } from './laneFixture.ts';

export const GWEI = 10n ** 9n;
export const FEES = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI };
export const STRANGER: Hex = '0x1111111111111111111111111111111111111111';
export const CONTRACT: Hex = '0x4444444444444444444444444444444444444444';

export function transfer(lane: EvmLane, from: Wallet, nonce: bigint, to: Hex = STRANGER, value = 5n): EvmTx {
  return sign(lane, from, { type: 2, nonce, gasLimit: 21_000n, ...FEES, to, value });
}

export function call(
  lane: EvmLane,
  from: Wallet,
  nonce: bigint,
  to: Hex | undefined,
  data: Hex = '0x',
  gasLimit = 500_000n,
): EvmTx {
  return sign(lane, from, { type: 2, nonce, gasLimit, ...FEES, ...(to && { to }), data });
}

/** A lane with a contract of this code. */
export function withContract(hex: string, address = CONTRACT) {
  return laneFixture({ accounts: [account(address, { nonce: 1n, code: code(hex) })] });
}
