/** Recovery: the ledger rebuilt from L1 in the browser, and account proofs. */
export { RecoveryError, type RecoveryErrorCode, type RecoveryErrorData } from './errors.ts';
export { openRecovery } from './openRecovery.ts';
export type {
  BatchProgress,
  EscapeProof,
  ExitFromL1,
  LedgerOptions,
  ProveOptions,
  ProveProgress,
  RecoveredLedger,
  Recovery,
} from './types.ts';
