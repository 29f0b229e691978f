import type { TypedTransaction } from '@ethereumjs/tx';
import { SYSTEM_SENDER } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { ErrorData } from '../errors.ts';
import { feeCap } from './fees.ts';
import { type GasNeeded, gasNeeded } from './intrinsicGas.ts';

/** Why a user's transaction is not valid. The pool's and the executor's rules are the same ones. */
export type EvmTxErrorCode =
  | 'MALFORMED'
  | 'TYPE_NOT_SUPPORTED'
  | 'WRONG_CHAIN_ID'
  | 'UNPROTECTED'
  | 'INVALID_SIGNATURE'
  | 'TIP_ABOVE_FEE_CAP'
  | 'INTRINSIC_GAS'
  | 'FLOOR_DATA_GAS'
  | 'INITCODE_TOO_LARGE'
  | 'NONCE_TOO_LOW'
  | 'NONCE_TOO_HIGH'
  | 'NONCE_MAX'
  | 'INSUFFICIENT_FUNDS'
  | 'FEE_CAP_BELOW_BASE_FEE'
  | 'GAS_LIMIT_EXCEEDED'
  | 'SENDER_HAS_CODE'
  | 'SYSTEM_SENDER'
  | 'EMPTY_AUTHORIZATION_LIST'
  | 'EXECUTION_FAILED';

export class EvmTxError extends Error {
  readonly code: EvmTxErrorCode;
  /** Named per code where it is thrown, as amounts in wei, gas, bytes or nonces. */
  readonly data: ErrorData;

  constructor(code: EvmTxErrorCode, data: ErrorData = {}, options?: ErrorOptions) {
    super(code, options);
    this.name = 'EvmTxError';
    this.code = code;
    this.data = data;
  }
}

/** EIP-3860, bytes. */
export const MAX_INIT_CODE = 49_152;
const MAX_NONCE = 2n ** 64n - 1n;

export interface SenderAccount {
  readonly nonce: bigint;
  readonly balance: bigint;
  /** It has code other than an EIP-7702 delegation (EIP-3607). */
  readonly isContract: boolean;
}

/**
 * What can be said without any state. `gasLimit` is the block's.
 * @throws EvmTxError SYSTEM_SENDER, NONCE_MAX, GAS_LIMIT_EXCEEDED {gas, limit}, INITCODE_TOO_LARGE {size, limit},
 * INTRINSIC_GAS and FLOOR_DATA_GAS {gas, needed}
 * @returns what it needs at least, for who runs it
 */
export function checkStatic(tx: TypedTransaction, sender: Hex, { gasLimit }: { gasLimit: bigint }): GasNeeded {
  if (sender === SYSTEM_SENDER) throw new EvmTxError('SYSTEM_SENDER');
  if (tx.nonce >= MAX_NONCE) throw new EvmTxError('NONCE_MAX', { nonce: tx.nonce });
  if (tx.gasLimit > gasLimit) throw new EvmTxError('GAS_LIMIT_EXCEEDED', { gas: tx.gasLimit, limit: gasLimit });
  if (tx.to === undefined && tx.data.length > MAX_INIT_CODE) {
    throw new EvmTxError('INITCODE_TOO_LARGE', { size: tx.data.length, limit: MAX_INIT_CODE });
  }
  const needed = gasNeeded(tx);
  const { intrinsic, floor } = needed;
  if (tx.gasLimit < intrinsic) throw new EvmTxError('INTRINSIC_GAS', { gas: tx.gasLimit, needed: intrinsic });
  if (tx.gasLimit < floor) throw new EvmTxError('FLOOR_DATA_GAS', { gas: tx.gasLimit, needed: floor });
  return needed;
}

/** The most a transaction can cost its sender, wei. */
export function maxCost(tx: TypedTransaction): bigint {
  return tx.gasLimit * feeCap(tx) + tx.value;
}

/**
 * What depends on the state and the block where it stands. `gasLeft` is what the block has left.
 * @throws EvmTxError GAS_LIMIT_EXCEEDED {gas, limit}, FEE_CAP_BELOW_BASE_FEE {feeCap, baseFee}, NONCE_TOO_LOW and NONCE_TOO_HIGH
 * {nonce, expected}, SENDER_HAS_CODE, INSUFFICIENT_FUNDS {balance, cost}
 */
export function checkAgainst(
  tx: TypedTransaction,
  account: SenderAccount,
  { baseFee, gasLeft }: { baseFee: bigint; gasLeft: bigint },
): void {
  if (tx.gasLimit > gasLeft) throw new EvmTxError('GAS_LIMIT_EXCEEDED', { gas: tx.gasLimit, limit: gasLeft });
  const cap = feeCap(tx);
  if (cap < baseFee) throw new EvmTxError('FEE_CAP_BELOW_BASE_FEE', { feeCap: cap, baseFee });
  if (tx.nonce < account.nonce) {
    throw new EvmTxError('NONCE_TOO_LOW', { nonce: tx.nonce, expected: account.nonce });
  }
  if (tx.nonce > account.nonce) {
    throw new EvmTxError('NONCE_TOO_HIGH', { nonce: tx.nonce, expected: account.nonce });
  }
  if (account.isContract) throw new EvmTxError('SENDER_HAS_CODE');
  const cost = tx.gasLimit * cap + tx.value;
  if (account.balance < cost) throw new EvmTxError('INSUFFICIENT_FUNDS', { balance: account.balance, cost });
}
