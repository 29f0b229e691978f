import type { ErrorData } from '../chain/errors.ts';

/**
 * POOL_FULL: no room, and nothing cheaper to push out.
 * SENDER_LIMIT: the sender has its maximum number of transactions in the pool.
 * NONCE_TOO_LOW: already used. NONCE_TOO_FAR: too far above the account's nonce to be held.
 * REPLACEMENT_UNDERPRICED: same sender and nonce, but not 10 % more fee.
 * FEE_TOO_LOW: an op pays less than the minimum for its token.
 * TX_TOO_LARGE: needs more slots than an empty batch has.
 * ALREADY_KNOWN: this very transaction is in the pool. REPLACED, EVICTED, STALE: why a transaction left the pool.
 * ROLLED_BACK: blocks are gone that it needs, or that it was in, and it did not hold again in time.
 * What the protocol's rules refuse keeps its ProtocolErrorCode.
 */
export type MempoolErrorCode =
  | 'POOL_FULL'
  | 'SENDER_LIMIT'
  | 'NONCE_TOO_LOW'
  | 'NONCE_TOO_FAR'
  | 'REPLACEMENT_UNDERPRICED'
  | 'FEE_TOO_LOW'
  | 'TX_TOO_LARGE'
  | 'ALREADY_KNOWN'
  | 'REPLACED'
  | 'EVICTED'
  | 'STALE'
  | 'ROLLED_BACK';

export class MempoolError extends Error {
  override readonly name = 'MempoolError';
  readonly code: MempoolErrorCode;
  readonly data: ErrorData;

  constructor(code: MempoolErrorCode, data: ErrorData = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.data = data;
  }
}

/**
 * STOPPED: the sequencer is not running.
 * HALTED: it stopped itself because going on could lose or double something; `cause` says why.
 * L1_MISMATCH: L1 holds another batch than ours at a number we closed, or is ahead of us, and nobody is there to follow it.
 * PROOF_MISMATCH: a proof is not for the batch it was handed out for.
 */
export type SequencerErrorCode = 'STOPPED' | 'HALTED' | 'L1_MISMATCH' | 'PROOF_MISMATCH';

export class SequencerError extends Error {
  override readonly name = 'SequencerError';
  readonly code: SequencerErrorCode;
  readonly data: ErrorData;

  constructor(code: SequencerErrorCode, data: ErrorData = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.data = data;
  }
}
