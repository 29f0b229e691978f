import {
  BaseError,
  ContractFunctionExecutionError,
  decodeErrorResult,
  type Hex,
  HttpRequestError,
  InsufficientFundsError,
  TimeoutError,
} from 'viem';
import { errorsAbi } from './abi.ts';
import { BridgeError } from './errors.ts';

/**
 * Turns what viem throws into a BridgeError: with the contract's error name if the call reverted with one, `L1_REVERTED` if it
 * reverted otherwise, `INSUFFICIENT_FUNDS` if the sender cannot pay for it, `L1_UNREACHABLE` if the node could not be asked.
 */
export function bridgeError(cause: unknown): BridgeError {
  if (cause instanceof BridgeError) return cause;
  const data = revertData(cause);
  if (data !== undefined && data !== '0x') {
    try {
      const { errorName, args } = decodeErrorResult({ abi: errorsAbi, data });
      return new BridgeError(errorName, { args: args ?? [] }, { cause });
    } catch {
      return new BridgeError('L1_REVERTED', { data }, { cause });
    }
  }
  const text = cause instanceof BaseError ? `${cause.shortMessage} ${cause.details}` : String(cause);
  if (cause instanceof BaseError && cause.walk((inner) => inner instanceof InsufficientFundsError) !== null) {
    return new BridgeError('INSUFFICIENT_FUNDS', { message: 'the account cannot pay value and gas' }, { cause });
  }
  const isRevert = data === '0x' || /revert|out of gas|outofgas/i.test(text);
  return new BridgeError(isRevert ? 'L1_REVERTED' : 'L1_UNREACHABLE', { message: text.slice(0, 200) }, { cause });
}

/** Whether L1 answered a `readContract`, but not as our contract would: no code there, or another contract's. */
export function isForeignAnswer(error: unknown): boolean {
  const isAnswer = error instanceof ContractFunctionExecutionError;
  return isAnswer && error.walk((e) => e instanceof HttpRequestError || e instanceof TimeoutError) === null;
}

/** The bytes a contract reverted with, wherever viem put them in the chain of causes. */
function revertData(error: unknown): Hex | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < 12 && typeof current === 'object' && current !== null; depth += 1) {
    const { data, cause } = current as { data?: unknown; cause?: unknown }; // any object may be asked for these
    const found = hexOf(data) ?? hexOf((data as { data?: unknown } | undefined)?.data);
    if (found !== undefined) return found;
    current = cause;
  }
  return undefined;
}

function hexOf(value: unknown): Hex | undefined {
  return typeof value === 'string' && /^0x([0-9a-f]{2})*$/i.test(value) ? (value as Hex) : undefined;
}
