/** Recovery: the ledger rebuilt from L1 in the browser, and account proofs. Its types are in types.ts, its errors in errors.ts. */
export { RecoveryError } from './errors.ts';
export { openRecovery } from './openRecovery.ts';
