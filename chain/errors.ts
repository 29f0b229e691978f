/**
 * STORE_UNAVAILABLE: cannot be opened (locked by another process, no permission), or failed in the middle of something: start anew.
 * STORE_CORRUPT: a record is missing or does not decode, or the rebuilt root is not the stored one.
 * WRONG_CHAIN: the store belongs to another domain, or began with another chain spec.
 * OUT_OF_ORDER: a block, batch or status does not follow the stored head.
 * BLOCK_INVALID: a block breaks a rule, or comes out as something else than it claims (`block`, `reason`).
 * CLOSE_MISMATCH: a batch closes with something else than it was said to (`batch`, `expected`, `found`).
 * BAD_WIRE: bytes from somewhere else that are not what they should be (`reason`).
 * ROLLBACK_TOO_DEEP: the chain cannot go back that far (`toBlock`, `reason`).
 * SNAPSHOT_INVALID: a snapshot is not the state it claims to be.
 */
export type ChainErrorCode =
  | 'STORE_UNAVAILABLE'
  | 'STORE_CORRUPT'
  | 'WRONG_CHAIN'
  | 'OUT_OF_ORDER'
  | 'BLOCK_INVALID'
  | 'CLOSE_MISMATCH'
  | 'BAD_WIRE'
  | 'ROLLBACK_TOO_DEEP'
  | 'SNAPSHOT_INVALID';

export type ErrorData = Readonly<Record<string, string | number | bigint>>;

export class ChainError extends Error {
  readonly code: ChainErrorCode;
  readonly data: ErrorData;

  constructor(code: ChainErrorCode, data: ErrorData = {}, options?: ErrorOptions) {
    super(code, options);
    this.name = 'ChainError';
    this.code = code;
    this.data = data;
  }
}
