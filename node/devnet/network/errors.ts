/**
 * PROGRAM_FAILED: a program of the network ended, or said why it cannot run, before it was up. PROGRAM_DEAD: it was asked for while it does not run.
 * L1_REFUSED: anvil did not do what it was told. UNKNOWN_NODE: the network has no node of this name. NO_CABLES: the network was started without cables, so nothing can be cut.
 */
export type NetworkErrorCode = 'PROGRAM_FAILED' | 'PROGRAM_DEAD' | 'L1_REFUSED' | 'UNKNOWN_NODE' | 'NO_CABLES';

export class DevNetworkError extends Error {
  override readonly name = 'DevNetworkError';
  readonly code: NetworkErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: NetworkErrorCode,
    message: string,
    data: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
