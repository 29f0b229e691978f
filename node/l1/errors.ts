import { BaseError, TransactionReceiptNotFoundError } from 'viem';
import { BridgeError } from '../../bridge/client/errors.ts';
import { L1Error, type L1ErrorCode } from '../../sequencer/l1Port.ts';

/** Codes of the bridge's client that speak of the connection or of a reorg, not of a refusal by the contract. */
const PASSING = new Set([
  'L1_UNREACHABLE',
  'INSUFFICIENT_FUNDS',
  'UNKNOWN_BATCH',
  'UNKNOWN_QUEUE_ITEM',
  'BAD_LOG',
  'NOT_A_COMMIT',
]);

/** A failed read or simulation: REVERTED with the contract's error, else UNAVAILABLE. */
export function l1Error(cause: unknown): L1Error {
  if (cause instanceof L1Error) return cause;
  if (cause instanceof BridgeError && !PASSING.has(cause.code)) {
    return new L1Error('REVERTED', { reason: cause.code }, { cause });
  }
  return new L1Error('UNAVAILABLE', { reason: describe(cause) }, { cause });
}

/** Nodes say these in words of their own: geth, anvil, nethermind, besu, erigon. */
const BROADCAST: readonly (readonly [RegExp, L1ErrorCode])[] = [
  [/already (known|imported)|known transaction|alreadyknown/i, 'ALREADY_KNOWN'],
  [/underpriced|fee too low|gas price too low/i, 'UNDERPRICED'],
  [/nonce.{0,40}(too low|lower than)|oldnonce|nonce has already been used/i, 'NONCE_TOO_LOW'],
  [/insufficient (funds|balance)|exceeds? the balance|total cost .* exceeds/i, 'INSUFFICIENT_FUNDS'],
];

/** Why a node did not take a signed transaction. What is not understood counts as UNAVAILABLE: it is tried again. */
export function broadcastError(cause: unknown): L1Error {
  const text = describe(cause);
  const code = BROADCAST.find(([pattern]) => pattern.test(text))?.[1] ?? 'UNAVAILABLE';
  return new L1Error(code, { reason: text }, { cause });
}

export function isNotFound(error: unknown): boolean {
  return (
    error instanceof TransactionReceiptNotFoundError ||
    (error instanceof BaseError && error.walk((inner) => inner instanceof TransactionReceiptNotFoundError) !== null)
  );
}

function describe(cause: unknown): string {
  if (cause instanceof BaseError) return `${cause.shortMessage} ${cause.details}`.slice(0, 300);
  return cause instanceof Error ? cause.message.slice(0, 300) : 'no answer';
}
