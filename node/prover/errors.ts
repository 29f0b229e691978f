/**
 * NO_NODE_HAS_IT: none of the nodes gave the closed batch. NOT_L1S_BATCH: what a node gave is not what is committed on L1.
 */
export type RemoteProverErrorCode = 'NO_NODE_HAS_IT' | 'NOT_L1S_BATCH';

export class RemoteProverError extends Error {
  override readonly name = 'RemoteProverError';
  readonly code: RemoteProverErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: RemoteProverErrorCode,
    data: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(code, options);
    this.code = code;
    this.data = data;
  }
}
