import type { Hex } from '../../../protocol/lane/types.ts';

/** Codes of Ethereum's JSON-RPC, as go-ethereum uses them. */
export const EthCode = {
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
  INTERNAL: -32603,
  /** Any failure without a code of its own. */
  SERVER: -32000,
  /** A transaction has no receipt in time (eth_sendRawTransactionSync). */
  TIMEOUT: 4,
  REVERTED: 3,
  VM_ERROR: -32015,
  RESPONSE_TOO_LARGE: -32003,
  LIMIT_EXCEEDED: -32005,
  SIM_NONCE_TOO_LOW: -38010,
  SIM_NONCE_TOO_HIGH: -38011,
  SIM_BASE_FEE_TOO_LOW: -38012,
  SIM_INTRINSIC_GAS: -38013,
  SIM_INSUFFICIENT_FUNDS: -38014,
  SIM_BLOCK_GAS_LIMIT: -38015,
  SIM_BLOCK_NUMBER: -38020,
  SIM_BLOCK_TIMESTAMP: -38021,
  SIM_MOVE_PRECOMPILE_SELF: -38022,
  SIM_MOVE_PRECOMPILE_TWICE: -38023,
  SIM_SENDER_IS_NOT_EOA: -38024,
  SIM_INITCODE_TOO_LARGE: -38025,
  SIM_CLIENT_LIMIT: -38026,
} as const;
export type EthCode = (typeof EthCode)[keyof typeof EthCode];

/** An answer to a caller of an Ethereum method: everything in it is public. `data` is raw, not an object (reverts: their bytes). */
export class EthRpcError extends Error {
  override readonly name = 'EthRpcError';
  readonly code: number;
  readonly data: Hex | undefined;

  constructor(code: number, message: string, data?: Hex) {
    super(message);
    this.code = code;
    this.data = data;
  }

  toObject(): { readonly code: number; readonly message: string; readonly data?: Hex } {
    return { code: this.code, message: this.message, ...(this.data !== undefined && { data: this.data }) };
  }
}

export function serverError(message: string): EthRpcError {
  return new EthRpcError(EthCode.SERVER, message);
}

export function invalidParams(message: string): EthRpcError {
  return new EthRpcError(EthCode.INVALID_PARAMS, message);
}
