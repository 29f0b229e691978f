import type { ErrorData } from '../../chain/errors.ts';
import { EvmTxError, type EvmTxErrorCode } from '../../chain/evm/txRules.ts';

/**
 * Why the pool does not take a transaction. What the chain's own rules refuse keeps its EvmTxErrorCode.
 * ALREADY_KNOWN: it is in the pool. OVERSIZED: more bytes than the pool takes.
 * TX_GAS_TOO_HIGH: more gas than the pool lets one transaction have. UNDERPRICED: below the configured minimum, or the pool is full of better ones. REPLACEMENT_UNDERPRICED: not 10 % more of both fees.
 * POOL_FULL: no room can be made. SENDER_FULL: the sender has its maximum in the pool.
 * FUTURE_REPLACES_PENDING: behind a nonce gap, and all there is to push out could be executed.
 * IN_FLIGHT_LIMIT, DELEGATED_GAP: an account that is (or is about to be) delegated may have one transaction here, the next one.
 * AUTHORITY_RESERVED: it delegates an account that has several transactions here.
 */
export type EvmPoolErrorCode =
  | EvmTxErrorCode
  | 'ALREADY_KNOWN'
  | 'OVERSIZED'
  | 'TX_GAS_TOO_HIGH'
  | 'UNDERPRICED'
  | 'REPLACEMENT_UNDERPRICED'
  | 'POOL_FULL'
  | 'SENDER_FULL'
  | 'FUTURE_REPLACES_PENDING'
  | 'IN_FLIGHT_LIMIT'
  | 'DELEGATED_GAP'
  | 'AUTHORITY_RESERVED';

/** Why a transaction left the pool other than into a block: REPLACED, EVICTED by better ones, STALE: too long here, or it became invalid. */
export type EvmDropCode = EvmPoolErrorCode | 'REPLACED' | 'EVICTED' | 'STALE';

/** `message` is the text geth gives in this case: clients look for it. JSON-RPC answers with code −32000. */
export class EvmPoolError extends Error {
  readonly code: EvmPoolErrorCode;
  readonly data: ErrorData;

  constructor(code: EvmPoolErrorCode, data: ErrorData = {}, options?: ErrorOptions) {
    super(evmPoolMessage(code, data), options);
    this.name = 'EvmPoolError';
    this.code = code;
    this.data = data;
  }

  /** The same refusal with geth's text; what is none of a transaction's faults is returned as it is. */
  static from(error: unknown): unknown {
    return error instanceof EvmTxError ? new EvmPoolError(error.code, error.data, { cause: error }) : error;
  }
}

/** geth's texts (core/txpool, core/error.go, internal/ethapi of 1.16). */
const MESSAGES: Readonly<Record<EvmPoolErrorCode, (data: ErrorData) => string>> = {
  MALFORMED: ({ reason }) => (reason === 'empty' ? 'typed transaction too short' : 'rlp: malformed transaction'),
  TYPE_NOT_SUPPORTED: ({ type }) =>
    type === 3 ? 'transaction type not supported: received type 3' : 'transaction type not supported',
  WRONG_CHAIN_ID: ({ chainId, expected }) =>
    `invalid sender: invalid chain id for signer: have ${chainId} want ${expected}`,
  UNPROTECTED: () => 'only replay-protected (EIP-155) transactions allowed over RPC',
  INVALID_SIGNATURE: () => 'invalid sender: invalid transaction v, r, s values',
  SYSTEM_SENDER: () => 'invalid sender',
  TIP_ABOVE_FEE_CAP: () => 'max priority fee per gas higher than max fee per gas',
  INTRINSIC_GAS: ({ gas, needed }) => `intrinsic gas too low: gas ${gas}, minimum needed ${needed}`,
  FLOOR_DATA_GAS: ({ gas, needed }) => `insufficient gas for floor data gas cost: gas ${gas}, minimum needed ${needed}`,
  INITCODE_TOO_LARGE: ({ size, limit }) => `max initcode size exceeded: code size ${size}, limit ${limit}`,
  NONCE_TOO_LOW: ({ nonce, expected }) => `nonce too low: next nonce ${expected}, tx nonce ${nonce}`,
  NONCE_TOO_HIGH: ({ nonce, expected }) => `nonce too high: tx nonce ${nonce}, gapped nonce ${expected}`,
  NONCE_MAX: () => 'nonce has max value',
  INSUFFICIENT_FUNDS: insufficientFunds,
  FEE_CAP_BELOW_BASE_FEE: ({ feeCap, baseFee }) =>
    `max fee per gas less than block base fee: maxFeePerGas: ${feeCap}, baseFee: ${baseFee}`,
  GAS_LIMIT_EXCEEDED: () => 'exceeds block gas limit',
  SENDER_HAS_CODE: ({ sender }) => `sender not an eoa: address ${sender}`,
  EMPTY_AUTHORIZATION_LIST: () => 'set code tx must have at least one authorization tuple',
  EXECUTION_FAILED: () => 'execution failed',
  ALREADY_KNOWN: () => 'already known',
  TX_GAS_TOO_HIGH: ({ gas, limit }) => `transaction gas limit too high (cap: ${limit}, tx: ${gas})`,
  OVERSIZED: ({ size, limit }) => `oversized data: transaction size ${size}, limit ${limit}`,
  UNDERPRICED: ({ feeCap, minimum }) =>
    minimum === undefined
      ? 'transaction underpriced'
      : `transaction underpriced: gas fee cap ${feeCap}, minimum needed ${minimum}`,
  REPLACEMENT_UNDERPRICED: () => 'replacement transaction underpriced',
  POOL_FULL: () => 'txpool is full',
  SENDER_FULL: ({ pooled }) => `account limit exceeded: pooled ${pooled} txs`,
  FUTURE_REPLACES_PENDING: () => 'future transaction tries to replace pending',
  IN_FLIGHT_LIMIT: () => 'in-flight transaction limit reached for delegated accounts',
  DELEGATED_GAP: () => 'gapped-nonce tx from delegated accounts',
  AUTHORITY_RESERVED: () => 'authority already reserved',
};

/** The text of a refusal; the amounts in it come from the error's data. */
export function evmPoolMessage(code: EvmPoolErrorCode, data: ErrorData): string {
  return MESSAGES[code](data);
}

/** `queued` is what the sender's other transactions may cost; `bumped` is by how much a replacement raises that. */
function insufficientFunds({ balance, cost, queued, bumped, overshot }: ErrorData): string {
  const text = `insufficient funds for gas * price + value: balance ${balance}`;
  if (bumped !== undefined) return `${text}, queued cost ${queued}, tx bumped ${bumped}, overshot ${overshot}`;
  if (queued !== undefined) return `${text}, queued cost ${queued}, tx cost ${cost}, overshot ${overshot}`;
  return `${text}, tx cost ${cost}, overshot ${overshot ?? BigInt(cost ?? 0) - BigInt(balance ?? 0)}`;
}
