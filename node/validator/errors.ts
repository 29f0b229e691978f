import type { ErrorData } from '../../chain/errors.ts';

/**
 * WOULD_EQUIVOCATE: this key has signed another commitment for the batch {batch, signer, signed, refused}.
 * BELOW_HISTORY: what was signed for batches up to {floor} is no longer recorded one by one, so none of them is signed any more {batch, floor}.
 * BAD_ATTESTATION: bytes that are no attestation {reason}. BAD_HISTORY, BAD_EVIDENCE: a file that is none {reason}.
 * WRONG_CHAIN: a history or evidence of another chain or contract {found, expected}.
 */
export type ValidatorErrorCode =
  | 'WOULD_EQUIVOCATE'
  | 'BELOW_HISTORY'
  | 'BAD_ATTESTATION'
  | 'BAD_HISTORY'
  | 'BAD_EVIDENCE'
  | 'WRONG_CHAIN';

export class ValidatorError extends Error {
  override readonly name = 'ValidatorError';
  readonly code: ValidatorErrorCode;
  readonly data: ErrorData;

  constructor(code: ValidatorErrorCode, data: ErrorData = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.data = data;
  }
}
