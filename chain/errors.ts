/**
 * STORE_UNAVAILABLE: cannot be opened (locked by another process, no permission).
 * STORE_CORRUPT: a record is missing or does not decode, or the rebuilt root is not the stored one.
 * WRONG_CHAIN: the store belongs to another domain, or began with another chain spec.
 * OUT_OF_ORDER: a block, batch or status does not follow the stored head.
 * BLOCK_INVALID: a stored block does not replay to what it claims.
 * BAD_WIRE: bytes of a peer that do not decode exactly, or are beyond a bound.
 * SNAPSHOT_INVALID: a snapshot, or a chunk of it, is not the state that L1 says (chain/snapshot).
 */
export type ChainErrorCode =
  | 'STORE_UNAVAILABLE'
  | 'STORE_CORRUPT'
  | 'WRONG_CHAIN'
  | 'OUT_OF_ORDER'
  | 'BLOCK_INVALID'
  | 'BAD_WIRE'
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
