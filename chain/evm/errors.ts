import type { ErrorData } from '../errors.ts';

/**
 * STATE_MISSING: the nodes of a state root are not in the store (pruned, or never known).
 * STATE_UNAVAILABLE: the database failed; the node stops, the next start continues from the last stored block.
 * MACHINE_FAULT: this machine gave up on a given transaction (stack, memory): another may not, so nothing is said about it. The node stops.
 * INVALID_TX: a given transaction is not valid where it stands (`position`, `code`).
 * NOT_ON_HEAD: a block was to be executed on something else than the head.
 * BUSY: blocks are executed one at a time.
 * BAD_INPUT: the caller gave what no block can be made from (`reason`).
 * BAD_EVM_DATA: posted data that do not decode (`reason`).
 */
export type EvmErrorCode =
  | 'STATE_MISSING'
  | 'STATE_UNAVAILABLE'
  | 'MACHINE_FAULT'
  | 'INVALID_TX'
  | 'NOT_ON_HEAD'
  | 'BUSY'
  | 'BAD_INPUT'
  | 'BAD_EVM_DATA';

export class EvmError extends Error {
  readonly code: EvmErrorCode;
  readonly data: ErrorData;

  constructor(code: EvmErrorCode, data: ErrorData = {}, options?: ErrorOptions) {
    super(code, options);
    this.name = 'EvmError';
    this.code = code;
    this.data = data;
  }
}

/** Errors of the store, not of a transaction: whoever executes must stop, and must not blame the transaction. */
export function isStateError(error: unknown): error is EvmError {
  return error instanceof EvmError && (error.code === 'STATE_UNAVAILABLE' || error.code === 'STATE_MISSING');
}
