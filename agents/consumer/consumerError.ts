import { EngramError, type ErrorDetails } from '../../sdk/errors.ts';

export type ConsumerErrorCode =
  /** The provider's address is no http(s) URL without credentials. */
  | 'BAD_ENDPOINT'
  /** It leads to an address that is not public, which strangers must not make this computer ask. */
  | 'PRIVATE_ADDRESS'
  | 'UNREACHABLE'
  /** No complete answer within the time. */
  | 'TIMEOUT'
  /** The provider sends elsewhere; redirects are never followed. */
  | 'REDIRECTED'
  | 'ANSWER_TOO_LARGE'
  /** The connection ended within the answer. */
  | 'TRUNCATED'
  /** The answer is not of the form of docs/ai.md, or contradicts itself. */
  | 'BAD_ANSWER'
  /** The provider refuses; `details.refusal` is its code, `details.status` HTTP's. */
  | 'REFUSED'
  /** The caller's signal aborted. */
  | 'ABORTED'
  /** The provider serves another deployment, is another account, or wants another token. */
  | 'WRONG_PROVIDER'
  /** Another model, or another execution of it, than was agreed on. */
  | 'MODEL_CHANGED'
  /** More than the caller pays. */
  | 'PRICE_TOO_HIGH'
  /** The provider wants a larger deposit or a longer channel than the caller allows. */
  | 'TERMS_REFUSED'
  /** The provider runs the model otherwise than this computer can: its answers could not be checked. */
  | 'EXECUTION_UNKNOWN'
  /** The input is not of the form that the model takes. */
  | 'BAD_INPUT'
  /** The input is over the provider's limit. */
  | 'INPUT_TOO_LARGE'
  /** A paid answer without a receipt. */
  | 'NO_RECEIPT'
  /** The output is not the one that the receipt names. */
  | 'RECEIPT_OUTPUT'
  /** The receipt names another execution than was agreed on. */
  | 'RECEIPT_EXECUTION'
  /** Two receipts with one number, both signed. */
  | 'EQUIVOCATION'
  /** Running the model again gives another output than the provider signed. */
  | 'OUTPUT_MISMATCH'
  /** The provider was caught before and is not asked again. */
  | 'PROVIDER_EXCLUDED'
  /** Nobody offers the model at that price. */
  | 'NO_PROVIDER'
  /** A paid request has no answer yet; nothing else can be asked on its channel. */
  | 'ANSWER_PENDING'
  /** Another process uses the store. */
  | 'STORE_LOCKED'
  /** The store is damaged, or of another account or deployment. */
  | 'BAD_STORE';

/** What the consumer throws on purpose. Receipts that break a rule keep their own codes (`ReceiptError`). */
export class ConsumerError extends EngramError {
  override readonly name = 'ConsumerError';
  declare readonly code: ConsumerErrorCode;

  constructor(code: ConsumerErrorCode, message: string, details?: ErrorDetails, options?: ErrorOptions) {
    super(code, message, details, options);
  }
}
