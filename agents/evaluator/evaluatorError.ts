import { EngramError, type ErrorDetails } from '../../sdk/errors.ts';

export type EvaluatorErrorCode =
  /** The ledger has no such service, it is attested with another document, or its data do not go back to batch 1. */
  | 'UNKNOWN_SERVICE'
  /** Data of a batch that are not what L1 took, or that no batch has. */
  | 'BAD_SOURCE'
  /** The store is damaged, or of another service, account or deployment. */
  | 'BAD_STORE'
  /** Only the service's owner pays its epochs. */
  | 'NOT_THE_KEEPER'
  /** The service's account holds less than the epoch's payments. */
  | 'POOL_TOO_SMALL'
  /** The keeper has paid somebody more than is due, or named another result: nothing more is paid by a machine. */
  | 'PAID_WRONG'
  /** The epoch is not over, by proven batches. */
  | 'EPOCH_OPEN';

/** What evaluators and keepers throw on purpose. What the ledger refuses keeps its own code. */
export class EvaluatorError extends EngramError {
  override readonly name = 'EvaluatorError';
  declare readonly code: EvaluatorErrorCode;

  constructor(code: EvaluatorErrorCode, message: string, details?: ErrorDetails, options?: ErrorOptions) {
    super(code, message, details, options);
  }
}
