/**
 * NETWORK_UNREADABLE: the file cannot be read or written. NETWORK_INVALID: it does not say what a network file says.
 * NO_DEVNET: no devnet has written its file. NETWORK_L1_UNREACHABLE: L1 does not answer.
 * WRONG_L1, WRONG_L2: L1, or the rollup on it, has another chain id. NO_CONTRACT: nothing is at a contract's address, or something else.
 */
export type NetworkFileErrorCode =
  | 'NETWORK_UNREADABLE'
  | 'NETWORK_INVALID'
  | 'NO_DEVNET'
  | 'NETWORK_L1_UNREACHABLE'
  | 'WRONG_L1'
  | 'WRONG_L2'
  | 'NO_CONTRACT';

export class NetworkFileError extends Error {
  override readonly name = 'NetworkFileError';
  readonly code: NetworkFileErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: NetworkFileErrorCode,
    message: string,
    data: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
