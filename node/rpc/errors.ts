import { ProtocolError } from '../../protocol/errors.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import { MempoolError, SequencerError } from '../../sequencer/errors.ts';
import { AnnouncementError, type AnnouncementErrorCode } from '../announcements/errors.ts';
import { EthRpcError } from './eth/ethError.ts';

/** JSON-RPC 2.0's own codes, and this server's from the range reserved for servers. */
export const RpcCode = {
  PARSE_ERROR: -32700,
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
  INTERNAL: -32603,
  /** The ledger's rules refuse it; `data.code` is a ProtocolErrorCode, or a ReceiptErrorCode for a receipt that proves nothing. */
  PROTOCOL: -32000,
  /** The mempool refuses it; `data.code` is a MempoolErrorCode. */
  MEMPOOL: -32001,
  /** The node cannot answer now (starting, stopping, no proof of that state); `data.code` says why. */
  UNAVAILABLE: -32002,
  /** The answers to a batch are too long. */
  RESPONSE_TOO_LARGE: -32003,
  /** Too many requests or subscriptions. */
  LIMIT_EXCEEDED: -32005,
} as const;
export type RpcCode = (typeof RpcCode)[keyof typeof RpcCode];

export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
  /** Of an Ethereum method: raw bytes. */
  readonly data?:
    | string
    | { readonly code: string; readonly details?: Readonly<Record<string, string | number | bigint>> };
}

/** What an error tells the caller. */
export interface PublicError {
  toObject(): RpcErrorObject;
}

/** An answer to the caller: everything in it is public. */
export class RpcError extends Error implements PublicError {
  override readonly name = 'RpcError';
  readonly code: RpcCode;
  /** Stable string code for programs. */
  readonly reason: string;
  readonly details: Readonly<Record<string, string | number | bigint>>;

  constructor(
    code: RpcCode,
    reason: string,
    message: string,
    details: Readonly<Record<string, string | number | bigint>> = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toObject(): RpcErrorObject {
    return {
      code: this.code,
      message: this.message,
      data: { code: this.reason, ...(Object.keys(this.details).length > 0 && { details: this.details }) },
    };
  }
}

/** The public face of whatever was thrown; undefined if it must stay hidden (the caller logs it and answers INTERNAL). */
export function publicError(error: unknown): PublicError | undefined {
  if (error instanceof RpcError || error instanceof EthRpcError) return error;
  // INVALID_ARGUMENT is a defect of this program, never the fault of what came in.
  if (error instanceof ProtocolError && error.code !== 'INVALID_ARGUMENT') {
    return new RpcError(RpcCode.PROTOCOL, error.code, 'the ledger refuses this', error.data);
  }
  if (error instanceof ReceiptError) {
    return new RpcError(RpcCode.PROTOCOL, error.code, 'the receipt does not prove it', error.data);
  }
  if (error instanceof AnnouncementError) {
    const isLimit = LIMITS.has(error.code);
    const number = isLimit ? RpcCode.LIMIT_EXCEEDED : RpcCode.PROTOCOL;
    const message = isLimit ? 'too many announcements' : 'the announcement does not count';
    return new RpcError(number, error.code, message, error.data);
  }
  if (error instanceof MempoolError) {
    return new RpcError(RpcCode.MEMPOOL, error.code, 'the mempool refuses this', error.data);
  }
  if (error instanceof SequencerError && (error.code === 'STOPPED' || error.code === 'HALTED')) {
    return new RpcError(RpcCode.UNAVAILABLE, error.code, 'the sequencer does not run');
  }
  return undefined;
}

const LIMITS: ReadonlySet<AnnouncementErrorCode> = new Set(['TOO_SOON', 'OWNER_LIMIT', 'FULL']);

export const INTERNAL_ERROR = new RpcError(RpcCode.INTERNAL, 'INTERNAL', 'internal error');
