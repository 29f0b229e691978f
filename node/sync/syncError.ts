import type { ErrorData } from '../../chain/errors.ts';

/**
 * REORG_TOO_DEEP: L1 went back further than this node follows; an operator must look (docs/operations.md).
 * PEER_LIED: what a peer sent breaks the rules. OTHER_BRANCH: it does not follow what is here. NO_PEER: nobody has what is wanted.
 * SNAPSHOT_REFUSED: no snapshot could be taken that agrees with L1.
 */
export type SyncErrorCode = 'REORG_TOO_DEEP' | 'PEER_LIED' | 'OTHER_BRANCH' | 'NO_PEER' | 'SNAPSHOT_REFUSED';

export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: SyncErrorCode;
  readonly data: ErrorData;

  constructor(code: SyncErrorCode, data: ErrorData = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.data = data;
  }
}
