import { ProtocolError, type ProtocolErrorCode } from '../protocol/errors.ts';
import { MempoolError, type MempoolErrorCode } from './errors.ts';
import { EvmPoolError, type EvmPoolErrorCode } from './evm/evmPoolErrors.ts';

/** reject: no honest node could have passed it on. ignore: it may be anybody's bad luck. */
export interface GossipVerdict {
  readonly outcome: 'ignore' | 'reject';
  /** A short code for log and metrics. */
  readonly reason: string;
}

type Outcome = GossipVerdict['outcome'];

/** Whoever passed it on has a pool of another size, other settings, or another head. */
const MEMPOOL: Readonly<Record<MempoolErrorCode, Outcome>> = {
  POOL_FULL: 'ignore',
  SENDER_LIMIT: 'ignore',
  NONCE_TOO_LOW: 'ignore',
  NONCE_TOO_FAR: 'ignore',
  REPLACEMENT_UNDERPRICED: 'ignore',
  FEE_TOO_LOW: 'ignore',
  TX_TOO_LARGE: 'ignore',
  ALREADY_KNOWN: 'ignore',
  REPLACED: 'ignore',
  EVICTED: 'ignore',
  STALE: 'ignore',
  ROLLED_BACK: 'ignore',
};

/**
 * What the bytes alone say, on every node alike, is its sender's fault, and so are signatures: keys of accounts do not change (but while
 * blocks are given up that created them, which is rare, and costs an honest peer one mark). What depends on the head is not.
 */
const PROTOCOL: Readonly<Record<ProtocolErrorCode, Outcome>> = {
  WORD_NOT_CANONICAL: 'reject',
  MALFORMED_BYTES: 'reject',
  UNKNOWN_OPCODE: 'reject',
  ASSIGNED_INDEX_NOT_ZERO: 'reject',
  KEY_OFF_CURVE: 'reject',
  BAD_SIGNATURE: 'reject',
  BAD_VOUCHER: 'reject',
  BAD_PAYLOAD: 'reject',
  BAD_ROYALTY: 'reject',
  BAD_ADDRESS: 'reject',
  UNKNOWN_ACCOUNT: 'ignore',
  BAD_NONCE: 'ignore',
  EXPIRED: 'ignore',
  INSUFFICIENT_BALANCE: 'ignore',
  WRONG_TOKEN: 'ignore',
  INDEX_TAKEN: 'ignore',
  // Also when the tree is full.
  INDEX_OUT_OF_RANGE: 'ignore',
  // Also when the receiver's balance would not fit.
  AMOUNT_OUT_OF_RANGE: 'ignore',
  WRONG_KIND: 'ignore',
  NOT_AUTHORIZED: 'ignore',
  FEE_TOKEN_NOT_ACCEPTED: 'ignore',
  FEE_ACCOUNT_INVALID: 'ignore',
  BATCH_FULL: 'ignore',
  NONCE_EXHAUSTED: 'ignore',
  VOUCHER_STALE: 'ignore',
  CLAIM_MISMATCH: 'ignore',
  CHANNEL_OVER: 'ignore',
  CHANNEL_NOT_OVER: 'ignore',
  UNKNOWN_PARENT: 'ignore',
  UNKNOWN_MODEL: 'ignore',
  ROOT_MISMATCH: 'ignore',
  BAD_BATCH: 'ignore',
  UNKNOWN_SHAPE: 'ignore',
  BAD_PROOF: 'ignore',
  INVALID_ARGUMENT: 'ignore',
};

const EVM: Readonly<Record<EvmPoolErrorCode, Outcome>> = {
  MALFORMED: 'reject',
  TYPE_NOT_SUPPORTED: 'reject',
  WRONG_CHAIN_ID: 'reject',
  UNPROTECTED: 'reject',
  INVALID_SIGNATURE: 'reject',
  SYSTEM_SENDER: 'reject',
  TIP_ABOVE_FEE_CAP: 'reject',
  INTRINSIC_GAS: 'reject',
  FLOOR_DATA_GAS: 'reject',
  INITCODE_TOO_LARGE: 'reject',
  NONCE_MAX: 'reject',
  EMPTY_AUTHORIZATION_LIST: 'reject',
  // The block's limit is the chain spec's.
  GAS_LIMIT_EXCEEDED: 'reject',
  NONCE_TOO_LOW: 'ignore',
  NONCE_TOO_HIGH: 'ignore',
  INSUFFICIENT_FUNDS: 'ignore',
  FEE_CAP_BELOW_BASE_FEE: 'ignore',
  SENDER_HAS_CODE: 'ignore',
  EXECUTION_FAILED: 'ignore',
  ALREADY_KNOWN: 'ignore',
  OVERSIZED: 'ignore',
  TX_GAS_TOO_HIGH: 'ignore',
  UNDERPRICED: 'ignore',
  REPLACEMENT_UNDERPRICED: 'ignore',
  POOL_FULL: 'ignore',
  SENDER_FULL: 'ignore',
  FUTURE_REPLACES_PENDING: 'ignore',
  IN_FLIGHT_LIMIT: 'ignore',
  DELEGATED_GAP: 'ignore',
  AUTHORITY_RESERVED: 'ignore',
};

/** What to make of a transaction from the network that `Sequencer.submit` or `submitEvm` did not take. */
export function gossipVerdict(error: unknown): GossipVerdict {
  if (error instanceof MempoolError) return { outcome: MEMPOOL[error.code], reason: error.code };
  if (error instanceof ProtocolError) return { outcome: PROTOCOL[error.code], reason: error.code };
  if (error instanceof EvmPoolError) return { outcome: EVM[error.code], reason: error.code };
  // Stopping, halted, or a fault of this program: the sender has no part in it.
  return { outcome: 'ignore', reason: 'UNAVAILABLE' };
}
