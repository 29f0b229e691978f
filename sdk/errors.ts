/** What the SDK throws. Match on `code` (stable) or on the class; `details` has the numbers behind it. */
import type { Hex } from './rpcTypes.ts';

export type ErrorDetails = Readonly<Record<string, string | number | bigint>>;

/** Refusals by the SDK itself, before anything is signed or sent. */
export type SdkErrorCode =
  /** An action needs a ledger account and neither the client nor the call has one. */
  | 'NO_ACCOUNT'
  /** The key has no KEY account of the token on the ledger. */
  | 'NO_LEDGER_ACCOUNT'
  /** The chain definition lacks the bridge's address, or the client has no chain. */
  | 'CHAIN_INCOMPLETE'
  /** The node serves another deployment than the chain definition names. */
  | 'CHAIN_MISMATCH'
  /** A parameter is out of its range. */
  | 'INVALID_ARGUMENT'
  /** The wallet answered with something that is not an ECDSA signature of the account asked. */
  | 'SIGNATURE_UNSUPPORTED'
  /** The wallet signs the same text differently each time: no key can be derived from it. */
  | 'NOT_DETERMINISTIC'
  /** The derived key is not the one expected. */
  | 'KEY_MISMATCH'
  /** The node asks for a larger fee than the caller allows. */
  | 'FEE_TOO_HIGH'
  /** A channel or account is not what the caller says it is. */
  | 'NOT_FOUND'
  | 'WRONG_KIND'
  | 'WRONG_TOKEN'
  | 'NOT_AUTHORIZED'
  /** Channel policy: the provider's expiry, model or deposit is not acceptable; nothing to claim; not over yet. */
  | 'BAD_EXPIRY'
  | 'MODEL_MISMATCH'
  | 'NOTHING_TO_CLAIM'
  | 'CHANNEL_OVER'
  | 'CHANNEL_NOT_OVER'
  | 'BAD_VOUCHER'
  /** The node's answer contradicts itself, the chain's definition or L1. */
  | 'BAD_ANSWER'
  /** No contract verifies attestations on this deployment. */
  | 'NO_ATTESTATIONS'
  /** The chain definition names no contract of the EVM lane on L1. */
  | 'NO_EVM_LANE'
  /** A transaction of the EVM lane was included and failed. */
  | 'LANE_REVERTED'
  /** A question to a model was not answered in time. */
  | 'NO_ANSWER';

/** Base of everything the SDK throws on purpose. */
export class EngramError extends Error {
  override readonly name: string = 'EngramError';
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(code: string, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
    this.details = details;
  }
}

/** The SDK refuses: see `SdkErrorCode`. */
export class SdkError extends EngramError {
  override readonly name = 'SdkError';
  declare readonly code: SdkErrorCode;

  constructor(code: SdkErrorCode, message: string, details?: ErrorDetails, options?: ErrorOptions) {
    super(code, message, details, options);
  }
}

/** The ledger's rules refuse it; `code` is a ProtocolErrorCode (`INSUFFICIENT_BALANCE`, `BAD_VOUCHER`, `CHANNEL_OVER` …). */
export class LedgerRefusedError extends EngramError {
  override readonly name = 'LedgerRefusedError';
}

/** The mempool refuses it; `code` is `NONCE_TOO_LOW`, `FEE_TOO_LOW`, `POOL_FULL`, `SENDER_LIMIT` … */
export class MempoolRefusedError extends EngramError {
  override readonly name = 'MempoolRefusedError';
}

/** The node cannot answer now; `code` is `STATE_MOVED`, `BATCH_PRUNED`, `STOPPED`, `HALTED`, `RATE_LIMITED`, `UNREACHABLE` … */
export class NodeUnavailableError extends EngramError {
  override readonly name = 'NodeUnavailableError';
}

/** Any other JSON-RPC error; `code` is `INVALID_PARAMS`, `METHOD_NOT_FOUND`, `INTERNAL` … */
export class RpcFailedError extends EngramError {
  override readonly name = 'RpcFailedError';
}

/** The transaction left the mempool without a block; `code` is why (`EXPIRED`, `REPLACED`, a ledger rule …). It had no effect. */
export class TransactionDroppedError extends EngramError {
  override readonly name = 'TransactionDroppedError';
  readonly hash: Hex;

  constructor(hash: Hex, code: string, details?: ErrorDetails) {
    super(code, `transaction ${hash} was dropped`, details);
    this.hash = hash;
  }
}

/** The time given is over (`WAIT_TIMEOUT`); the transaction may still go through. */
export class WaitTimeoutError extends EngramError {
  override readonly name = 'WaitTimeoutError';

  constructor(what: string, timeoutMs: number) {
    super('WAIT_TIMEOUT', `${what}: not within ${timeoutMs} ms`, { timeoutMs });
  }
}
