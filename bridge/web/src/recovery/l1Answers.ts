import { BaseError } from 'viem';
import { ProtocolError } from '../../../../protocol/errors.ts';
import { BridgeError } from '../../../client/errors.ts';
import { bridgeError } from '../../../client/revert.ts';
import { RecoveryError } from './errors.ts';

/** What L1's endpoint answered instead of a result; crosses from the page to the worker by value. */
export interface L1Refusal {
  /** Of JSON-RPC, or the wallet's. Absent: there was no answer. */
  readonly code?: number;
  /** Of HTTP. */
  readonly status?: number;
  readonly message: string;
  /** Of a revert. */
  readonly data?: unknown;
}

/** The form in which viem's transports expect what a provider throws. */
export class L1RequestError extends Error implements L1Refusal {
  override readonly name = 'L1RequestError';
  readonly code?: number;
  readonly status?: number;
  readonly data?: unknown;

  constructor({ code, status, message, data }: L1Refusal) {
    super(message);
    if (code !== undefined) this.code = code;
    if (status !== undefined) this.status = status;
    if (data !== undefined) this.data = data;
  }
}

/** What a client on the page threw, taken apart: errors with methods and causes do not cross to a worker. */
export function refusalOf(error: unknown): L1Refusal {
  let code: number | undefined;
  let status: number | undefined;
  let data: unknown;
  let current: unknown = error;
  for (let depth = 0; depth < 12 && typeof current === 'object' && current !== null; depth += 1) {
    const found = current as { code?: unknown; status?: unknown; data?: unknown; cause?: unknown }; // any object may be asked
    // -1 is viem's own number for what it does not know.
    if (code === undefined && Number.isSafeInteger(found.code) && found.code !== -1) code = Number(found.code);
    if (status === undefined && Number.isSafeInteger(found.status)) status = Number(found.status);
    data ??= dataOf(found.data);
    current = found.cause;
  }
  const message = error instanceof BaseError ? error.details || error.shortMessage : String(error);
  return {
    message: message.slice(0, 300),
    ...(code !== undefined && { code }),
    ...(status !== undefined && { status }),
    ...(data !== undefined && { data }),
  };
}

/** The bytes of a revert, also where wallets wrap them. */
function dataOf(data: unknown): string | undefined {
  if (typeof data === 'string') return data;
  const inner = (data as { data?: unknown } | null | undefined)?.data; // any value but these may be asked
  return typeof inner === 'string' ? inner : undefined;
}

/** Too many questions: says nothing about this one. */
export function isTooMuch(error: unknown): boolean {
  const { code, status } = refusalOf(error);
  return status === 429 || code === 429;
}

/** Whether the endpoint was there and said no. */
export function isRefused(error: unknown): boolean {
  const { code, status } = refusalOf(error);
  return !isTooMuch(error) && (code !== undefined || status !== undefined);
}

/** Whatever asking L1 threw, as this part tells it. */
export function l1Error(error: unknown): RecoveryError {
  if (error instanceof RecoveryError) return error;
  if (error instanceof ProtocolError) return new RecoveryError('INTERNAL', { reason: error.code }, { cause: error });
  const found = error instanceof BridgeError ? error : bridgeError(error);
  const { status } = refusalOf(error);
  switch (found.code) {
    case 'NOT_A_ROLLUP':
      return new RecoveryError('NOT_A_ROLLUP', {}, { cause: error });
    case 'BAD_LOG':
    case 'NOT_A_COMMIT':
      return new RecoveryError('L1_CONTRADICTS', { reason: found.code }, { cause: error });
    default:
      return new RecoveryError('L1_UNREACHABLE', status === undefined ? {} : { status }, { cause: error });
  }
}
